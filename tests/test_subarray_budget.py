"""Budgets in sub-arrays: what is counted is what hardware counts; what is shared out is as good as trying everything."""

from functools import cache
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sotexplore import catalogue
from sotexplore.budget import KeptCounts
from sotexplore.design import Hardware, Structure
from sotexplore.errors import InputError
from sotexplore.hardware import mapping
from sotexplore.hardware.table import HardwareTable
from sotexplore.subarray_budget import (
    Allocation,
    allocate,
    dense_subarrays,
    layer_subarrays,
    share_tiles,
    smallest_subarrays,
    subarrays_of_ratio,
    unpruned_subarrays,
    weights_of_subarray,
)
from sotexplore.workload import IMAGE, Layer, LayerWorkload, Network, Pool, dense_workload, workload_table

Energies = dict[str, NDArray[np.float64]]
CROSSBAR = Hardware(compute_style="crossbar", subarray_rows=128, subarray_cols=128)
STRUCTURES: tuple[Structure, ...] = ("filter", "shape", "filter+shape")
BITS = 3
"""Does not divide the sub-array, so that filters are torn between two."""


def tiny(style: str) -> Hardware:
    """Sub-arrays of a few cells, smaller than a design may ask for, so that all choices can be tried."""
    sizes = (
        {"subarray_rows": 4, "subarray_cols": 8} if style == "crossbar" else {"subarray_rows": 8, "subarray_cols": 4}
    )
    return Hardware(compute_style="crossbar" if style == "crossbar" else "and-count").model_copy(update=sizes)


def chain() -> Network:
    layers = (
        Layer("a", "conv", IMAGE, 5, 5, 1, 2),
        Layer("b", "fc", "a", 10, 4, 1, 1),
        Layer("c", "fc", "b", 4, 3, 1, 1),
    )
    return Network("chain", "none", 3, layers)


def joined() -> Network:
    """A residual add joins a and c, whose filters all stay; b's may go."""
    layers = (
        Layer("a", "conv", IMAGE, 2, 3, 2, 2),
        Layer("b", "conv", "a", 3, 4, 2, 2, kernel=1),
        Layer("c", "conv", "b", 4, 3, 2, 2, residual="a", pool=Pool("average", 2, 2)),
        Layer("d", "fc", "c", 3, 2, 1, 1),
    )
    return Network("joined", "none", 2, layers)


NETWORKS = {"chain": chain(), "joined": joined()}


def energies_of(network: Network, seed: int) -> Energies:
    rng = np.random.default_rng(seed)
    return {
        layer.name: (rng.normal(size=(layer.n_filters, layer.n_rows)) * rng.lognormal(0, 0.7, (layer.n_filters, 1))) ** 2
        for layer in network.layers
    }  # fmt: skip


def share(network: Network, energies: Energies, hardware: Hardware, n_subarrays: int, structure: Structure,
          **other: object) -> Allocation:  # fmt: skip
    return allocate(
        network, energies, n_subarrays, structure=structure, weight_bits=BITS, activation_bits=2, hardware=hardware,
        **other,  # type: ignore[arg-type]
    )  # fmt: skip


def strongest(energy: NDArray[np.float64], count: int) -> list[int]:
    return sorted(sorted(range(len(energy)), key=lambda index: (-energy[index], index))[:count])


def lost_energy(network: Network, energies: Energies, counts: tuple[KeptCounts, ...]) -> float:
    """Lost share of energy, filter by filter and row by row."""
    kept_filters: dict[str, list[int]] = {}
    lost = 0.0
    for layer, kept in zip(network.layers, counts, strict=True):
        own = energies[layer.name]
        fed = sum(
            (energies[reader.name].sum(0).reshape(layer.n_filters, -1).sum(1)
             for reader in network.layers if reader.source == layer.name),
            np.zeros(layer.n_filters),
        )  # fmt: skip
        filters = strongest(own.sum(1) + fed, kept.filters)
        n_channels = layer.in_channels if layer.source == IMAGE else network.layer(layer.source).n_filters
        width = layer.n_rows // n_channels
        channels = range(n_channels) if layer.source == IMAGE else kept_filters[layer.source]
        live = [channel * width + offset for channel in channels for offset in range(width)]
        of_rows = own[filters].sum(0)[live]
        lost += 1 - of_rows[strongest(of_rows, kept.rows)].sum() / own.sum()
        kept_filters[layer.name] = filters
    return float(lost)


