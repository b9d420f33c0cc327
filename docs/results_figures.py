"""The figures of the results page, as SVG."""

import math
from collections.abc import Callable, Sequence

from results_words import METHODS, TITLES

from sotexplore.explorer.published import RESULTS
from sotexplore.explorer.results import Point

COLOURS = {8: "#2f6fb0", 4: "#3a8f5c", 3: "#b08a1e", 2: "#c8553d", 1: "#8456a5"}
METHOD_COLOURS = {"admm": "#2f6fb0", "magnitude": "#c8553d", "group-lasso": "#3a8f5c", "post-training": "#8456a5"}
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 680, 330, 62, 40, 150, 50
Scale = Callable[[float], float]
SMALLEST_ERROR_RATIO = 1e-3
"""Less is drawn as this, where accuracies stand by the logarithm of their error."""
SHOWN_LOSS_RATIO = 0.05
"""Points further below the dense network are left out of a figure."""


def network_svg(name: str, points: Sequence[Point]) -> str:
    """Accuracy against weights removed: points by weight bits, crosses for what is published."""
    own = [point for point in points if point.row["network"] == name and point.is_free]
    dense = max(point.dense_accuracy_ratio for point in own)
    low = dense - SHOWN_LOSS_RATIO
    shown = [point for point in own if point.accuracy_ratio >= low]
    crosses = [
        item
        for item in RESULTS
        if item.ours == name
        and item.ratio_kind == "weights_ratio"
        and item.accuracy_ratio is not None
        and item.accuracy_ratio >= low
    ]
    ratios = [point.ratio("weights_ratio") for point in shown] + [item.ratio for item in crosses]
    high = max([dense, *(point.accuracy_ratio for point in shown), *(item.accuracy_ratio or 0 for item in crosses)])
    x_of, y_of = (
        _scale(1.0, max(2.0, *ratios) * 1.15, LEFT, WIDTH - RIGHT, math.log),
        _scale(low, high + 0.004, HEIGHT - BOTTOM, TOP),
    )
    hidden = len(own) - len(shown)
    under = f"integer accuracy, {len(shown)} points" + (
        f"; {hidden} more than 5 points below dense are left out" if hidden else ""
    )
    parts = [
        *_frame(TITLES[name], under, x_of, y_of, low=low, high=high, ratios=ratios),
        _dashed(y_of(dense), "dense float"),
    ]
    for point in shown:
        bits = point.row["weight_bits"]
        parts.append(
            f'<circle cx="{x_of(point.ratio("weights_ratio")):.1f}" cy="{y_of(point.accuracy_ratio):.1f}" r="3.2" fill="{COLOURS.get(bits, "#4d5a66")}" fill-opacity="0.75"/>'
        )
    for item in crosses:
        x, y = x_of(item.ratio), y_of(item.accuracy_ratio or 0.0)
        parts.append(f'<path d="M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8" stroke="#333" stroke-width="1.6"/>')
    bits_shown = [bits for bits in COLOURS if any(point.row["weight_bits"] == bits for point in shown)]
    legend = [(COLOURS[bits], f"{bits}-bit weights") for bits in bits_shown]
    parts += [_legend(colour, text, place) for place, (colour, text) in enumerate(legend)]
    if crosses:
        x, y = WIDTH - RIGHT + 12, TOP + 44 + 18 * len(legend)
        parts.append(
            f'<path d="M{x + 1} {y - 4}l8 8m0 -8l-8 8" stroke="#333" stroke-width="1.6"/><text x="{x + 15}" y="{y + 4}">published</text>'
        )
    parts.append(_across("times fewer weights"))
    return _svg(HEIGHT, parts)


