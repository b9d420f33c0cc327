"""Writes docs/results.md and its figures from the checkpoints in the cache: `python docs/write_results.py [FOLDER]`."""

import sys
from pathlib import Path

from results_comparisons import budgets, levels_table, methods_table, options_table, published_table
from results_figures import budgets_svg, network_svg
from results_found import Found
from results_words import RATIOS, TITLES, accuracy, level_words, measured, times

from sotexplore import catalogue
from sotexplore.checkpoint import list_checkpoints
from sotexplore.design import Design
from sotexplore.explorer.evaluate import evaluate_design
from sotexplore.explorer.listing import REFERENCE
from sotexplore.explorer.results import (
    FEWEST_SEEDS,
    TARGETS,
    Point,
    Reached,
    Target,
    chains,
    front,
    points,
    reached,
    recipes_of,
)
from sotexplore.store import cache_directory, write_output

ROOT = Path(__file__).resolve().parents[1]


def main(folder: Path) -> None:
    """Writes the page and its figures."""
    cache = cache_directory()
    found = _found(cache)
    drawn = {f"results-{name}": network_svg(name, found.points) for name in found.networks()}
    for name in found.networks():
        if groups := budgets(found, name):
            drawn[f"results-budgets-{name}"] = budgets_svg(name, groups)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for name, text in drawn.items():
        write_output(folder / "images" / f"{name}.svg", text.encode())
    write_output(folder / "results.md", page(found, n_files=len(list_checkpoints(cache).rows)).encode())


def _found(cache: Path) -> Found:
    return Found(points(cache), recipes_of(ROOT / "recipes"))


