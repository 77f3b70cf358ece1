"""What the service does before it answers."""

from __future__ import annotations

from invoicing import rates


async def startup(rate_url: str) -> str:
    """Connect the rate server, and tell whether it answers as it should."""
    server = rates.connect(rate_url)
    euro = await server.rate("EUR")
    return "ready" if euro == 1 else "rates are off"
