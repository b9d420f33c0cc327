"""The allocation of a number of sub-arrays over the layers of a network, by energy lost per sub-array freed.

One price for all: each layer gives up sub-arrays as long as each one freed loses less energy than the price. For every
price this minimises (lost energy + price x sub-arrays) exactly, filters of a layer and the rows they feed together, by
dynamic programming along the sources; no allocation of as few sub-arrays loses less. The price is the lowest whose
allocation fits; what is then left of the budget goes to single layers chosen anew, best gain per sub-array first. A larger budget
never loses more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from sotexplore.budget import KeptCounts
from sotexplore.design import Hardware, Structure
from sotexplore.errors import InputError
from sotexplore.subarray_budget.counting import dense_subarrays, layer_subarrays
from sotexplore.subarray_budget.options import LayerOptions, counts_of, network_options, rows_of
from sotexplore.subarray_budget.tiles import fewest_tiles
from sotexplore.workload import LayerWorkload, Network

_BISECTIONS = 60
_LEAST_GAIN = 1e-12
_PRUNES: dict[str, tuple[bool, bool]] = {"filter": (True, False), "shape": (False, True), "filter+shape": (True, True)}
STRUCTURES = (*_PRUNES, "tile")
"""Structures that a budget can be shared out for."""
Choice = list[tuple[int, int]]


@dataclass(frozen=True)
class Allocation:
    """What each layer keeps, in the network's order."""

    counts: tuple[KeptCounts, ...]
    subarrays: tuple[int, ...]
    lost_energy: float
    """Sum over layers of the share of energy that goes."""

    @property
    def n_subarrays(self) -> int:
        """Sub-arrays of all layers."""
        return sum(self.subarrays)


def subarrays_of_ratio(network: Network, hardware: Hardware, subarrays_ratio: float) -> int:
    """The budget that is `subarrays_ratio` times smaller than the dense 8-bit network, rounded down.

    Raises:
        InputError: the ratio is not positive and finite.
    """
    if not 0 < subarrays_ratio < np.inf:
        raise InputError("compression.subarrays_ratio", "out of range", got=subarrays_ratio, allowed="ratio > 0")
    return floor(dense_subarrays(network, hardware) / subarrays_ratio + 1e-9)


def allocate(
    network: Network,
    energies: Mapping[str, NDArray[np.floating]],
    n_subarrays: int,
    *,
    structure: Structure,
    weight_bits: int,
    activation_bits: int,
    hardware: Hardware,
    floor_ratio: float = 0.0,
    floors: Mapping[str, float] | None = None,
) -> Allocation:
    """Kept filters and rows per layer that lose least energy within a number of sub-arrays.

    Args:
        network: the network.
        energies: squared weights (n_filters, n_rows) by layer name, or these times the mean square of their inputs.
        n_subarrays: sub-arrays that all layers together may take, one copy of each, none shared.
        structure: `filter`, `shape` (rows) or `filter+shape`; for `tile` see `share_tiles`.
        weight_bits: bits of every weight but those the network fixes at its edges.
        activation_bits: bits of every activation but the image's pixels.
        hardware: sub-arrays: rows, columns, compute style, operand.
        floor_ratio: least share of each layer's filters and of its live rows that stays, 0..1.
        floors: the same for single layers, by name.

    Returns:
        The allocation; `counts` are what `compression.masks.choose_masks` takes.

    Raises:
        InputError: the budget is smaller than the floors take, or an argument is out of range.
    """
    dense = _dense(network, weight_bits, activation_bits)
    options = _options(
        network, dense, energies, hardware, structure=structure,
        floors=_floor_of_each(network, floor_ratio, floors),
    )  # fmt: skip
    prices = sum(float(item.lost.max()) for layer in options for item in layer.of_source) + 1.0
    smallest = _solve(options, prices)
    if n_subarrays < _used(options, smallest):
        raise InputError(
            "compression.n_subarrays", "is less than the layers' floors take", got=n_subarrays,
            allowed=f"{_used(options, smallest)} or more",
        )  # fmt: skip
    if n_subarrays >= sum(layer_subarrays(dense, hardware)):
        choice = _everything(options)
    else:
        choice = _filled(options, _cheapest(options, n_subarrays, prices), n_subarrays)
    return _allocation(options, choice)


