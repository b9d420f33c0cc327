"""Draws the figures of docs/simulation.md from the studies in the cache: `python docs/draw_fault_curves.py [FOLDER]`."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sotexplore.checkpoint import list_checkpoints
from sotexplore.explorer.fault_curves import LABELS, LOGARITHMIC, Curve, fault_curves, label_of
from sotexplore.store import cache_directory, write_output

COLOURS = ("#2f6fb0", "#c8553d", "#3a8f5c", "#8456a5", "#b08a1e", "#4d5a66", "#c2417c")
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 680, 372, 62, 40, 240, 50


@dataclass(frozen=True)
class Figure:
    """One figure: which curves, and what stands above and beside them."""

    name: str
    family: str
    title: str
    checkpoints: tuple[str, ...]
    by: str
    """What tells the lines apart: `checkpoint`, or a thing held."""
    network: str = "LeNet-5 on MNIST"


NARROW, SMALL, TINY, WIDE, ONE_BIT, HALF = (
    "08d83df94558b28f", "4a45a96e506dc071", "95e2f12b70aaf556", "aa5554274484d27a", "bd1bb6d2824f327d",
    "f4fd46b5c808c0c0",
)  # fmt: skip
UNPRUNED, QUARTER, RESNET20 = "76d4aed79f43d095", "8035d5a3858e89c4", "ResNet-20 on CIFAR-10"
FIGURES = (
    Figure("faults-adc", "adc", "ADC bits and active rows, ideal cells", (NARROW,), "adc_bits"),
    Figure("faults-bits-read", "read-errors", "Bits read wrong", (NARROW, SMALL, TINY, WIDE, ONE_BIT), "checkpoint"),
    Figure("faults-bits-stored", "weight-errors", "Weight bits stored wrong", (NARROW, SMALL, TINY, WIDE, ONE_BIT),
           "checkpoint"),
    Figure("faults-trained", "weight-errors", "Fine-tuned with wrong weight bits (0.02) or without",
           ("8f854cb1f02ec224", "4193f6497443ce3b"), "checkpoint", "digits-cnn"),
    Figure("faults-tmr", "tmr", "Contrast of the cells, two-row AND", (NARROW, SMALL, TINY), "checkpoint"),
    Figure("faults-spread", "spread", "Spread of the cells, two-row AND", (NARROW, SMALL), "checkpoint"),
    Figure("faults-crossbar-cells", "crossbar-cells", "Contrast of the cells, crossbar", (NARROW,), "active_rows"),
    Figure("faults-resnet20-adc", "adc", "ADC bits and active rows, ideal cells", (UNPRUNED,), "adc_bits", RESNET20),
    Figure("faults-resnet20-bits-stored", "weight-errors", "Weight bits stored wrong", (UNPRUNED, QUARTER), "checkpoint",
           RESNET20),
    Figure("faults-resnet20-tmr", "tmr", "Contrast of the cells, two-row AND", (UNPRUNED, QUARTER), "checkpoint", RESNET20),
    Figure("faults-crossbar-offset", "crossbar-offset", "Offset of the columns, crossbar", (NARROW, SMALL), "both"),
)  # fmt: skip


def main(folder: Path) -> None:
    """Draws every figure that the cache has curves for."""
    cache = cache_directory()
    labels = {row["key"]: label_of(row) for row in list_checkpoints(cache).rows}
    for figure in FIGURES:
        found = fault_curves(cache, family=figure.family, checkpoints=figure.checkpoints)
        curves = [curve for curve in _most_images(found) if len(curve.values) > 1]
        if curves:
            write_output(folder / f"{figure.name}.svg", svg(figure, curves, labels).encode())


def _most_images(curves: Sequence[Curve]) -> list[Curve]:
    """Of several curves of the same the one with the most images."""
    best = {(curve.checkpoint, curve.held): curve for curve in sorted(curves, key=lambda curve: curve.images)}
    return [curve for curve in curves if best[curve.checkpoint, curve.held] is curve]


def svg(figure: Figure, curves: Sequence[Curve], labels: dict[str, str]) -> str:
    """The figure as text."""
    across = curves[0].across
    shown = [value for curve in curves for value in curve.values]
    x_of = _axis(min(shown), max(shown), across in LOGARITHMIC or across == "active_rows")
    parts = [_frame(figure, curves, x_of, across, sorted(set(shown)))]
    for place, curve in enumerate(curves):
        parts.append(_line(curve, x_of, COLOURS[place % len(COLOURS)]))
        parts.append(_legend(_name(figure, curve, labels), place, COLOURS[place % len(COLOURS)]))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="12" fill="#333">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _axis(low: float, high: float, logarithmic: bool):
    scale = math.log if logarithmic else float

    def place(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (scale(value) - scale(low)) / (scale(high) - scale(low))

    return place


def _y_of(ratio: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - ratio)


def _frame(figure: Figure, curves: Sequence[Curve], x_of, across: str, values: Sequence[float]) -> str:
    ideal = curves[0]
    counts = sorted({(curve.images, curve.seeds) for curve in curves})
    runs = "; ".join(
        f"{images} images, {seeds} seeds (bars: 95 %)" if seeds > 1 else f"{images} images, nothing drawn at random"
        for images, seeds in counts
    )
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [
        f'<text x="{LEFT}" y="16" font-size="14" font-weight="bold">{figure.title}</text>',
        f'<text x="{LEFT}" y="31" fill="#777">{figure.network}, {runs}</text>',
    ]
    for step in range(6):
        ratio = step / 5
        y = _y_of(ratio)
        parts.append(f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{ratio:.0%}</text>')
    last = -math.inf
    for value in values:
        x = x_of(value)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}" stroke="#777"/>')
        if x - last > 34:
            parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{_tick(value)}</text>')
            last = x
    y = _y_of(ideal.ideal_accuracy_ratio)
    parts.append(f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#999" stroke-dasharray="4 3"/>')
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 14}" text-anchor="middle">{LABELS[across]}</text>')
    parts.append(f'<text transform="translate(14 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">accuracy</text>')
    return "\n".join(parts)


def _line(curve: Curve, x_of, colour: str) -> str:
    spots = [(x_of(x), _y_of(y)) for x, y in zip(curve.values, curve.mean_ratios, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
    for (x, _), mean, half in zip(spots, curve.mean_ratios, curve.half_width_ratios, strict=True):
        if half > 0:
            low, high = _y_of(max(mean - half, 0.0)), _y_of(min(mean + half, 1.0))
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="{colour}"/>')
    return "\n".join(parts)


def _legend(name: str, place: int, colour: str) -> str:
    y = TOP + 10 + 18 * place
    x = WIDTH - RIGHT + 12
    return f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/><text x="{x + 15}" y="{y}">{name}</text>'


def _name(figure: Figure, curve: Curve, labels: dict[str, str]) -> str:
    held = ", ".join(f"{value:g} {name.replace('adc_', '').replace('active_', '')}" for name, value in curve.held)
    if figure.by == "both":
        return f"{labels[curve.checkpoint].split()[-1]}, {held}"
    return labels[curve.checkpoint] if figure.by == "checkpoint" else held


def _tick(value: float) -> str:
    return f"{value:g}" if value >= 1e-3 or value == 0 else f"{value:.0e}".replace("e-0", "e-")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "images")
