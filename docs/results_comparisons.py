"""The tables of the results page that set points beside others: published results, other methods, other levels, other recipes."""

from results_found import Found
from results_words import METHODS, OPTIONS, RATIOS, TITLES, level_words, measured, rule, times

from sotexplore.explorer.listing import ADMM
from sotexplore.explorer.published import KINDS, RESULTS, Published
from sotexplore.explorer.results import FEWEST_SEEDS, Point, beside, beside_free, beside_plain, equal_budgets


def published_table(found: Found, name: str) -> str:
    """Published results of a network with ours beside them."""
    own = [result for result in RESULTS if result.ours == name]
    if not own:
        return ""
    kinds = "; ".join(f"*{kind}*: {text}" for kind, text in KINDS.items())
    lines = [
        f"### Beside published results: {TITLES[name]}",
        "",
        "Beside each the most accurate point of ours that is compressed at least as much by the same kind of ratio, of those with "
        f"{FEWEST_SEEDS} seeds where there are any; where none is compressed enough, the one that is compressed most. {kinds}.",
        "",
        "| method | structure | ratio | accuracy | source | ours: ratio | accuracy | W | A | |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_beside_row(result, found) for result in own]
    return "\n".join(lines)


def _beside_row(result: Published, found: Found) -> str:
    bits = " ".join(
        f"{name}{value}" for name, value in (("W", result.weight_bits), ("A", result.activation_bits)) if value
    )
    first = f"| {result.method} | {result.structure}{', ' + bits if bits else ''} | {_stated(result)} | {result.accuracy_text} | {result.source_text} ({result.kind}) "
    point = beside(result, found.points)
    if point is None:
        return f"{first}| none trained | | | | |"
    row, ratio = point.row, point.ratio(result.ratio_kind)
    return f"{first}| {_ratio(ratio, result.ratio_kind)} | {measured(point)} | {row['weight_bits']} | {row['activation_bits']} | {_verdict(result, point)} |"


def _verdict(result: Published, point: Point) -> str:
    less = point.ratio(result.ratio_kind) < result.ratio and result.ratio != 1
    if less:
        return "less compressed"
    if result.accuracy_ratio is None:
        return f"published in words; ours {100 * (point.accuracy_ratio - point.dense_accuracy_ratio):+.2f} points from dense"
    return f"{100 * (point.accuracy_ratio - result.accuracy_ratio):+.2f} points"


def _ratio(value: float, kind: str) -> str:
    return "unpruned" if value == 1 else f"{times(value)} {RATIOS[kind]}"


def _stated(result: Published) -> str:
    return "unpruned" if result.ratio == 1 else f"{result.ratio:.4g}× {RATIOS[result.ratio_kind]}"


def budgets(found: Found, name: str) -> list[tuple[Point, ...]]:
    """Points of a network by several methods under the same budget."""
    return [group for group in equal_budgets(found.points) if group[0].row["network"] == name]


def methods_table(found: Found, name: str) -> str:
    """Methods under the same budget beside each other; empty where there is one alone."""
    groups = budgets(found, name)
    if not groups:
        return ""
    lines = [
        f"### What ADMM buys: {TITLES[name]}",
        "",
        "The same budget and data in all. ADMM, magnitude pruning and group lasso have the same epochs in all (magnitude pruning retrains "
        "for those of ADMM's phase too), post-training quantization has none behind the pruning. Group lasso's strength was not tuned, and it pulls at filters that have to stay too "
        f"(`sotexplore/compression/group_lasso.py`). A difference below the spread over the seeds tells nothing. One test image is {100 / groups[0][0].row['test_images']:.2g} points.",
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


def levels_table(found: Found, name: str) -> str:
    """Levels that follow a rule beside free ones; empty where there are none."""
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


def options_table(found: Found, name: str) -> str:
    """Options of the recipe beside the same run without; empty where there are none."""
    pairs = [(option, *pair) for option in OPTIONS for pair in beside_plain(found.points, name, option)]
    if not pairs:
        return ""
    lines = [
        f"### Options of the recipe: {TITLES[name]}",
        "",
        "Points whose recipe has an option (docs/compression.md), beside the same run without it and the same seeds; more steps down in bits are more epochs.",
        "",
        "| pruned | W | A | option | accuracy | without | difference | recipe |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for option, point, plain in pairs:
        row = point.row
        pruned = f"{row['structure']} {level_words(point)}" if row["prune_ratio"] else level_words(point)
        lines.append(
            f"| {pruned} | {row['weight_bits']} | {row['activation_bits']} | {OPTIONS[option](point)} | {measured(point)} "
            f"| {measured(plain, seeds=False)} | {100 * (point.accuracy_ratio - plain.accuracy_ratio):+.2f} points "
            f"| {found.recipes.get(row['key'], row['key'])} |"
        )
    return "\n".join(lines)
