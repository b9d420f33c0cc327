"""Structures by name, and their combination over the layers of a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil, sqrt
from typing import Literal, get_args

from torch import Tensor

from sotexplore.compression.projections.blocks import WEIGHT, Block, channel_block, filter_block, masked, row_block
from sotexplore.compression.projections.fragments import project_polarised
from sotexplore.compression.projections.groups import MatrixProjection, block_mask, gains, within_mask
from sotexplore.compression.projections.pair import filter_and_row_masks
from sotexplore.errors import InputError

GroupStructure = Literal[
    "irregular",
    "filter",
    "channel",
    "shape",
    "filter+shape",
    "tile",
    "tile-rows",
    "tile-columns",
    "column-proportional",
]
_IN_TILES = ("tile", "tile-rows", "tile-columns", "column-proportional")


@dataclass(frozen=True)
class LayerSetting:
    """How one layer is pruned."""

    structure: GroupStructure
    keep_ratio: float
    """Share of the layer's groups that stay (of a tile's, for structures inside tiles), 0 < ratio <= 1, rounded up.

    Of `filter+shape` the share of weights: of filters and of rows its root stays each.
    """
    kernel: int = 1
    """Kernel of the layer, for `channel`."""
    tile: Block | None = None
    """Weights that one sub-array holds, for the structures of tiles."""
    fragment_rows: int | None = None
    """Inputs of a fragment whose weights share one sign; None leaves signs free."""

    def __post_init__(self) -> None:
        if self.structure not in get_args(GroupStructure):
            raise InputError(
                "structure", "unknown structure", got=self.structure, allowed=", ".join(get_args(GroupStructure))
            )
        if not 0 < self.keep_ratio <= 1:
            raise InputError("keep_ratio", "out of range", got=self.keep_ratio, allowed="0 < ratio <= 1")
        if self.structure in _IN_TILES and self.tile is None:
            raise InputError("tile", "is missing", got=None, allowed=f"a block, for structure {self.structure}")


def structure_mask(matrix: Tensor, setting: LayerSetting) -> Tensor:
    """Weights that stay, boolean (n_filters, n_rows): one decision for projecting, zeroing and retraining.

    Args:
        matrix: weights (n_filters, n_rows).
        setting: what to keep.
    """
    gain = gains(matrix, _inner(setting))
    if setting.structure in ("tile-rows", "tile-columns", "column-proportional"):
        region, part = _parts(setting)
        parts = (region.n_filters // part.n_filters) * (region.n_rows // part.n_rows)
        return within_mask(gain, region, part, _share(setting.keep_ratio, parts))
    if setting.structure == "filter+shape":
        kept = [_share(sqrt(setting.keep_ratio), count) for count in gain.shape]
        filters, rows = filter_and_row_masks(gain.sqrt(), *kept)
        return filters[:, None] & rows
    block = _block(matrix, setting)
    grid = block.grid(matrix)
    return block_mask(gain, block, _share(setting.keep_ratio, grid[0] * grid[1]))


def project_structure(matrix: Tensor, setting: LayerSetting) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  Z has the structure of `setting`.

    Exact, with two exceptions. Filters and rows together are a local optimum (`filter_and_row_masks`). Fragments that reach
    beyond a group make the choice of signs and of groups depend on each other. There the result is feasible and
    idempotent, not always nearest.
    """
    inner = _inner(setting)
    return masked(matrix if inner is None else inner(matrix), structure_mask(matrix, setting))


def per_layer(
    projections: Mapping[str, MatrixProjection],
) -> Callable[[Mapping[str, Tensor]], dict[str, Tensor]]:
    """One projection of a whole network from one per layer; a layer that none names stays as it is.

    The layers' sets do not depend on each other, so the network's projection is exact where theirs are.

    Args:
        projections: projection of a weight matrix by layer name.

    Returns:
        A projection of weight matrices by layer name, as `admm.init` and `admm.update` take it.

    Raises:
        InputError: (when called) a named layer is not in the network.
    """

    def project(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        unknown = sorted(set(projections) - set(weights))
        if unknown:
            raise InputError("layers", "names no layer", got=", ".join(unknown), allowed=", ".join(weights))
        return {
            name: projections[name](matrix) if name in projections else matrix.clone()
            for name, matrix in weights.items()
        }

    return project


def _share(ratio: float, count: int) -> int:
    return max(1, ceil(ratio * count - 1e-9))


def _inner(setting: LayerSetting) -> MatrixProjection | None:
    return None if setting.fragment_rows is None else partial(project_polarised, n_rows=setting.fragment_rows)


def _block(matrix: Tensor, setting: LayerSetting) -> Block:
    if setting.structure == "tile":
        assert setting.tile is not None
        return setting.tile
    if setting.structure == "channel":
        return channel_block(matrix, setting.kernel)
    return {"irregular": WEIGHT, "filter": filter_block(matrix), "shape": row_block(matrix)}[setting.structure]


def _parts(setting: LayerSetting) -> tuple[Block, Block]:
    """The region in which parts compete, and the part."""
    assert setting.tile is not None
    tile = setting.tile
    if setting.structure == "tile-rows":
        return tile, Block(tile.n_filters, 1)
    if setting.structure == "tile-columns":
        return tile, Block(1, tile.n_rows)
    return Block(1, tile.n_rows), WEIGHT
