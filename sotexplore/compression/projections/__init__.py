"""Projections on pruning constraints: pure functions, each the solution of the problem in its docstring."""

from sotexplore.compression.projections.allowed import fit_one_sign, fit_planes, positive_weights
from sotexplore.compression.projections.blocks import (
    WEIGHT,
    Block,
    block_sums,
    channel_block,
    filter_block,
    masked,
    row_block,
)
from sotexplore.compression.projections.fragments import fragment_signs, mixed_fragments, project_polarised
from sotexplore.compression.projections.groups import (
    MatrixProjection,
    block_mask,
    gains,
    project_blocks,
    project_channels,
    project_column_proportional,
    project_columns_in_tiles,
    project_filters,
    project_rows,
    project_rows_in_tiles,
    project_tiles,
    project_weights,
    project_within,
    within_mask,
)
from sotexplore.compression.projections.levels import fit_blocks_and_levels, on_levels, project_blocks_and_levels
from sotexplore.compression.projections.pair import filter_and_row_masks, project_filters_and_rows
from sotexplore.compression.projections.planes import overfull_filters, plane_sets, plane_values, project_planes
from sotexplore.compression.projections.selection import keep_top
from sotexplore.compression.projections.structures import LayerSetting, per_layer, project_structure, structure_mask

__all__ = [
    "WEIGHT",
    "Block",
    "LayerSetting",
    "MatrixProjection",
    "block_mask",
    "block_sums",
    "channel_block",
    "filter_and_row_masks",
    "filter_block",
    "fit_blocks_and_levels",
    "fit_one_sign",
    "fit_planes",
    "fragment_signs",
    "gains",
    "keep_top",
    "masked",
    "mixed_fragments",
    "on_levels",
    "overfull_filters",
    "per_layer",
    "plane_sets",
    "plane_values",
    "positive_weights",
    "project_blocks",
    "project_blocks_and_levels",
    "project_channels",
    "project_column_proportional",
    "project_columns_in_tiles",
    "project_filters",
    "project_filters_and_rows",
    "project_planes",
    "project_polarised",
    "project_rows",
    "project_rows_in_tiles",
    "project_structure",
    "project_tiles",
    "project_weights",
    "project_within",
    "row_block",
    "structure_mask",
    "within_mask",
]
