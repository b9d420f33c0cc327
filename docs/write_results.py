"""Writes docs/results.md and its figures from the checkpoints in the cache: `python docs/write_results.py [FOLDER]`."""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sotexplore import catalogue
from sotexplore.checkpoint import list_checkpoints
from sotexplore.explorer.listing import REFERENCE
from sotexplore.explorer.published import KINDS, RESULTS, Published, ours_beside
from sotexplore.explorer.results import (
    ADMM,
    FEWEST_SEEDS,
    TARGETS,
    Point,
    Reached,
    beside_free,
    equal_budgets,
    front,
    points,
    reached,
    recipes_of,
)
from sotexplore.store import cache_directory, write_output

ROOT = Path(__file__).resolve().parents[1]
TITLES = {
    "digits-cnn": "digits-cnn on scikit-learn's digits", "lenet5-mnist": "LeNet-5 on MNIST", "resnet20-cifar10": "ResNet-20 on CIFAR-10",
    "vgg8-cifar10": "VGG-8 on CIFAR-10", "vgg16-cifar10": "VGG-16 on CIFAR-10", "resnet18-cifar10": "ResNet-18 on CIFAR-10",
}  # fmt: skip
RATIOS = {
    "weights_ratio": "weights", "storage_ratio": "storage", "operations_ratio": "operations", "subarrays_ratio": "sub-arrays",
}  # fmt: skip
METHODS = {
    "admm": "ADMM", "magnitude": "magnitude", "group-lasso": "group lasso", "post-training": "ADMM pruning, post-training quantization",
}  # fmt: skip
COLOURS = {8: "#2f6fb0", 4: "#3a8f5c", 3: "#b08a1e", 2: "#c8553d", 1: "#8456a5"}
METHOD_COLOURS = {"admm": "#2f6fb0", "magnitude": "#c8553d", "group-lasso": "#3a8f5c", "post-training": "#8456a5"}
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 680, 330, 62, 40, 150, 50
Scale = Callable[[float], float]
SHOWN_LOSS_RATIO = 0.05
"""Points further below the dense network are left out of a figure."""


@dataclass(frozen=True)
class Found:
    """Everything that the page is made of."""

    points: list[Point]
    rows: list[Mapping[str, object]]
    """ADMM's points with free levels, for what stands beside published results."""
    recipes: dict[str, str]

    def networks(self) -> list[str]:
        """Networks with points, in the catalogue's order."""
        return [name for name in catalogue.NAMES if any(point.row["network"] == name for point in self.points)]


def main(folder: Path) -> None:
    """Writes the page and its figures."""
    cache = cache_directory()
    found = _found(cache)
    drawn = {f"results-{name}": network_svg(name, found) for name in found.networks()}
    for name in found.networks():
        if groups := _budgets(found, name):
            drawn[f"results-budgets-{name}"] = budgets_svg(name, groups)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for name, text in drawn.items():
        write_output(folder / "images" / f"{name}.svg", text.encode())
    write_output(folder / "results.md", page(found, n_files=len(list_checkpoints(cache).rows)).encode())


def _found(cache: Path) -> Found:
    every = points(cache)
    rows = [_row(point) for point in every if point.method == ADMM and not point.levels]
    return Found(every, rows, recipes_of(ROOT / "recipes"))


def _row(point: Point) -> dict[str, object]:
    """A point as one row: the mean of its seeds, the least of their ratios."""
    return dict(point.row) | {"accuracy_ratio": point.accuracy_ratio} | {kind: point.ratio(kind) for kind in RATIOS}


