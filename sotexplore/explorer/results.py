"""What compression reached: checkpoints gathered over their seeds, beside the targets set for them and under equal budgets.

Nothing here is typed but the targets; every figure is read from a cache. Where the best of several points is told, it was chosen by
its accuracy on the test images, as published fronts are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final, Literal

from sotexplore import catalogue
from sotexplore.budget import planned_workload
from sotexplore.checkpoint import list_checkpoints, path_of, read_header
from sotexplore.compression.plan import chain, run_key
from sotexplore.compression.run_files import load_runs
from sotexplore.explorer.area_budget import subarrays_of_area
from sotexplore.explorer.listing import ADMM, checkpoint_record, subarrays_ratio
from sotexplore.explorer.published import Published, RatioKind

FEWEST_SEEDS: Final = 3
"""Seeds of a headline."""
_CHAINED: Final = ("none", "filter+shape")
Option = Literal["bounded_steps", "bit_steps", "residual_bits"]
"""Options of a recipe whose gain is told."""
MARKS: Final = {
    "†": "residual adds read finer activations than the bits stated",
    "‡": "ADMM was left out of the last step in bits",
}
"""What is told of a point by a mark behind its accuracy."""


@dataclass(frozen=True)
class Point:
    """Checkpoints of the same run but for the seed."""

    inputs: Mapping[str, Any]
    """Of the run, without seed and method."""
    method: str
    rows: tuple[Mapping[str, Any], ...]
    """Header rows with key and `subarrays_ratio`, by seed."""

    @property
    def accuracy_ratio(self) -> float:
        """Mean over the seeds."""
        return mean(float(row["accuracy_ratio"]) for row in self.rows)

    @property
    def spread_ratio(self) -> float | None:
        """Standard deviation over the seeds (n - 1); None of one."""
        return stdev(row["accuracy_ratio"] for row in self.rows) if len(self.rows) > 1 else None

    @property
    def dense_accuracy_ratio(self) -> float:
        """Of the dense float networks, mean over the seeds."""
        return mean(float(row["dense_accuracy_ratio"]) for row in self.rows)

    @property
    def is_headline(self) -> bool:
        """Whether it has the seeds of a headline."""
        return len(self.rows) >= FEWEST_SEEDS

    @property
    def is_free(self) -> bool:
        """Whether ADMM made it, with levels that follow no rule."""
        return self.method == ADMM and not self.levels

    @property
    def row(self) -> Mapping[str, Any]:
        """Of the lowest seed."""
        return self.rows[0]

    @property
    def levels(self) -> Mapping[str, int]:
        """The rule that the integer levels follow; empty where they are free."""
        return dict(self.inputs.get("levels", {}))

    @property
    def residual_bits(self) -> int:
        """Of the activations that residual adds read, where these have more than the others; else 0."""
        return int(dict(self.inputs.get("last_step") or {}).get("residual_bits") or 0)

    @property
    def has_plain_last_step(self) -> bool:
        """Whether its last step started at the weights as they were, without ADMM."""
        return dict(self.inputs.get("last_step") or {}).get("admm") is False

    @property
    def marks(self) -> str:
        """Those of `MARKS` that hold."""
        holds = {"†": self.residual_bits > 0, "‡": self.has_plain_last_step}
        return "".join(mark for mark in MARKS if holds[mark])

    def ratio(self, kind: RatioKind) -> float:
        """The least over the seeds."""
        return float(min(row[kind] for row in self.rows))


@dataclass(frozen=True)
class Target:
    """What a network is to reach; bits are at most these, edges as the network fixes them."""

    network: str
    level: Literal["at least", "lead"]
    ratio_kind: RatioKind
    ratio: float
    accuracy_ratio: float | None
    """None: within `loss_ratio` of the dense float network."""
    weight_bits: int = 8
    activation_bits: int = 8
    loss_ratio: float = 0.0
    unpruned: bool = False
    note: str = ""

    def wanted_ratio(self, point: Point) -> float:
        """The accuracy that is asked of a point."""
        return point.dense_accuracy_ratio - self.loss_ratio if self.accuracy_ratio is None else self.accuracy_ratio

    def takes(self, point: Point) -> bool:
        """Whether a point is compressed as much as is asked."""
        row = point.row
        few = row["weight_bits"] <= self.weight_bits and row["activation_bits"] <= self.activation_bits
        same = row["network"] == self.network and self.unpruned == (row["prune_ratio"] == 0)
        return same and few and point.ratio(self.ratio_kind) >= self.ratio


@dataclass(frozen=True)
class Reached:
    """What was reached of a target: by points of enough seeds, and by any."""

    target: Target
    headline: Point | None
    best: Point | None

    @property
    def status(self) -> str:
        """`reached`, `reached by fewer seeds`, `missed` or `nothing trained`."""
        if self.best is None:
            return "nothing trained"
        if self.headline is not None and _holds(self.target, self.headline):
            return "reached"
        return "reached by fewer seeds" if _holds(self.target, self.best) else "missed"


def half_of_unpruned(network: str, bits: int) -> float:
    """The ratio of sub-arrays at which half of those of the unpruned network at `bits` are left."""
    plan = planned_workload(
        catalogue.network(network), structure="none", prune_ratio=0.0, weight_bits=bits, activation_bits=bits
    )
    return 2 * subarrays_ratio(network, plan)


_LENET: Final = "lenet5-mnist"
_RESNET: Final = "resnet20-cifar10"
TARGETS: Final = (
    Target(_LENET, "at least", "weights_ratio", 106, 0.985),
    Target(_LENET, "at least", "subarrays_ratio", 46, 0.9917),
    Target(_LENET, "lead", "weights_ratio", 106, 0.99, 4, 4),
    Target(_LENET, "lead", "weights_ratio", 232, 0.985),
    Target(_LENET, "lead", "subarrays_ratio", 61, 0.9917, note="one sub-array per layer"),
    Target(_RESNET, "at least", "weights_ratio", 1, 0.91, 4, 4, unpruned=True),
    Target(_RESNET, "at least", "weights_ratio", 1, 0.895, 2, 2, unpruned=True),
    Target(_RESNET, "at least", "subarrays_ratio", 2, 0.905, 4, 4, note="half of the dense network at 8 bits"),
    Target(_RESNET, "at least", "subarrays_ratio", half_of_unpruned(_RESNET, 4), 0.905, 4, 4,
           note="half of the unpruned network at 4 bits, the stricter reading"),
    Target(_RESNET, "lead", "subarrays_ratio", 4, None, 4, 4, loss_ratio=0.01, note="within 1 point of dense"),
)  # fmt: skip


def points(cache: Path) -> list[Point]:
    """The quantized checkpoints of a cache, gathered over seeds, as far as they tell of what they were made; rehearsals on a subset are left out."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in list_checkpoints(cache).rows:
        if row["weight_bits"] > 8 or "train_images" in row:
            continue
        inputs = dict(read_header(path_of(cache, row["key"])).get("history", {}).get("inputs", {"key": row["key"]}))
        inputs.pop("seed", None)
        full = dict(row) | {"subarrays_ratio": checkpoint_record(row)["subarrays_ratio"]}
        found.setdefault(json.dumps(inputs, sort_keys=True), []).append(full)
    return [_point(json.loads(text), rows) for text, rows in found.items()]


