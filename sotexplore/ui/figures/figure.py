"""What a figure is: plotly JSON with colours named by role, its points packed once for the way to the browser."""

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

FONT_SMALL = 12
MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}


@dataclass(frozen=True)
class Points:
    """The traces of a figure as JSON text.

    A point's `customdata` begins with the identifier that clicks and selections report.
    """

    content: bytes
    revision: str
    """Changes when the traces do."""

    @property
    def traces(self) -> list[dict[str, Any]]:
        """The traces as plain data."""
        traces: list[dict[str, Any]] = json.loads(self.content)
        return traces


@dataclass(frozen=True)
class Figure:
    """A figure as plain plotly JSON, split by how often its parts change.

    Colours are named by role (`@text`, `@muted`, `@grid`, `@background`, `@c0`, `@c1`...); the browser fills in those of
    the theme.
    """

    points: Points
    layout: dict[str, Any]
    marker: dict[str, Any] | None = None
    """Where the star stands, in the units of the axes; it moves without the rest."""
    config: dict[str, Any] = field(default_factory=dict)
    """Of plotly's configuration, what differs from the component's."""


def pack(traces: list[dict[str, Any]]) -> Points:
    """Traces as JSON text with their digest.

    Raises:
        ValueError: a number is not finite, which JSON cannot hold.
    """
    content = json.dumps(traces, allow_nan=False, separators=(",", ":")).encode()
    return Points(content, blake2b(content, digest_size=12).hexdigest())