def every_choice(network: Network, structure: Structure) -> list[tuple[KeptCounts, ...]]:
    """All counts that a structure allows, whole sub-arrays or not."""
    found: list[tuple[KeptCounts, ...]] = [()]
    for index, layer in enumerate(network.layers):
        longer = []
        for before in found:
            live = layer.n_rows
            if layer.source != IMAGE:
                position = [item.name for item in network.layers].index(layer.source)
                live = live // network.layers[position].n_filters * before[position].filters
            may = structure != "shape" and network.prunable_filters(index)
            filters = range(1, layer.n_filters + 1) if may else [layer.n_filters]
            rows = [live] if structure == "filter" else range(1, live + 1)
            longer += [(*before, KeptCounts(f, r)) for f, r in product(filters, rows)]
        found = longer
    return found


def workload_of(network: Network, counts: tuple[KeptCounts, ...]) -> tuple[LayerWorkload, ...]:
    return tuple(
        LayerWorkload(layer, kept.filters, kept.rows, network.weight_bits(index, BITS), network.input_bits(index, 2))
        for index, (layer, kept) in enumerate(zip(network.layers, counts, strict=True))
    )


def hardware_counts(workloads: list[tuple[LayerWorkload, ...]], hardware: Hardware) -> NDArray[np.int64]:
    """Sub-arrays per layer as the hardware model counts them, (n_workloads, n_layers)."""
    columns = {
        name: np.nan if value is None else np.array([value] * len(workloads))
        for name, value in hardware.model_dump().items()
    }
    return mapping.n_subarrays(workload_table(workloads), HardwareTable.from_columns(columns, len(workloads)))


