"""How layers lie on sub-arrays, and what one output pixel costs in integer counts.

A layer is a matrix of N filters with K inputs, B-bit weights, A-bit activations; a sub-array has R rows and C columns,
one sense amplifier or ADC for m columns (S = C / m of them). Arrays here have shape (n_layers, n_designs) and hold
integers as float64 (exact below 2^53); hardware columns have shape (n_designs,).

Signs: weights are two's complement unless said otherwise (`counts.CODINGS`), B bit-planes or columns per filter, the sign
plane subtracted by the accumulator at no cost in cells. A 1-bit weight is coded +-1 = 2 b - 1 and needs the plain sum of
the activations, as every weight in offset coding does. In and-count one
more row operation per segment, group and activation bit-plane takes it from an all-ones row, a reference row that each
sub-array has beside its R rows; a crossbar's bus adds the operand bits up on their way in.

`and-count`: the K inputs lie along the columns of a row, in ceil(K / C) segments; the N B bit-planes of a segment lie
along the rows of sub-arrays that hold that segment only, filled one after another. One array operation reads one row
of S columns and counts the ones of its AND with an operand bit-plane.
`crossbar`: the K inputs lie along the rows, the N B bit columns along the columns; a layer takes whole arrays:
ceil(K / R) ceil(N B / C). One array operation drives up to `active_rows` rows with one input bit-plane.

Groups: several share a sub-array when they fit whole; those of a crossbar lie block-diagonally.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from sotexplore.hardware.constants import FloatArray, Quantity
from sotexplore.hardware.counts import (
    DIFFERENTIAL,
    TWOS_COMPLEMENT,
    Coding,
    Counts,
    Demand,
    Geometry,
    check_coding,
    demand,
)
from sotexplore.hardware.table import CROSSBAR, WRITTEN, HardwareTable
from sotexplore.tiling import (
    and_count_tiles,
    ceil_div,
    crossbar_tiles,
    groups_of_and_count,
    groups_of_crossbar,
    weight_rows,
)
from sotexplore.workload import WorkloadTable


def n_subarrays(
    workload: WorkloadTable, hardware: HardwareTable, *, coding: Coding = TWOS_COMPLEMENT
) -> NDArray[np.int64]:
    """Sub-arrays of one copy of each layer, shape (n_designs, n_layers).

    Crossbar: ceil(K / R) ceil(N B / C). And-count: ceil(K / C) ceil(N B / R'), R' = R less A operand rows where
    operands are written. Two's complement, B cells per weight: dense LeNet-5 at 8 bits on 128 x 128 crossbars:
    2 + 16 + 224 + 4 = 246. Crossbars that would hold no weight of a layer pruned by tiles of their size are left out.

    Raises:
        InputError: a written operand leaves no row for weights.
    """
    check_coding(coding)
    need = demand(workload, coding=coding)
    rows, cols = (np.asarray(item, dtype=np.float64) for item in (hardware.subarray_rows, hardware.subarray_cols))
    crossbar = hardware.compute_style == CROSSBAR
    result = np.empty(need.filters.shape)
    part = need.take(crossbar)
    tiles = crossbar_tiles(part.rows, part.planes_of_group, need.groups, rows[crossbar], cols[crossbar])
    result[:, crossbar] = held_tiles(part, tiles, rows[crossbar], cols[crossbar])
    part = need.take(~crossbar)
    written = (hardware.operand[~crossbar] == WRITTEN).astype(np.float64)
    free = weight_rows(part.input_bits, rows[~crossbar], written)
    result[:, ~crossbar] = and_count_tiles(part.rows, part.planes_of_group, need.groups, free, cols[~crossbar])
    return result.T.astype(np.int64)


@dataclass(frozen=True)
class _Placement:
    """Bit-planes of one segment on sub-arrays of and-count."""

    tiles: FloatArray
    tiles_of_group: FloatArray
    groups_in_tile: FloatArray
    rows_of_fullest: FloatArray


def _placement(need: Demand, free: FloatArray) -> _Placement:
    """Fills sub-arrays one after another; a group that fits into one is not torn apart."""
    planes = need.planes_of_group
    torn = ceil_div(planes, free)
    if not need.is_grouped:
        return _Placement(torn, torn, np.ones_like(planes), np.minimum(planes, free))
    together = groups_of_and_count(planes, need.groups, free)
    tiles = torn * ceil_div(need.groups, together)
    return _Placement(tiles, torn, together, np.minimum(planes * together, free))


def _torn_filters(tiles: FloatArray, planes: FloatArray, free: FloatArray) -> FloatArray:
    """Filters of a group whose bit-planes lie in two sub-arrays: each needs one more partial sum.

    Sub-array k ends with row k R' (k < T); it tears a filter of P planes unless P divides k R', which happens at every
    P / gcd(R', P)-th end.
    """
    whole = planes / np.gcd(free.astype(np.int64), planes.astype(np.int64))
    ends = tiles - 1
    return np.asarray(ends - np.floor(ends / whole))


def and_count(need: Demand, geometry: Geometry, *, group: Quantity) -> Counts:
    """Counts of the and-count style.

    Per pixel P A ceil(K / S) array operations, P = N B bit-planes (and one for the all-ones row at 1 bit);
    min(P, R') A ceil(min(K, C) / S) one after another.

    Args:
        need: layers.
        geometry: sub-arrays.
        group: sense amplifiers that are enabled together.
    """
    cols, sensed, on = geometry.cols, geometry.sensed, geometry.written
    bits, inputs, groups = need.input_bits, need.rows, need.groups
    free = weight_rows(bits, geometry.rows, on)
    ones = need.needs_sum
    planes = need.planes_of_group * groups
    place = _placement(need, free)
    segments = ceil_div(inputs, cols)
    sums = (need.filters + groups * _torn_filters(place.tiles_of_group, need.planes_of_filter, free)) * segments
    steps = ceil_div(inputs, sensed)
    last = inputs - (steps - 1) * sensed
    sensed_of_plane = (steps - 1) * sensed + np.minimum(sensed, ceil_div(last, group) * group)
    plane_pairs = (planes + ones * groups) * bits
    operations = plane_pairs * steps
    operand = groups * inputs * bits
    in_segment = np.minimum(inputs, cols)
    steps_in_segment = ceil_div(in_segment, sensed)
    write_planes = on * bits * groups * place.tiles_of_group
    return Counts(
        n_subarrays=segments * place.tiles,
        segments=segments,
        filter_tiles=place.tiles_of_group,
        stored_bits=need.filters * inputs * need.planes_of_filter,
        array_operations=operations,
        cycles=(place.rows_of_fullest + ones * place.groups_in_tile) * bits * steps_in_segment,
        conversion_steps=0.0,
        sensed_bits=plane_pairs * sensed_of_plane,
        driven_rows=0.0,
        cell_reads=plane_pairs * sensed_of_plane,
        accumulations=operations,
        scratch_accesses=sums * bits,
        merges=sums,
        summed_bits=0.0,
        operand_bits=operand,
        segment_bits=place.groups_in_tile * in_segment * bits,
        latched_bits=operand * place.tiles_of_group * (1 - on),
        operand_steps=on * bits * place.groups_in_tile * steps_in_segment,
        operand_write_accesses=write_planes * steps,
        operand_written_bits=write_planes * inputs,
        operand_rewrites=on * place.groups_in_tile,
        load_accesses=planes * steps,
    )


def crossbar(need: Demand, geometry: Geometry) -> Counts:
    """Counts of the crossbar style.

    Per pixel and input bit-plane each of the ceil(K / R) row tiles is driven in ceil(rows / active_rows) steps, and
    every used column is converted after each; A ceil(min(K, R) / active_rows) steps follow one another, each with
    ceil(columns / S) conversions per ADC.
    """
    if not need.is_grouped:
        return _without_freed_tiles(need, geometry, _block(need, geometry, need.rows, need.planes_of_group))
    fit = groups_of_crossbar(need.rows, need.planes_of_group, need.groups, geometry.rows, geometry.cols)
    blocks = ceil_div(need.groups, fit)
    last = need.groups - (blocks - 1) * fit
    full, rest = (_block(need, geometry, need.rows * groups, need.planes_of_group * groups) for groups in (fit, last))
    return Counts(**{item.name: _merged(item.name, blocks, full, rest) for item in fields(Counts)})


def held_tiles(need: Demand, tiles: FloatArray, rows: FloatArray, cols: FloatArray) -> FloatArray:
    """Crossbars of each layer where those that would hold no weight are left out.

    Args:
        need: layers.
        tiles: crossbars of the whole kept matrices.
        rows: of a crossbar, (n_designs,).
        cols: of a crossbar.
    """
    if need.held is None or need.coding == DIFFERENTIAL:
        return tiles
    return np.asarray(np.where(need.held.lines_up(rows, cols), np.minimum(need.held.tiles, tiles), tiles))


def _without_freed_tiles(need: Demand, geometry: Geometry, full: Counts) -> Counts:
    """Counts with fewer crossbars, and fewer bits in them; what happens per pixel stays that of the whole matrix, an upper bound."""
    if need.held is None:
        return full
    tiles = held_tiles(need, full.n_subarrays, geometry.rows, geometry.cols)
    left = need.held.weights * need.planes_of_filter
    fewer = tiles < full.n_subarrays
    return replace(full, n_subarrays=tiles, stored_bits=np.asarray(np.where(fewer, left, full.stored_bits)))


def _merged(name: str, blocks: FloatArray, full: Counts, rest: Counts) -> FloatArray:
    """Block-diagonal blocks work side by side: counts add up, what follows one another does not."""
    of_full, of_rest = getattr(full, name), getattr(rest, name)
    if name == "stored_bits":
        return np.asarray(of_full)
    if name in ("cycles", "conversion_steps", "segments", "filter_tiles", "segment_bits"):
        return np.asarray(np.where(blocks > 1, of_full, of_rest))
    return np.asarray((blocks - 1) * of_full + of_rest)


def _block(need: Demand, geometry: Geometry, inputs: FloatArray, columns: FloatArray) -> Counts:
    """Counts of a matrix of `inputs` x `columns` cells."""
    rows, cols, active_rows = geometry.rows, geometry.cols, geometry.active_rows
    bits = need.input_bits
    segments, tiles = ceil_div(inputs, rows), ceil_div(columns, cols)
    before_last = (segments - 1) * rows
    drives = (segments - 1) * ceil_div(rows, active_rows) + ceil_div(inputs - before_last, active_rows)
    in_segment = np.minimum(inputs, rows)
    plane_drives = bits * drives
    conversions = plane_drives * columns
    operand = inputs * bits
    return Counts(
        n_subarrays=segments * tiles,
        segments=segments,
        filter_tiles=tiles,
        stored_bits=need.filters * need.rows * need.planes_of_filter,
        array_operations=plane_drives * tiles,
        cycles=bits * ceil_div(in_segment, active_rows),
        conversion_steps=ceil_div(np.minimum(columns, cols), geometry.sensed),
        sensed_bits=conversions,
        driven_rows=operand * tiles,
        cell_reads=operand * columns,
        accumulations=conversions,
        scratch_accesses=conversions,
        merges=columns * segments,
        summed_bits=operand * need.needs_sum,
        operand_bits=operand,
        segment_bits=in_segment * bits,
        latched_bits=operand * tiles,
        operand_steps=0.0,
        operand_write_accesses=0.0,
        operand_written_bits=0.0,
        operand_rewrites=0.0,
        load_accesses=inputs * ceil_div(columns, geometry.sensed),
    )