def smallest_subarrays(
    network: Network,
    *,
    structure: Structure,
    weight_bits: int,
    activation_bits: int,
    hardware: Hardware,
    floor_ratio: float = 0.0,
    floors: Mapping[str, float] | None = None,
) -> int:
    """The smallest budget that `allocate` takes, or for `tile` `share_tiles` or the unpruned network; arguments and errors as there."""
    if structure == "tile":
        shares = _floor_of_each(network, floor_ratio, floors)
        bits = {"weight_bits": weight_bits, "activation_bits": activation_bits}
        tiles = sum(fewest_tiles(network, **bits, hardware=hardware, floors=shares).values())
        return min(tiles, unpruned_subarrays(network, **bits, hardware=hardware))
    flat = {layer.name: np.zeros((layer.n_filters, layer.n_rows)) for layer in network.layers}
    dense = _dense(network, weight_bits, activation_bits)
    options = _options(
        network, dense, flat, hardware, structure=structure,
        floors=_floor_of_each(network, floor_ratio, floors),
    )  # fmt: skip
    return _used(options, _solve(options, 1.0))


def unpruned_subarrays(network: Network, *, weight_bits: int, activation_bits: int, hardware: Hardware) -> int:
    """The budget from which on nothing is taken away; arguments as for `allocate`."""
    return sum(layer_subarrays(_dense(network, weight_bits, activation_bits), hardware))


def _dense(network: Network, weight_bits: int, activation_bits: int) -> tuple[LayerWorkload, ...]:
    return tuple(
        LayerWorkload(
            layer, layer.n_filters, layer.n_rows,
            network.weight_bits(index, weight_bits), network.input_bits(index, activation_bits),
        )
        for index, layer in enumerate(network.layers)
    )  # fmt: skip


def _options(
    network: Network,
    dense: Sequence[LayerWorkload],
    energies: Mapping[str, NDArray[np.floating]],
    hardware: Hardware,
    *,
    structure: Structure,
    floors: Mapping[str, float],
) -> tuple[LayerOptions, ...]:
    if structure not in _PRUNES:
        raise InputError("compression.structure", "has no budget", got=structure, allowed=", ".join(STRUCTURES))
    checked = {layer.name: _checked(layer.name, energies, (layer.n_filters, layer.n_rows)) for layer in network.layers}
    return network_options(network, dense, checked, hardware, prunes=_PRUNES[structure], floors=floors)


def _floor_of_each(network: Network, default: float, named: Mapping[str, float] | None) -> dict[str, float]:
    """One floor per layer: the named one, else the default."""
    names = [layer.name for layer in network.layers]
    unknown = sorted(set(named or {}) - set(names))
    if unknown:
        raise InputError("floors", "names no layer", got=", ".join(unknown), allowed=", ".join(names))
    values = dict.fromkeys(names, default) | dict(named or {})
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise InputError(f"floors.{name}", "out of range", got=value, allowed="0..1")
    return values


