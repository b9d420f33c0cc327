"""What each layer may keep, in whole sub-arrays, what that costs in sub-arrays and what it loses in weight energy.

A layer's options are pairs of kept filters and kept rows at which a further sub-array would begin: keeping less would lose
energy and free nothing. Filters go by their own energy and that of the rows they feed, as `compression.masks` chooses
them; the rows of a filter that is gone are dead; of the live rows those with most energy in the kept filters stay.

Energy is the share of the layer's own: behind batch-norm the scale of a layer's weights means nothing, so that sums of
squares cannot be compared from layer to layer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sotexplore.budget import KeptCounts
from sotexplore.design import Hardware
from sotexplore.subarray_budget.counting import count_subarrays, inputs_of_subarray, planes_of_subarray
from sotexplore.workload import IMAGE, Layer, LayerWorkload, Network

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class RowOptions:
    """Choices of rows under one choice of the source's filters."""

    rows: IntArray
    """Kept rows, ascending, (n_row_choices,)."""
    subarrays: FloatArray
    """(n_filter_choices, n_row_choices)."""
    lost: FloatArray
    """Share of the layer's energy that goes, same shape."""


@dataclass(frozen=True)
class LayerOptions:
    """All choices of one layer."""

    filters: IntArray
    """Kept filters, ascending, (n_filter_choices,)."""
    of_source: tuple[RowOptions, ...]
    """One per choice of the source's filters (one alone where the source is the image)."""
    readers: tuple[int, ...]
    """Indices of the layers that read this one."""
    source: int | None
    """Index of the layer that feeds this one; None for the image."""


def network_options(
    network: Network,
    dense: Sequence[LayerWorkload],
    energies: Mapping[str, FloatArray],
    hardware: Hardware,
    *,
    prunes: tuple[bool, bool],
    floors: Mapping[str, float],
) -> tuple[LayerOptions, ...]:
    """The choices of every layer, in the network's order.

    Args:
        network: the network.
        dense: its unpruned workload at the bits of the design.
        energies: squared weights (n_filters, n_rows) by layer name.
        hardware: sub-arrays.
        prunes: whether filters and whether rows may go.
        floors: least share of filters and of live rows, by layer name.
    """
    orders = [_filter_order(network, layer, energies) for layer in network.layers]
    names = [layer.name for layer in network.layers]
    found: list[LayerOptions] = []
    for index, layer in enumerate(network.layers):
        readers = tuple(number for number, other in enumerate(network.layers) if other.source == layer.name)
        filters = np.array([layer.n_filters])
        if prunes[0] and network.prunable_filters(index):
            reading = [] if prunes[1] else [network.layers[number] for number in readers]
            filters = _filter_choices(dense[index], reading, hardware, floors[layer.name])
        source = None if layer.source == IMAGE else names.index(layer.source)
        alive = [None] if source is None else [orders[source][:count] for count in found[source].filters]
        energy = _energy_of_choices(energies[layer.name][orders[index]], filters)
        of_source = []
        for channels in alive:
            live = _live(network, layer, energy, channels)
            rows = np.array([live.shape[1]])
            if prunes[1]:
                rows = _boundaries(live.shape[1], inputs_of_subarray(hardware), 1, floors[layer.name])
            lost = _lost(live, rows, float(energies[layer.name].sum()))
            used = count_subarrays(dense[index], filters[:, None].astype(float), rows[None].astype(float), hardware)
            of_source.append(RowOptions(rows, used, lost))
        found.append(LayerOptions(filters, tuple(of_source), readers, source))
    return tuple(found)


def _filter_choices(dense: LayerWorkload, readers: Sequence[Layer], hardware: Hardware, floor_ratio: float) -> IntArray:
    """Counts of filters at which a further sub-array would begin, in the layer or, where they keep all rows, its readers."""
    layer = dense.layer
    choices = [_boundaries(layer.n_filters, planes_of_subarray(dense, hardware), dense.weight_bits, floor_ratio)]
    for reader in (item for item in readers if item.groups == 1):
        width = reader.n_rows // layer.n_filters
        choices.append(_boundaries(layer.n_filters, inputs_of_subarray(hardware), width, floor_ratio))
    return np.unique(np.concatenate(choices))


def _boundaries(count: int, capacity: int, width: int, floor_ratio: float) -> IntArray:
    """The largest counts of things of `width` that 1, 2, ... sub-arrays of `capacity` hold, from the floor up to all."""
    needed = -(-count * width // capacity)
    held = np.minimum(count, np.arange(1, needed + 1) * capacity // width)
    return np.unique(held[held >= max(1, ceil(floor_ratio * count - 1e-9))])


def _filter_order(network: Network, layer: Layer, energies: Mapping[str, FloatArray]) -> IntArray:
    """Filters from the strongest on; ties go to the lower index."""
    energy = energies[layer.name].sum(1)
    for reader in network.layers:
        if reader.source == layer.name and reader.groups == 1:
            energy = energy + energies[reader.name].sum(0).reshape(layer.n_filters, -1).sum(1)
    return np.argsort(-energy, kind="stable")


def _energy_of_choices(energy: FloatArray, filters: IntArray) -> FloatArray:
    """Energy of each row in the first filters of each choice, (n_filter_choices, n_rows)."""
    starts = np.concatenate([[0], filters[:-1]])
    return np.cumsum(np.add.reduceat(energy[: filters[-1]], starts, axis=0), axis=0)


def _live(network: Network, layer: Layer, energy: FloatArray, channels: IntArray | None) -> FloatArray:
    """The rows that kept channels feed."""
    if channels is None or layer.groups > 1:
        return energy
    n_channels = network.layer(layer.source).n_filters
    return energy.reshape(len(energy), n_channels, -1)[:, np.sort(channels)].reshape(len(energy), -1)


def _lost(energy: FloatArray, rows: IntArray, total: float) -> FloatArray:
    """Share of the energy that goes when the strongest rows stay, (n_filter_choices, n_row_choices)."""
    if total == 0:
        return np.zeros((len(energy), len(rows)))
    strongest = np.cumsum(-np.sort(-energy, axis=1), axis=1)
    return np.maximum(0.0, 1 - strongest[:, rows - 1] / total)


def counts_of(options: Sequence[LayerOptions], choice: Sequence[tuple[int, int]]) -> tuple[KeptCounts, ...]:
    """Kept filters and rows of a choice: per layer the indices of its filters and of its rows."""
    return tuple(
        KeptCounts(int(layer.filters[filters]), int(rows_of(options, choice, index).rows[rows]))
        for index, (layer, (filters, rows)) in enumerate(zip(options, choice, strict=True))
    )


def rows_of(options: Sequence[LayerOptions], choice: Sequence[tuple[int, int]], index: int) -> RowOptions:
    """The row options of a layer under the source's chosen filters."""
    layer = options[index]
    return layer.of_source[0 if layer.source is None else choice[layer.source][0]]
