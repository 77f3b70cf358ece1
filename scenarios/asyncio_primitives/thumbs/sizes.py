"""How large a thumbnail is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"no picture is {self.width} x {self.height}")

    @property
    def is_landscape(self) -> bool:
        return self.width > self.height


def fitted(picture: Size, box: Size) -> Size:
    """The largest size with the shape of `picture` that fits into `box`; never larger than `picture`."""
    scale = min(box.width / picture.width, box.height / picture.height, 1)
    return Size(max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
