"""Services in containers, with the image that CI uses."""

from __future__ import annotations

from bisect_loop.conditions.services.seam import Launch, Server, Unavailable
from bisect_loop.model import Service


def start(service: Service, launch: Launch) -> Server:
    """Refuse: this version starts no containers. Raises Unavailable."""
    del launch
    image = f" ({service.image})" if service.image else ""
    raise Unavailable(
        f"The service {service.name} asks for a container{image}, and this version starts none: take"
        f" --service {service.name}=URL for a running one, or --service {service.name} for what is found here."
    )
