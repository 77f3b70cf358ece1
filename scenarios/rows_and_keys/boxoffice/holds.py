"""Seats that somebody is about to buy, and those that are taken, in Redis."""

from __future__ import annotations

import redis

MINUTES = 15


class Holds:
    def __init__(self, client: redis.Redis) -> None:
        self.client = client

    def hold(self, show: str, seat: str, who: str) -> bool:
        """Whether `who` has the seat to himself now, for a quarter of an hour."""
        return bool(self.client.set(f"hold:{show}:{seat}", who, nx=True, ex=60 * MINUTES))

    def release(self, show: str, seat: str) -> None:
        self.client.delete(f"hold:{show}:{seat}")

    def holder(self, show: str, seat: str) -> str | None:
        return self.client.get(f"hold:{show}:{seat}")

    def take(self, show: str, seat: str) -> None:
        """Nobody else can have it any more; its hold has done its work."""
        self.client.set(f"taken:{show}:{seat}", 1)
        self.release(show, seat)

    def taken(self, show: str, seat: str) -> bool:
        return bool(self.client.exists(f"taken:{show}:{seat}"))