def page(found: Found, *, n_files: int) -> str:
    """The page as Markdown."""
    parts = [_introduction(found, n_files), _targets(found)]
    for name in found.networks():
        parts += [
            _network(name, found),
            _chains(name, found),
            published_table(found, name),
            methods_table(found, name),
            levels_table(found, name),
            options_table(found, name),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction(found: Found, n_files: int) -> str:
    style = f"{REFERENCE.subarray_rows}x{REFERENCE.subarray_cols} crossbars"
    return f"""# Results of compression

Written by `python docs/write_results.py` from the {n_files} checkpoints in `cache/`; run it again when there are others.

Accuracies are those of integer weights and activations on the whole test set, with ideal array reads. `±` is the standard deviation over
seeds (n - 1); where a point has several seeds its accuracy is their mean and its ratios are the least of them. The best of several points was
chosen by its accuracy on the test images. "Weights", "storage", "operations" and "sub-arrays" are dense over compressed, and do not convert into
each other (docs/compression.md): storage against 32-bit float with the indices counted, sub-arrays against the dense network at 8 bits on
{style}, weights in two's complement, one cell per bit. First and last layer are counted in every ratio. Which command makes a point: `sotexplore compress recipes/NAME --only KEYS`,
NAME as in the last column, KEYS those of its seeds from `sotexplore checkpoints`, with commas; without `--only` the whole file is made. What is in the cache is not made again, so point
`SOTEXPLORE_CACHE` at an empty folder to repeat a training. `tests/compression/test_independent.py` compares every checkpoint with an evaluator that shares no code with the one
that measured it: scores of some images in the ordinary tests, accuracies of the whole test set with `-m slow`.

† Residual adds read activations at 8 bits, all other inputs are at the bits stated ([why](decisions/2026-11-25-residual-adds-at-more-bits.md)); the hardware model
and the simulation count them so.

‡ ADMM was left out of the last step in bits, which starts at the weights of the network before ([why](decisions/2026-11-29-two-bits-without-admm.md)).

{_not_trained(found)}

Weights are pruned first and then quantized, by two projections in turn along the chain; the joint projection stands tested, and no point here was
trained with it. Points of ResNet-20 from before the arithmetic of bfloat16 was changed come out again up to the scatter of a training, not byte by byte
([which](decisions/2026-11-25-bfloat16-throughout.md)).

Most 8-bit points of LeNet-5, the points below them in the chain of bits, and most of ResNet-20 lost some filters to a
fault of the learned steps that is mended since ([counts](decisions/2026-11-28-weight-steps-in-reach.md)); their runs say `bounded_steps: false`. Their accuracies are what
their integers give. What training again gains stands under "Options of the recipe" for the points that were trained again."""


def _not_trained(found: Found) -> str:
    """Where the points of ResNet-20 end."""
    name = "resnet20-cifar10"
    pruned = [point for point in found.points if point.row["network"] == name and point.row["prune_ratio"] > 0]
    asked = [point.row["budget"] for point in pruned if (point.row.get("budget") or {}).get("subarrays_ratio")]
    if not asked:
        return "ResNet-20 was not pruned to a budget in sub-arrays."
    most = max(asked, key=lambda budget: budget["subarrays_ratio"])
    size = f"{most['subarray_rows']}x{most['subarray_cols']}"
    fewest = min(point.row["activation_bits"] for point in pruned)
    return (
        f"ResNet-20 was pruned to {most['subarrays_ratio']:g} times fewer sub-arrays and not beyond, those counted on {size} (each of its "
        f"{len(catalogue.network(name).layers)} layers takes one at the least, a larger share of larger arrays), and no pruned point has "
        f"activations below {fewest} bits."
    )


def _targets(found: Found) -> str:
    lines = [
        "## Targets",
        "",
        f"A target is reached by the mean of at least {FEWEST_SEEDS} seeds.",
        "",
        "| network | level | asked | best mean of three seeds or more | best of any | | what makes the mean, else the best: `sotexplore compress` |",
        "|---|---|---|---|---|---|---|",
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
            f"| {_of_target(result, result.headline)} | {_of_target(result, result.best)} | {_status(result)} | {_maker(result.headline or result.best, found)} |"
        )
    return "\n".join([*lines, "", _packed(found)])


def _of_target(result: Reached, point: Point | None) -> str:
    if point is None:
        return "none"
    compressed = "" if result.target.unpruned else f", {times(point.ratio(result.target.ratio_kind))}"
    return f"{measured(point)}{compressed}, W{point.row['weight_bits']} A{point.row['activation_bits']}"


def _maker(point: Point | None, found: Found) -> str:
    """The arguments that make every seed of a point."""
    if point is None:
        return ""
    keys = [row["key"] for row in point.rows]
    return f"`recipes/{found.recipes[keys[0]]} --only {','.join(keys)}`"


def _packed(found: Found) -> str:
    """How few sub-arrays the smallest headline of LeNet-5 takes where layers share them."""
    lead = next(target for target in reversed(TARGETS) if target.network == "lenet5-mnist")
    point = reached(lead, found.points).headline
    if point is None:
        return ""
    hardware = REFERENCE.model_copy(update={"packing": True})
    counts = [
        evaluate_design(
            Design(network=lead.network, checkpoint=row["key"], hardware=hardware), cache_directory()
        ).metrics
        for row in point.rows
    ]
    most = max(counts, key=lambda metrics: metrics["n_subarrays"])
    return (
        f"Where layers share sub-arrays (`packing: true`, layers then take turns), the point of LeNet-5's last target takes "
        f"{most['n_subarrays']:.0f} sub-arrays, {times(most['subarrays_ratio'])} fewer than the dense network does then, with the same integers."
    )


def _status(result: Reached) -> str:
    if result.status == "reached":
        return "**reached**"
    if result.status == "reached by fewer seeds" and result.headline is not None:
        return f"{result.status}; with {FEWEST_SEEDS} seeds {_short(result.target, result.headline)}"
    if result.status != "missed":
        return result.status
    assert result.best is not None
    return _short(result.target, result.best)


def _short(target: Target, point: Point) -> str:
    return f"missed by {100 * (target.wanted_ratio(point) - point.accuracy_ratio):.2f} points"


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


def _chains(name: str, found: Found) -> str:
    levels = chains(found.points, name)
    bits = sorted({bits for level in levels for bits in level}, reverse=True)
    lines = [
        f"### Down in bits: {TITLES[name]}",
        "",
        "Every level of pruning by filters and shapes, the most accurate point of each pair of bits (of those with "
        f"{FEWEST_SEEDS} seeds where there are any); behind it how many times fewer sub-arrays it takes.",
        "",
        "| pruned | weights | " + " | ".join(f"W{weight} A{activation}" for weight, activation in bits) + " |",
        "|" + "---|" * (len(bits) + 2),
    ]
    for level in levels:
        first = next(iter(level.values()))
        cells = [_cell(level.get(pair)) for pair in bits]
        lines.append(f"| {level_words(first)} | {times(first.ratio('weights_ratio'))} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(point: Point | None) -> str:
    if point is None:
        return ""
    return f"{measured(point, seeds=False)}, {times(point.ratio('subarrays_ratio'))}"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