@cache
def tried(name: str, structure: Structure, style: str, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Sub-arrays and lost energy of every choice."""
    network, energies = NETWORKS[name], energies_of(NETWORKS[name], seed)
    choices = every_choice(network, structure)
    used = hardware_counts([workload_of(network, counts) for counts in choices], tiny(style)).sum(axis=1)
    return used, np.array([lost_energy(network, energies, counts) for counts in choices])


def least_lost(used: NDArray[np.int64], lost: NDArray[np.float64]) -> dict[int, float]:
    """For each budget from the smallest to the dense one, the least energy that has to go."""
    return {int(n): float(lost[used <= n].min()) for n in range(used.min(), used.max() + 1)}


CASES = [
    (name, structure, style)
    for name in NETWORKS for structure in STRUCTURES for style in ("crossbar", "and-count")
]  # fmt: skip


@pytest.mark.parametrize(("name", "structure", "style"), CASES)
def test_against_every_choice(name: str, structure: Structure, style: str) -> None:
    """Within the budget, never better than possible, seldom worse, optimal where a single price reaches the budget."""
    right = total = 0
    for seed in range(4):
        network, energies = NETWORKS[name], energies_of(NETWORKS[name], seed)
        used, lost = tried(name, structure, style, seed)
        best = least_lost(used, lost)
        reached = {n: share(network, energies, tiny(style), n, structure) for n in best}
        for n, allocation in reached.items():
            assert allocation.n_subarrays <= n
            assert allocation.lost_energy == pytest.approx(lost_energy(network, energies, allocation.counts), abs=1e-9)
            assert allocation.lost_energy >= best[n] - 1e-9
            right += allocation.lost_energy <= best[n] + 1e-9
            total += 1
        for n in hull(best):
            assert reached[n].lost_energy == pytest.approx(best[n], abs=1e-9)
        falling = [reached[n].lost_energy for n in sorted(reached)]
        assert all(later <= earlier + 1e-9 for earlier, later in pairwise(falling))
    assert right >= 0.8 * total


def hull(best: dict[int, float]) -> list[int]:
    """Budgets at the corners of the lower convex hull of (sub-arrays, lost energy)."""
    points = list(best.items())
    corners: list[tuple[int, float]] = []
    for point in points:
        while len(corners) > 1 and _turns_up(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(corners)]
    return [corners[0][0]] + [b[0] for b, slope in zip(corners[1:], slopes, strict=True) if slope < -1e-9]


def _turns_up(first: tuple[int, float], middle: tuple[int, float], last: tuple[int, float]) -> bool:
    straight = first[1] + (last[1] - first[1]) * (middle[0] - first[0]) / (last[0] - first[0])
    return middle[1] >= straight - 1e-9


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(list(NETWORKS)), st.sampled_from(STRUCTURES), st.sampled_from(["crossbar", "and-count"]),
    st.integers(0, 10_000), st.tuples(st.floats(0, 1), st.floats(0, 0.8)),
)  # fmt: skip
def test_floors_hold_and_the_smallest_budget_is_taken(
    name: str, structure: Structure, style: str, seed: int, shares: tuple[float, float]
) -> None:
    where, floor_ratio = shares
    network, hardware = NETWORKS[name], tiny(style)
    settings_ = {"structure": structure, "weight_bits": BITS, "activation_bits": 2, "hardware": hardware}
    least = smallest_subarrays(network, **settings_, floor_ratio=floor_ratio)  # type: ignore[arg-type]
    most = sum(layer_subarrays(workload_of(network, _all(network)), hardware))
    n = least + round(where * (most - least))
    allocation = share(network, energies_of(network, seed), hardware, n, structure, floor_ratio=floor_ratio)
    assert allocation.n_subarrays <= n
    for layer, kept in zip(network.layers, allocation.counts, strict=True):
        assert kept.filters >= max(1, floor_ratio * layer.n_filters - 1e-9)
        assert kept.rows >= 1
    with pytest.raises(InputError, match=rf"compression\.n_subarrays: .*allowed {least} or more"):
        share(network, energies_of(network, seed), hardware, least - 1, structure, floor_ratio=floor_ratio)


def _all(network: Network) -> tuple[KeptCounts, ...]:
    return tuple(KeptCounts(layer.n_filters, layer.n_rows) for layer in network.layers)


@pytest.mark.parametrize("style", ["crossbar", "and-count"])
@pytest.mark.parametrize("operand", ["streamed", "written"])
@pytest.mark.parametrize("name", ["lenet5-mnist", "resnet20-cifar10", "vgg8-cifar10"])
def test_counts_are_those_of_the_hardware_model(style: str, operand: str, name: str) -> None:
    network = catalogue.network(name)
    hardware = Hardware.model_validate(
        {"compute_style": style, "operand": operand, "subarray_rows": 128, "subarray_cols": 256}
    )
    for bits in (8, 3):
        dense = dense_workload(network, weight_bits=bits, activation_bits=4)
        assert layer_subarrays(dense, hardware) == tuple(hardware_counts([dense], hardware)[0].tolist())


def test_grouped_layers_are_counted_as_the_hardware_model_does() -> None:
    layer = Layer("depthwise", "conv", IMAGE, 32, 32, 8, 8, kernel=3, padding=1, groups=32)
    for hardware in (CROSSBAR, Hardware(subarray_rows=64, subarray_cols=64)):
        item = LayerWorkload(layer, 32, 9, 4, 8)
        assert layer_subarrays([item], hardware)[0] == hardware_counts([(item,)], hardware)[0, 0]


def test_lenet5_on_128_crossbars() -> None:
    """Golden: 246 sub-arrays dense at 8 bits; one per layer is 61.5 times fewer; 46 times fewer is 5."""
    network = catalogue.network("lenet5-mnist")
    assert dense_subarrays(network, CROSSBAR) == 246
    settings_ = {"structure": "filter+shape", "activation_bits": 8, "hardware": CROSSBAR}
    assert smallest_subarrays(network, weight_bits=8, **settings_) == 4  # type: ignore[arg-type]
    assert subarrays_of_ratio(network, CROSSBAR, 61) == 4
    assert subarrays_of_ratio(network, CROSSBAR, 46) == 5
    one_each = allocate(network, energies_of(network, 0), 4, weight_bits=8, **settings_)  # type: ignore[arg-type]
    assert one_each.subarrays == (1, 1, 1, 1)
    assert one_each.counts == (KeptCounts(16, 25), KeptCounts(16, 128), KeptCounts(16, 128), KeptCounts(10, 16))


@pytest.mark.parametrize("structure", STRUCTURES)
def test_half_of_resnet20(structure: Structure) -> None:
    """Joined filters stay, the counts use whole sub-arrays, and hardware finds no more than were asked for."""
    network = catalogue.network("resnet20-cifar10")
    half = subarrays_of_ratio(network, CROSSBAR, 2)
    assert (dense_subarrays(network, CROSSBAR), half) == (166, 83)
    allocation = allocate(
        network, energies_of(network, 1), half, structure=structure, weight_bits=8, activation_bits=8, hardware=CROSSBAR
    )
    workload = tuple(
        LayerWorkload(layer, kept.filters, kept.rows, 8, 8)
        for layer, kept in zip(network.layers, allocation.counts, strict=True)
    )
    assert 0.9 * half <= allocation.n_subarrays <= half
    assert tuple(hardware_counts([workload], CROSSBAR)[0].tolist()) == allocation.subarrays
    for index, (layer, kept) in enumerate(zip(network.layers, allocation.counts, strict=True)):
        if not network.prunable_filters(index):
            assert kept.filters == layer.n_filters


def test_smallest_budgets_of_resnet20() -> None:
    """Regression: joined filters bound it; 22 layers of one sub-array each are not reached at 8 or 4 bits."""
    network = catalogue.network("resnet20-cifar10")
    least = {
        bits: smallest_subarrays(
            network, structure="filter+shape", weight_bits=bits, activation_bits=bits, hardware=CROSSBAR
        )
        for bits in (8, 4, 2)
    }
    assert least == {8: 38, 4: 26, 2: 22}


def test_a_budget_beyond_the_dense_network_keeps_everything() -> None:
    network = catalogue.network("lenet5-mnist")
    allocation = share(network, energies_of(network, 2), CROSSBAR, 10_000, "filter+shape")
    assert allocation.counts == _all(network)
    assert allocation.lost_energy == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", ["lenet5-mnist", "resnet20-cifar10"])
def test_from_the_unpruned_networks_own_number_on_nothing_goes(name: str) -> None:
    network, bits = catalogue.network(name), {"weight_bits": 4, "activation_bits": 4}
    least = unpruned_subarrays(network, hardware=CROSSBAR, **bits)
    asked = {"structure": "filter+shape", "hardware": CROSSBAR, **bits}
    energies = energies_of(network, 2)
    assert allocate(network, energies, least, **asked).counts == _all(network)
    assert allocate(network, energies, least - 1, **asked).counts != _all(network)


def test_floors_steer_it() -> None:
    network = catalogue.network("lenet5-mnist")
    energies = energies_of(network, 3)
    plain = share(network, energies, CROSSBAR, 30, "filter+shape")
    floored = share(network, energies, CROSSBAR, 30, "filter+shape", floors={"fc1": 0.5})
    assert plain.counts[2].rows < 0.5 * 16 * plain.counts[1].filters, "without a floor it would keep less"
    assert floored.counts[2].filters >= 250
    assert floored.counts[2].rows >= 0.5 * 16 * floored.counts[1].filters


def test_what_one_subarray_holds() -> None:
    layer = Layer("a", "fc", IMAGE, 8, 4, 1, 1)
    item = LayerWorkload(layer, 4, 8, 3, 8)
    assert weights_of_subarray(item, CROSSBAR) == (42, 128)
    and_count = {"compute_style": "and-count", "subarray_rows": 256, "subarray_cols": 512}
    assert weights_of_subarray(item, Hardware.model_validate(and_count)) == (85, 512)
    assert weights_of_subarray(item, Hardware.model_validate(and_count | {"operand": "written"})) == (82, 512)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"structure": "none"}, "compression.structure"),
        ({"floor_ratio": 1.5}, "floors.conv1"),
        ({"floors": {"conv9": 0.1}}, "floors"),
        ({"floors": {"fc1": float("nan")}}, "floors.fc1"),
        ({"energies": {}}, "energies.conv1"),
        ({"energies": "negative"}, "energies.conv1"),
        ({"n_subarrays": 0}, "compression.n_subarrays"),
    ],
)
def test_bad_input_is_named(change: dict[str, object], field: str) -> None:
    network = catalogue.network("lenet5-mnist")
    energies = energies_of(network, 0)
    if change.get("energies") == "negative":
        change = {"energies": energies | {"conv1": -energies["conv1"]}}
    given_ = {"energies": energies, "n_subarrays": 50, "structure": "filter+shape"} | change
    with pytest.raises(InputError) as caught:
        allocate(network, weight_bits=4, activation_bits=4, hardware=CROSSBAR, **given_)  # type: ignore[arg-type]
    assert caught.value.field == field
    with pytest.raises(InputError, match=r"compression\.subarrays_ratio"):
        subarrays_of_ratio(network, CROSSBAR, 0.0)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 0.8))
def test_tiles_are_shared_out_as_well_as_by_every_choice(seed: int, where: float, floor_ratio: float) -> None:
    draw = np.random.default_rng(seed)
    energies = {name: draw.random((2, columns)) for name, columns in (("a", 1), ("b", 2), ("c", 1))}
    least = {name: max(1, int(np.ceil(floor_ratio * values.size - 1e-9))) for name, values in energies.items()}
    n = sum(least.values()) + round(where * (8 - sum(least.values())))
    kept = share_tiles(energies, n, least)
    assert sum(kept.values()) == n and all(kept[name] >= least[name] for name in kept)

    def energy(counts: dict[str, int]) -> float:
        return sum(
            np.sort(energies[name], axis=None)[::-1][:count].sum() / energies[name].sum()
            for name, count in counts.items()
        )

    choices = product(*(range(least[name], values.size + 1) for name, values in energies.items()))
    best = max(energy(dict(zip(energies, choice, strict=True))) for choice in choices if sum(choice) == n)
    assert energy(kept) == pytest.approx(best)
    with pytest.raises(InputError, match=r"^compression\.n_subarrays: is less"):
        share_tiles(energies, sum(least.values()) - 1, least)


def test_a_budget_of_tiles_needs_one_of_each_layer_or_its_floor() -> None:
    network = catalogue.network("resnet20-cifar10")
    asked = {"structure": "tile", "weight_bits": 4, "activation_bits": 4, "hardware": CROSSBAR}
    assert smallest_subarrays(network, **asked) == len(network.layers)  # type: ignore[arg-type]
    whole = smallest_subarrays(network, **asked, floor_ratio=1.0)  # type: ignore[arg-type]
    assert whole == unpruned_subarrays(network, weight_bits=4, activation_bits=4, hardware=CROSSBAR)
    odd = asked | {"weight_bits": 6}
    kept = smallest_subarrays(network, **odd, floor_ratio=1.0)  # type: ignore[arg-type]
    assert kept == unpruned_subarrays(network, weight_bits=6, activation_bits=4, hardware=CROSSBAR) == 137
    most = smallest_subarrays(network, **odd, floors={"layer3.3.conv2": 1.0})  # type: ignore[arg-type]
    assert most == len(network.layers) - 1 + 20, (
        "4 x 5 tiles of 21 filters, where a filter in two sub-arrays would need 15"
    )
    more = smallest_subarrays(network, **asked, floors={"layer3.3.conv2": 1.0})  # type: ignore[arg-type]
    assert more == len(network.layers) - 1 + 10
