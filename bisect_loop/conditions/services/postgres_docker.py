"""PostgreSQL in a container of CI's own image."""

from __future__ import annotations

from dataclasses import replace

from bisect_loop.conditions.services.containers import begin
from bisect_loop.conditions.services.engine import HOST
from bisect_loop.conditions.services.postgres import SETTINGS, OwnPostgres
from bisect_loop.conditions.services.postgres_asked import asked
from bisect_loop.conditions.services.postgres_data import PORT, Databases, Denied, Login, NotReady, version_of
from bisect_loop.conditions.services.seam import Launch, Server, ServiceError
from bisect_loop.conditions.services.started import started
from bisect_loop.model import Service

_IMAGE = "postgres:16-alpine"  # where neither CI nor the user names one

# Making a database again is making some three hundred files.
_MEMORY = "/bisect-loop"


def start(service: Service, launch: Launch) -> Server:
    """Start a container of the service's image. Raises Unavailable without an engine or an image."""
    service = replace(service, image=service.image or _IMAGE, health=None)
    wanted = asked(service, launch.variables)
    wanted = replace(wanted, password=wanted.password or launch.secret)
    # The official image's own variables; images made from it, and most others, know them too.
    env = {
        **dict(service.env),
        "POSTGRES_USER": wanted.user,
        "POSTGRES_PASSWORD": wanted.password,
        "POSTGRES_DB": wanted.databases[0],
        "PGDATA": f"{_MEMORY}/data",
    }
    command = service.command or ("postgres", *(f"-c{name}={value}" for name, value in SETTINGS.items()))
    with begin(service, launch, [PORT], env=env, command=command, memory=_MEMORY) as container:
        login = Login(HOST, container.ports[PORT], wanted.user, wanted.password, wanted.databases[0])

        def version() -> str | None:
            try:
                return version_of(login)
            except NotReady:
                return None
            except Denied as error:
                raise ServiceError(
                    f"The container of {service.image} lets nobody in: {error}. The tool enters as POSTGRES_USER with"
                    " POSTGRES_PASSWORD, as the official image does."
                ) from None

        found = container.wait(version, launch.container_ready_within)
        databases = Databases(login, wanted.databases, wanted.roles)
        server = OwnPostgres(
            started(service, "docker", found), None, databases, end=container.stop, alive=container.running
        )
        server.container = container
        return server
