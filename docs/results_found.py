"""What the results page is made of."""

from dataclasses import dataclass

from sotexplore import catalogue
from sotexplore.explorer.results import Point


@dataclass(frozen=True)
class Found:
    """Points of a cache, and the recipe file that makes each key."""

    points: list[Point]
    recipes: dict[str, str]

    def networks(self) -> list[str]:
        """Networks with points, in the catalogue's order."""
        return [name for name in catalogue.NAMES if any(point.row["network"] == name for point in self.points)]
