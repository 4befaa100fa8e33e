"""Where panels stand on Grafana's grid of 24 columns: from left to right, and below when a line is full."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from firebrigade.rules.grafana.spec import COLUMNS


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A rectangle in cells; ``y`` grows downwards."""

    x: int
    y: int
    width: int
    height: int

    def to_json(self) -> dict[str, int]:
        """Return it as Grafana's ``gridPos``."""
        return {"x": self.x, "y": self.y, "w": self.width, "h": self.height}


def places(sizes: Iterable[tuple[int, int]], top: int) -> Iterator[Place]:
    """Yield a place for each width and height; a line is as high as its highest panel, so that none overlap."""
    x, y, line = 0, top, 0
    for width, height in sizes:
        if x + width > COLUMNS:
            x, y, line = 0, y + line, 0
        yield Place(x=x, y=y, width=width, height=height)
        x, line = x + width, max(line, height)


def below(placed: Iterable[Place], top: int) -> int:
    """Return the first free line under what is placed."""
    return max((place.y + place.height for place in placed), default=top)