def reached(target: Target, among: Sequence[Point]) -> Reached:
    """The most accurate point that is compressed as asked, of enough seeds and of any."""
    fitting = [point for point in among if point.is_free and target.takes(point)]
    return Reached(target, _best([point for point in fitting if point.is_headline]), _best(fitting))


def beside(result: Published, among: Sequence[Point]) -> Point | None:
    """The point to put beside a published result; None where there is no fair one.

    Of ADMM's points of the same network, levels free, that are compressed at least as much by the same kind of ratio:
    the most accurate of those with the seeds of a headline, else of all. Where none is, the one that is compressed
    most. Beside a network that is only quantized, an unpruned one of the same bits.
    """
    own = [point for point in among if point.is_free and point.row["network"] == result.ours]
    if result.ratio == 1:
        return _best_known([point for point in own if _has_bits(point, result)])
    own = [point for point in own if point.row["prune_ratio"] > 0]
    enough = [point for point in own if point.ratio(result.ratio_kind) >= result.ratio]
    return _best_known(enough) or max(
        own, key=lambda point: (point.ratio(result.ratio_kind), point.accuracy_ratio), default=None
    )


def _has_bits(point: Point, result: Published) -> bool:
    row = point.row
    activation = result.activation_bits in (None, row["activation_bits"])
    return row["prune_ratio"] == 0 and row["weight_bits"] == result.weight_bits and activation


def equal_budgets(among: Sequence[Point]) -> list[tuple[Point, ...]]:
    """Points of several methods under the same budget with the same epochs, ADMM first; one tuple for each budget."""
    found: dict[str, list[Point]] = {}
    for point in among:
        found.setdefault(json.dumps(point.inputs, sort_keys=True), []).append(point)
    several = [group for group in found.values() if len({point.method for point in group}) > 1]
    ordered = [tuple(sorted(group, key=lambda point: (point.method != ADMM, point.method))) for group in several]
    return sorted(ordered, key=lambda group: (group[0].row["network"], -group[0].row["weight_bits"]))