def budgets_svg(name: str, groups: Sequence[tuple[Point, ...]]) -> str:
    """Accuracy of each method and seed, one line per method, budget by budget."""
    lines = [(group, point) for group in groups for point in group]
    every = [row["accuracy_ratio"] for _, point in lines for row in point.rows]
    low, high = 1 - 1.1 * (1 - min(every)), 1 - 0.9 * max(1 - max(every), SMALLEST_ERROR_RATIO)
    left, height = 190, 66 + 20 * len(lines) + 30 * len(groups)
    x_of = _scale(low, high, left, WIDTH - 30, _nines)
    bottom = height - 34
    parts = [f'<text x="14" y="18" font-size="14" font-weight="bold">{TITLES[name]}: equal budgets</text>']
    for value in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.985, 0.99, 0.995, 0.998, 0.999):
        if not low <= value <= high:
            continue
        x = x_of(value)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="30" y2="{bottom}" stroke="#ddd"/><text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{100 * value:.4g} %</text>'
        )
    y = 30.0
    for group in groups:
        y += 24
        row = group[0].row
        parts.append(
            f'<text x="14" y="{y + 2:.0f}" fill="#777">{100 * row["prune_ratio"]:.3g} % pruned, W{row["weight_bits"]} A{row["activation_bits"]}</text>'
        )
        for point in group:
            y += 20
            colour = METHOD_COLOURS[point.method]
            parts.append(
                f'<text x="{left - 10}" y="{y + 4:.0f}" text-anchor="end">{METHODS[point.method].split(",")[-1].strip()}</text>'
            )
            parts += [
                f'<circle cx="{x_of(item["accuracy_ratio"]):.1f}" cy="{y:.0f}" r="3" fill="{colour}" fill-opacity="0.45"/>'
                for item in point.rows
            ]
            x = x_of(point.accuracy_ratio)
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 7:.0f}" y2="{y + 7:.0f}" stroke="{colour}" stroke-width="2.5"/>'
            )
    parts.append(
        f'<text x="{(left + WIDTH - 30) / 2:.0f}" y="{height - 4}" text-anchor="middle">integer accuracy, by the logarithm of the error; dots: seeds, bars: their mean</text>'
    )
    return _svg(height, parts)


def _nines(accuracy_ratio: float) -> float:
    """Accuracy on a scale on which half the error is as far everywhere."""
    return -math.log(max(1 - accuracy_ratio, SMALLEST_ERROR_RATIO))


def _scale(
    low: float, high: float, start: float, end: float, by: Callable[[float], float] = float
) -> Callable[[float], float]:
    def place(value: float) -> float:
        return start + (end - start) * (by(value) - by(low)) / (by(high) - by(low))

    return place


def _frame(
    title: str, under: str, x_of: Scale, y_of: Scale, *, low: float, high: float, ratios: Sequence[float]
) -> list[str]:
    parts = [
        f'<text x="{LEFT}" y="16" font-size="14" font-weight="bold">{title}</text>',
        f'<text x="{LEFT}" y="31" fill="#777">{under}</text>',
    ]
    for value in _ticks(low, high):
        y = y_of(value)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/><text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{100 * value:.4g} %</text>'
        )
    for value in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        if value <= max(2.0, *ratios) * 1.15:
            x = x_of(value)
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM + 4}" stroke="#777"/><text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{value}</text>'
            )
    return parts


def _ticks(low: float, high: float) -> list[float]:
    step = next(step for step in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2) if (high - low) / step <= 7)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def _dashed(y: float, text: str) -> str:
    right = WIDTH - RIGHT
    return (
        f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#999" stroke-dasharray="4 3"/>'
        f'<text x="{right}" y="{y - 5:.1f}" text-anchor="end" fill="#777" font-size="11">{text}</text>'
    )


def _legend(colour: str, text: str, place: int) -> str:
    x, y = WIDTH - RIGHT + 12, TOP + 48 + 18 * place
    return f'<circle cx="{x + 5}" cy="{y - 4}" r="4" fill="{colour}"/><text x="{x + 15}" y="{y}">{text}</text>'


def _across(text: str) -> str:
    return f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">{text}</text>'


def _svg(height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="12" fill="#333">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