def page(found: Found, *, n_files: int) -> str:
    """The page as Markdown."""
    parts = [_introduction(found, n_files), _targets(found)]
    for name in found.networks():
        parts += [_network(name, found), _published(name, found), _equal(name, found), _levels(name, found)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction(found: Found, n_files: int) -> str:
    style = f"{REFERENCE.subarray_rows}x{REFERENCE.subarray_cols} crossbars"
    return f"""# Results of compression

Written by `python docs/write_results.py` from the {n_files} checkpoints in `cache/`; run it again when there are others.

Accuracies are those of integer weights and activations on the whole test set, with ideal array reads. `±` is the standard deviation over
seeds (n - 1); where a point has several seeds its accuracy is their mean and its ratios are the least of them. The best of several points was
chosen by its accuracy on the test images. "Weights", "storage", "operations" and "sub-arrays" are dense over compressed, and do not convert into
each other (docs/compression.md): storage against 32-bit float with the indices counted, sub-arrays against the dense network at 8 bits on
{style}, weights in two's complement, one cell per bit. First and last layer are counted in every ratio. Which command makes a point: `sotexplore compress recipes/NAME`,
NAME as in the last column; every accuracy is compared with an evaluation of the file's integers by `tests/compression`."""


def _targets(found: Found) -> str:
    lines = [
        "## Targets",
        "",
        f"A target is reached by the mean of at least {FEWEST_SEEDS} seeds.",
        "",
        "| network | level | asked | best mean of three seeds or more | best of any | |",
        "|---|---|---|---|---|---|",
    ]
    for target in TARGETS:
        result = reached(target, found.points)
        asked = (
            f"{accuracy(target.accuracy_ratio)}"
            if target.accuracy_ratio is not None
            else f"dense less {100 * target.loss_ratio:g} point"
        )
        compressed = "unpruned" if target.unpruned else f"{target.ratio:.4g}× fewer {RATIOS[target.ratio_kind]}"
        note = f" ({target.note})" if target.note else ""
        lines.append(
            f"| {TITLES[target.network]} | {target.level} | {compressed} at {asked}, W{target.weight_bits} A{target.activation_bits} or fewer{note} "
            f"| {_of_target(result, result.headline)} | {_of_target(result, result.best)} | {_status(result)} |"
        )
    return "\n".join(lines)


def _of_target(result: Reached, point: Point | None) -> str:
    if point is None:
        return "none"
    compressed = "" if result.target.unpruned else f", {times(point.ratio(result.target.ratio_kind))}"
    return f"{measured(point)}{compressed}, W{point.row['weight_bits']} A{point.row['activation_bits']}"


def _status(result: Reached) -> str:
    if result.status != "missed":
        return f"**{result.status}**" if result.status == "reached" else result.status
    assert result.best is not None
    return f"missed by {100 * (result.target.wanted_ratio(result.best) - result.best.accuracy_ratio):.2f} points"


def _network(name: str, found: Found) -> str:
    own = [point for point in found.points if point.row["network"] == name]
    network = catalogue.network(name)
    edges = (
        f"first and last layer keep {network.edge_weight_bits}-bit weights"
        if network.edge_weight_bits
        else "first and last layer have the bits of the others; the image's pixels have 8"
    )
    dense = sorted({(row["seed"], row["dense_accuracy_ratio"]) for point in own for row in point.rows})
    seeds = ", ".join(f"{accuracy(value)} (seed {seed})" for seed, value in dense)
    lines = [
        f"## {TITLES[name]}",
        "",
        f"Dense float network: {seeds}. {sum(len(point.rows) for point in own)} quantized checkpoints; {edges}.",
        "",
        f"![Accuracy against weights removed](images/results-{name}.svg)",
        "",
        "The points that no other beats in accuracy and storage:",
        "",
        "| structure | pruned | W | A | accuracy | weights | storage | operations | sub-arrays | recipe |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for point in front(own, name, "storage_ratio"):
        row = point.row
        ratios = " | ".join(times(point.ratio(kind)) for kind in RATIOS)  # type: ignore[arg-type]
        lines.append(
            f"| {row['structure']} | {100 * row['prune_ratio']:.1f} % | {row['weight_bits']} | {row['activation_bits']} | {measured(point)} | {ratios} "
            f"| {found.recipes.get(row['key'], row['key'])} |"
        )
    return "\n".join(lines)


def _published(name: str, found: Found) -> str:
    own = [result for result in RESULTS if result.ours == name]
    if not own:
        return ""
    kinds = "; ".join(f"*{kind}*: {text}" for kind, text in KINDS.items())
    lines = [
        f"### Beside published results: {TITLES[name]}",
        "",
        "Beside each the most accurate checkpoint of ours that is compressed at least as much by the same kind of ratio; where there is none, the one that is "
        f"compressed most. {kinds}.",
        "",
        "| method | structure | ratio | accuracy | source | ours: ratio | accuracy | W | A | |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_beside(result, found) for result in own]
    return "\n".join(lines)


def _beside(result: Published, found: Found) -> str:
    first = f"| {result.method} | {result.structure} | {_stated(result)} | {result.accuracy_text} | {result.source_text} ({result.kind}) "
    row = ours_beside(result, found.rows)
    if row is None:
        return f"{first}| none trained | | | | |"
    point = next(point for point in found.points if point.row["key"] == row["key"])
    ratio = point.ratio(result.ratio_kind)
    return f"{first}| {_ratio(ratio, result.ratio_kind)} | {measured(point)} | {row['weight_bits']} | {row['activation_bits']} | {_verdict(result, point)} |"


def _verdict(result: Published, point: Point) -> str:
    less = point.ratio(result.ratio_kind) < result.ratio and result.ratio != 1
    if less:
        return "less compressed"
    if result.accuracy_ratio is None:
        return "as compressed; published accuracy in words"
    return f"{100 * (point.accuracy_ratio - result.accuracy_ratio):+.2f} points"


def _ratio(value: float, kind: str) -> str:
    return "unpruned" if value == 1 else f"{times(value)} {RATIOS[kind]}"


def _stated(result: Published) -> str:
    return "unpruned" if result.ratio == 1 else f"{result.ratio:.4g}× {RATIOS[result.ratio_kind]}"


def _budgets(found: Found, name: str) -> list[tuple[Point, ...]]:
    return [group for group in equal_budgets(found.points) if group[0].row["network"] == name]


def _equal(name: str, found: Found) -> str:
    groups = _budgets(found, name)
    if not groups:
        return ""
    lines = [
        f"### What ADMM buys: {TITLES[name]}",
        "",
        "The same budget, data and epochs in all; magnitude pruning retrains for the epochs of ADMM's phase too.",
        "",
        f"![Accuracy of each method](images/results-budgets-{name}.svg)",
        "",
        "| pruned | W | A | method | accuracy | seeds | beside ADMM | weights | sub-arrays |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for group in groups:
        reference = next((point for point in group if point.method == ADMM), None)
        for point in group:
            row = point.row
            beside = (
                ""
                if reference is None or point is reference
                else f"{100 * (point.accuracy_ratio - reference.accuracy_ratio):+.2f} points"
            )
            lines.append(
                f"| {row['structure']} {100 * row['prune_ratio']:.1f} % | {row['weight_bits']} | {row['activation_bits']} | {METHODS[point.method]} "
                f"| {measured(point, seeds=False)} | {', '.join(str(item['seed']) for item in point.rows)} | {beside} | {times(point.ratio('weights_ratio'))} "
                f"| {times(point.ratio('subarrays_ratio'))} |"
            )
    return "\n".join(lines)


def _levels(name: str, found: Found) -> str:
    pairs = beside_free(found.points, name)
    if not pairs:
        return ""
    lines = [
        f"### Levels that follow a rule: {TITLES[name]}",
        "",
        "One sign per fragment of so many rows, or so many bit-planes per filter (docs/compression.md), beside the same run with free levels. Planes "
        "start from that run and are fine-tuned once more. None of these points is in the table, the targets and the figure above.",
        "",
        "| pruned | W | A | rule | accuracy | free | difference | storage | free | recipe |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for point, free in pairs:
        row = point.row
        lines.append(
            f"| {row['structure']} {100 * row['prune_ratio']:.1f} % | {row['weight_bits']} | {row['activation_bits']} | {rule(point)} | {measured(point)} "
            f"| {measured(free, seeds=False)} | {100 * (point.accuracy_ratio - free.accuracy_ratio):+.2f} points | {times(point.ratio('storage_ratio'))} "
            f"| {times(free.ratio('storage_ratio'))} | {found.recipes.get(row['key'], row['key'])} |"
        )
    return "\n".join(lines)


def rule(point: Point) -> str:
    """What a point's levels follow, in words."""
    if "planes" in point.levels:
        return f"{point.levels['planes']} of {point.row['weight_bits']} planes"
    return f"one sign per {point.levels['fragment_rows']} rows"


def accuracy(ratio: float) -> str:
    """A share of images as text."""
    return f"{100 * ratio:.2f} %"


def measured(point: Point, *, seeds: bool = True) -> str:
    """A point's accuracy with spread and number of seeds."""
    spread = "" if point.spread_ratio is None else f" ± {100 * point.spread_ratio:.2f}"
    count = f" ({len(point.rows)} seed{'s' if len(point.rows) > 1 else ''})" if seeds else ""
    return f"{100 * point.accuracy_ratio:.2f}{spread} %{count}"


def times(ratio: float) -> str:
    """A ratio as text, rounded down, so that it never says more than there is."""
    digits = 0 if ratio >= 100 else 1
    return f"{math.floor(ratio * 10**digits + 1e-9) / 10**digits:.{digits}f}×"


def network_svg(name: str, found: Found) -> str:
    """Accuracy against weights removed: points by weight bits, crosses for what is published."""
    own = [
        point for point in found.points if point.row["network"] == name and point.method == ADMM and not point.levels
    ]
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
    low, high = min(every), max(every)
    pad = max(0.002, 0.06 * (high - low))
    left, height = 190, 66 + 20 * len(lines) + 30 * len(groups)
    x_of = _scale(low - pad, high + pad, left, WIDTH - 30)
    bottom = height - 34
    parts = [f'<text x="14" y="18" font-size="14" font-weight="bold">{TITLES[name]}: equal budgets</text>']
    for value in _ticks(low - pad, high + pad):
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
        f'<text x="{(left + WIDTH - 30) / 2:.0f}" y="{height - 4}" text-anchor="middle">integer accuracy; dots: seeds, bars: their mean</text>'
    )
    return _svg(height, parts)


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


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