def beside_free(among: Sequence[Point], network: str) -> list[tuple[Point, Point]]:
    """Points of a network whose levels follow a rule, each beside the same run with free levels and the same seeds."""
    pairs = _beside_without(among, network, "levels")
    return sorted(pairs, key=lambda pair: (*_falling_bits(pair[0]), json.dumps(pair[0].levels)))


def beside_plain(among: Sequence[Point], network: str, option: Option) -> list[tuple[Point, Point]]:
    """Points of a network with an option of the recipe, levels free, each beside the same run without it and the same seeds."""
    pairs = _beside_without([point for point in among if not point.levels], network, option)
    return sorted(pairs, key=lambda pair: (pair[0].row["prune_ratio"], *_falling_bits(pair[0])))


def _beside_without(among: Sequence[Point], network: str, name: str) -> list[tuple[Point, Point]]:
    """ADMM's points that have an input, each beside the point that differs by it alone, as far as that has its seeds."""
    own = [point for point in among if point.row["network"] == network and point.method == ADMM]
    known = {json.dumps(point.inputs, sort_keys=True): point for point in own}
    found = []
    for point in own:
        rest = _without(point.inputs, name)
        other = known.get(json.dumps(rest, sort_keys=True))
        if rest == point.inputs or other is None:
            continue
        seeds = {row["seed"] for row in point.rows}
        rows = tuple(row for row in other.rows if row["seed"] in seeds)
        if len(rows) == len(seeds):
            found.append((point, Point(other.inputs, other.method, rows)))
    return found


def _without(inputs: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A run's inputs without one of them; those of its last step are all named, and None where they are not used."""
    if name in inputs.get("last_step", {}):
        return dict(inputs) | {"last_step": inputs["last_step"] | {name: None}}
    return {key: value for key, value in inputs.items() if key != name}


def _falling_bits(point: Point) -> tuple[int, int]:
    return -point.row["weight_bits"], -point.row["activation_bits"]


Level = Mapping[tuple[int, int], Point]
"""Points of one level of pruning by their bits of weights and activations."""


def chains(found: Sequence[Point], network: str) -> list[Level]:
    """The levels of pruning by filters and shapes, the least pruned first, each with one point of each pair of bits.

    It is the most accurate of those with the seeds of a headline, else of all.

    Args:
        found: points.
        network: whose levels.
    """
    levels: dict[str, dict[tuple[int, int], list[Point]]] = {}
    for point in found:
        row = point.row
        if row["network"] != network or not point.is_free or row["structure"] not in _CHAINED:
            continue
        pair = (row["weight_bits"], row["activation_bits"])
        level = levels.setdefault(json.dumps(row.get("budget") or row["prune_ratio"], sort_keys=True), {})
        level.setdefault(pair, []).append(point)
    told = [{pair: one for pair, among in level.items() if (one := _best_known(among))} for level in levels.values()]
    return sorted(told, key=lambda level: min(point.ratio("weights_ratio") for point in level.values()))


def front(among: Sequence[Point], network: str, kind: RatioKind) -> list[Point]:
    """ADMM's points of a network, levels free, that no other beats in accuracy and ratio, least compressed first."""
    own = [point for point in among if point.row["network"] == network and point.is_free]
    own.sort(key=lambda point: (-point.ratio(kind), -point.accuracy_ratio))
    best, found = -1.0, []
    for point in own:
        if point.accuracy_ratio > best:
            best = point.accuracy_ratio
            found.append(point)
    return found[::-1]


def recipes_of(folder: Path) -> dict[str, str]:
    """Key -> name of the recipe file that makes it, as what it asks for or, else, on the way there."""
    runs = [(run, path.name) for path in sorted(folder.glob("*.yaml")) for run in load_runs(path, subarrays_of_area)]
    on_the_way = {run_key(step): name for run, name in runs for step in chain(run)}
    return on_the_way | {run_key(run): name for run, name in runs}


def _point(inputs: dict[str, Any], rows: list[Mapping[str, Any]]) -> Point:
    method = str(inputs.pop("method", ADMM))
    return Point(inputs, method, tuple(sorted(rows, key=lambda row: row["seed"])))


def _best(among: Sequence[Point]) -> Point | None:
    return max(among, key=lambda point: (point.accuracy_ratio, point.row["key"]), default=None)


def _best_known(among: Sequence[Point]) -> Point | None:
    """The most accurate of those with the seeds of a headline, else of all."""
    return _best([point for point in among if point.is_headline]) or _best(among)


def _holds(target: Target, point: Point) -> bool:
    return point.accuracy_ratio >= target.wanted_ratio(point) - 1e-9