def _checked(name: str, energies: Mapping[str, NDArray[np.floating]], shape: tuple[int, int]) -> NDArray[np.float64]:
    given = energies.get(name)
    if given is None or given.shape != shape:
        got = "nothing" if given is None else given.shape
        raise InputError(f"energies.{name}", "has the wrong shape", got=got, allowed=f"{shape[0]}x{shape[1]}")
    values = np.asarray(given, dtype=np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise InputError(f"energies.{name}", "is no energy", got="negative or not finite", allowed="squares of weights")
    return values


def _solve(options: Sequence[LayerOptions], price: float) -> Choice:
    """The choice of least (lost energy + price x sub-arrays), exact; the smaller one at a tie."""
    below: list[NDArray[np.float64]] = [np.zeros(0)] * len(options)
    decided: list[list[tuple[NDArray[np.int64], int]]] = [[] for _ in options]
    for index in reversed(range(len(options))):
        layer = options[index]
        of_readers = sum((below[reader] for reader in layer.readers), np.zeros(len(layer.filters)))
        costs = []
        for item in layer.of_source:
            cost = item.lost + price * item.subarrays
            rows = cost.argmin(axis=1)
            total = cost[np.arange(len(rows)), rows] + of_readers
            decided[index].append((rows, int(total.argmin())))
            costs.append(float(total.min()))
        below[index] = np.array(costs)
    choice: Choice = []
    for index, layer in enumerate(options):
        rows, filters = decided[index][0 if layer.source is None else choice[layer.source][0]]
        choice.append((filters, int(rows[filters])))
    return choice


def _cheapest(options: Sequence[LayerOptions], n_subarrays: int, prices: float) -> Choice:
    """The choice at the lowest price whose sub-arrays are within the budget."""
    low, high = 0.0, prices
    best = _solve(options, high)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        choice = _solve(options, middle)
        if _used(options, choice) <= n_subarrays:
            best, high = choice, middle
        else:
            low = middle
    return best


def _filled(options: Sequence[LayerOptions], start: Choice, n_subarrays: int) -> Choice:
    """`start` with the rest of the budget given to single layers.

    Greedy filling may do worse with more to give; the best filling of any part of the rest is taken, so that a larger
    budget never loses more.
    """
    best, least, limit = start, _lost(options, start), n_subarrays
    base = _used(options, start)
    while limit > base:
        choice = _fill(options, start, limit)
        lost = _lost(options, choice)
        if lost < least:
            best, least = choice, lost
        limit = min(limit, _used(options, choice)) - 1
    return best


def _fill(options: Sequence[LayerOptions], start: Choice, limit: int) -> Choice:
    """`start` with single layers chosen anew, best gain per sub-array first, while something gains and fits."""
    choice = start
    while True:
        spare = limit - _used(options, choice)
        found = [_best_change(options, choice, index, spare) for index in range(len(options))]
        score, candidate = max(found, key=lambda item: item[0])
        if score <= 0:
            return choice
        choice = candidate


def _best_change(options: Sequence[LayerOptions], choice: Choice, index: int, spare: int) -> tuple[float, Choice]:
    """The change of one layer with the best gain per sub-array that fits: that gain (0: none), the changed choice."""
    item = rows_of(options, choice, index)
    more = item.subarrays - item.subarrays[choice[index]]
    gain = item.lost[choice[index]] - item.lost
    for reader in options[index].readers:
        changed = [_reader_rows(options, choice, reader, filters) for filters in range(len(item.lost))]
        now = changed[choice[index][0]]
        more = more + np.array([[used - now[1]] for _, used, _ in changed])
        gain = gain + np.array([[now[2] - lost] for _, _, lost in changed])
    score = np.where((more <= spare) & (gain > _LEAST_GAIN), gain / np.maximum(more, 0.5), 0.0)
    filters, rows = np.unravel_index(int(score.argmax()), score.shape)
    candidate = list(choice)
    candidate[index] = (int(filters), int(rows))
    for reader in options[index].readers:
        candidate[reader] = (choice[reader][0], _reader_rows(options, choice, reader, int(filters))[0])
    return float(score.max()), candidate


def _reader_rows(
    options: Sequence[LayerOptions], choice: Choice, reader: int, filters: int
) -> tuple[int, float, float]:
    """What a layer keeps when its source keeps choice `filters`: index of its rows (as many steps), sub-arrays, lost."""
    rows = rows_of(options, choice, reader).rows[choice[reader][1]]
    item = options[reader].of_source[filters]
    pair = choice[reader][0], min(int(np.searchsorted(item.rows, rows)), len(item.rows) - 1)
    return pair[1], float(item.subarrays[pair]), float(item.lost[pair])


def _everything(options: Sequence[LayerOptions]) -> Choice:
    return [(len(layer.filters) - 1, len(layer.of_source[-1].rows) - 1) for layer in options]


def _used(options: Sequence[LayerOptions], choice: Choice) -> int:
    return int(sum(rows_of(options, choice, index).subarrays[pair] for index, pair in enumerate(choice)))


def _lost(options: Sequence[LayerOptions], choice: Choice) -> float:
    return float(sum(rows_of(options, choice, index).lost[pair] for index, pair in enumerate(choice)))


def _allocation(options: Sequence[LayerOptions], choice: Choice) -> Allocation:
    used = tuple(int(rows_of(options, choice, index).subarrays[pair]) for index, pair in enumerate(choice))
    return Allocation(counts_of(options, choice), used, _lost(options, choice))
