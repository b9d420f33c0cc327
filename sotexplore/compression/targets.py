"""What a run prunes to: from its ratio, its budget in sub-arrays and the network's weights, or its layers' own settings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil, isqrt

from sotexplore.budget import KeptCounts, kept_counts
from sotexplore.compression.masks import LayerMask, Weights, choose_inner_masks, choose_masks
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.projections import Block, LayerSetting, block_sums
from sotexplore.compression.reach import budget_hardware, budget_number, is_whole, planned_shares
from sotexplore.compression.run import Budget, Run
from sotexplore.compression.subarray_tiles import weight_energies
from sotexplore.design import Tile
from sotexplore.pruning_shares import DEFAULT_TILE, channel_rows, tile_size
from sotexplore.subarray_budget import allocate, fewest_tiles, share_tiles
from sotexplore.workload import IMAGE, Network


@dataclass(frozen=True)
class Goal:
    """What each layer is pruned to: so many filters and rows, or by the groups of its structure."""

    network: Network
    counts: tuple[KeptCounts, ...]
    settings: Mapping[str, LayerSetting] = field(default_factory=dict)
    """Structures by layer name; where there are any, the counts keep everything."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing goes."""
        return self.counts == whole(self.network) and all(item.keep_ratio == 1 for item in self.settings.values())

    def partway(self, share: float) -> "Goal":
        """The goal on the way from the whole network to this one, each factor to the power `share`, rounded up."""
        settings = {
            name: replace(item, keep_ratio=math.pow(item.keep_ratio, share)) for name, item in self.settings.items()
        }
        return Goal(self.network, partway(self.network, self.counts, share), settings)

    def masks(self, weights: Weights) -> dict[str, LayerMask]:
        """What stays of these weights."""
        if self.settings:
            return choose_inner_masks(self.network, weights, self.settings)
        return choose_masks(self.network, weights, self.counts)


def goal(run: Run, model: CatalogueNetwork) -> Goal:
    """What a run asks for, given the network's present weights.

    Raises:
        InputError: the ratio or the budget is out of reach.
    """
    if run.budget is not None and run.compression.structure == "tile":
        return _tile_goal(run, run.budget, model)
    shares = planned_shares(run)
    if not shares:
        return Goal(model.network, target_counts(run, model))
    network = model.network
    return Goal(network, whole(network), {name: _setting(run, network, name) for name in shares})


def target_counts(run: Run, model: CatalogueNetwork) -> tuple[KeptCounts, ...]:
    """Kept filters and rows per layer that a run asks for.

    A budget is shared out by the energies of the present weights, each layer's in shares of its own.

    Raises:
        InputError: the ratio or the budget is out of reach.
    """
    if run.compression.structure == "mixed":
        return whole(model.network)
    if run.budget is None:
        return kept_counts(model.network, run.compression.structure, run.compression.prune_ratio)
    hardware = budget_hardware(run.budget)
    return allocate(
        model.network, weight_energies(model.weights()), budget_number(run.budget, model.network), hardware=hardware,
        structure=run.compression.structure, weight_bits=run.budget.weight_bits,
        activation_bits=run.budget.activation_bits, floor_ratio=run.budget.floor_ratio, floors=run.budget.floors,
    ).counts  # fmt: skip


def _tile_goal(run: Run, budget: Budget, model: CatalogueNetwork) -> Goal:
    """The tiles of a budget, shared out by the energies of the present weights, each layer's in shares of its own.

    All of them where it has room for the unpruned network.
    """
    network = model.network
    if is_whole(run):
        return Goal(network, whole(network))
    blocks = {name: _block(network, network.index(name), run.tile or DEFAULT_TILE) for name in model.weights()}
    energies = {
        name: block_sums(value.detach().cpu().double() ** 2, blocks[name]).numpy()
        for name, value in model.weights().items()
    }
    floors = dict.fromkeys(energies, budget.floor_ratio) | (budget.floors or {})
    least = fewest_tiles(
        network, weight_bits=budget.weight_bits, activation_bits=budget.activation_bits,
        hardware=budget_hardware(budget), floors=floors,
    )  # fmt: skip
    kept = share_tiles(energies, budget_number(budget, network), least)
    return Goal(
        network,
        whole(network),
        {name: LayerSetting("tile", kept[name] / energies[name].size, tile=block) for name, block in blocks.items()},
    )


def whole(network: Network) -> tuple[KeptCounts, ...]:
    """Counts of the unpruned network."""
    return tuple(KeptCounts(layer.n_filters, layer.n_rows) for layer in network.layers)


def partway(network: Network, target: tuple[KeptCounts, ...], share: float) -> tuple[KeptCounts, ...]:
    """Counts on the way from the whole network to the target, each by the power `share` of its factor, rounded up."""
    return tuple(
        KeptCounts(_between(full.filters, kept.filters, share), _between(full.rows, kept.rows, share))
        for full, kept in zip(whole(network), target, strict=True)
    )


def _setting(run: Run, network: Network, name: str) -> LayerSetting:
    """A layer's structure as the projections take it; nothing is pruned of an image's channels."""
    structure, share = planned_shares(run)[name]
    index = network.index(name)
    layer, tile = network.layers[index], run.tile or DEFAULT_TILE
    if structure == "channel":
        kernel = layer.kernel if layer.source == IMAGE else isqrt(channel_rows(network, layer))
        return LayerSetting("channel", share.keep_ratio, kernel=kernel)
    return LayerSetting(structure, share.keep_ratio, tile=_block(network, index, tile))  # type: ignore[arg-type]


def _block(network: Network, index: int, tile: Tile) -> Block:
    return Block(*tile_size(network.layers[index], tile, network.weight_bits(index, tile.weight_bits)))


def _between(full: int, kept: int, share: float) -> int:
    return ceil(full * math.pow(kept / full, share) - 1e-9)
