"""Writes a layer into its sub-arrays: what each tile reads or sums, faults of its cells included.

Matrices are float32 so that a bit-plane product gives population counts of many rows and pixels at once, exact below
2^24; they stay 0 and 1 except where the resistances of a crossbar's cells are sampled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sotexplore.checkpoint import LayerCheckpoint
from sotexplore.hardware.margin import INPUT_ONES_RATIO
from sotexplore.simulation import cells, placement
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.cells import Bits
from sotexplore.simulation.device import Device, column_weights, one_row_reads, sampled_ohm, two_row_reads
from sotexplore.simulation.faults import Faults
from sotexplore.simulation.placement import Block, Tile
from sotexplore.simulation.tally import Tally
from sotexplore.workload import Layer

Matrix = NDArray[np.float32]
_OFFSETS = 1_000_033
"""Tells the seed of offsets from those of cells."""


@dataclass(frozen=True)
class ProgrammedTile:
    """A tile with its cells; the all-ones row, where it is read, follows the P planes."""

    tile: Tile
    reads: tuple[Matrix | NDArray[np.int8], ...]
    """What a one of the operand adds to each row's count, (P or P + 1, K): one for all of its bits, or one for each."""
    always: tuple[Matrix, ...] | None
    """What each row counts whatever the operand is, (P or P + 1, 1), for each of its bits (two-row reads only)."""
    ideal: Matrix | None
    """The same cells without faults of resistance, where conversions are checked against them."""
    operand_able: Bits | None
    """Operand cells (A, K): 0 where stuck at zero."""
    operand_forced: Bits | None
    """Operand cells (A, K): 1 where stuck at one."""


@dataclass(frozen=True)
class ProgrammedBlock:
    """A block and its tiles, those of a segment one after another."""

    block: Block
    segments: tuple[tuple[ProgrammedTile, ...], ...]


@dataclass(frozen=True)
class ProgrammedLayer:
    """A layer in its sub-arrays."""

    layer: Layer
    saved: LayerCheckpoint
    arrays: Arrays
    faults: Faults
    blocks: tuple[ProgrammedBlock, ...]


def program(
    layer: Layer, saved: LayerCheckpoint, arrays: Arrays, faults: Faults, *, place: int, tally: Tally
) -> ProgrammedLayer:
    """Writes a layer.

    Args:
        layer: its shape.
        saved: its weights.
        arrays: the sub-arrays.
        faults: of the cells.
        place: of the layer in the network, for the seed.
        tally: gets what was written.
    """
    placed = placement.blocks(layer, saved, arrays)
    found = placement.tiles(placed, arrays, saved.input_bits)
    tally.n_subarrays = len({tile.subarray for of_block in found for tile in of_block})
    tally.stored_bits = sum(block.n_planes * block.group_inputs for block in placed)
    tally.load_accesses = sum(_load_accesses(tile, arrays) for of_block in found for tile in of_block)
    site = _Site(layer, saved.input_bits, arrays, faults, place, tally)
    blocks = tuple(
        ProgrammedBlock(block, _by_segment([_program_tile(site, block, tile) for tile in of_block]))
        for block, of_block in zip(placed, found, strict=True)
    )
    return ProgrammedLayer(layer, saved, arrays, faults, blocks)


@dataclass(frozen=True)
class _Site:
    """Everything about the layer that its tiles share."""

    layer: Layer
    input_bits: int
    arrays: Arrays
    faults: Faults
    place: int
    tally: Tally

    @property
    def reads_per_frame(self) -> float:
        """Reads of each weight cell; a crossbar's rows are driven by the ones of the input only."""
        return self.layer.n_pixels * self.input_bits * (INPUT_ONES_RATIO if self.arrays.is_crossbar else 1.0)


def _by_segment(tiles: Sequence[ProgrammedTile]) -> tuple[tuple[ProgrammedTile, ...], ...]:
    starts = dict.fromkeys(item.tile.inputs.start for item in tiles)
    return tuple(tuple(item for item in tiles if item.tile.inputs.start == start) for start in starts)


def _load_accesses(tile: Tile, arrays: Arrays) -> int:
    """Accesses of S bits: and-count rows hold inputs, crossbar rows hold planes."""
    rows, width = (tile.n_inputs, tile.n_planes) if arrays.is_crossbar else (tile.n_planes, tile.n_inputs)
    return rows * len(list(placement.cut(width, arrays.sensed)))


def _program_tile(site: _Site, block: Block, tile: Tile) -> ProgrammedTile:
    arrays, faults = site.arrays, site.faults
    rng = np.random.default_rng([faults.seed, site.place, tile.subarray, tile.first_row, block.first_input])
    written = block.bits[tile.planes, tile.inputs]
    if tile.has_reference:
        written = np.concatenate([written, np.ones((1, tile.n_inputs), np.uint8)])
    held = cells.held_bits(written, faults, reads_per_frame=site.reads_per_frame, rng=rng)
    able, forced = _operand_cells(site, tile, rng)
    plain = held.astype(np.float32)
    always, ideal = None, None
    if faults.device is None:
        reads: tuple[Matrix | NDArray[np.int8], ...] = (plain,)
        ideal = plain if faults.adc_noise_counts else None
    elif arrays.is_crossbar:
        reads, ideal = (_summed(site, tile, held, faults.device, rng),), plain
    elif arrays.is_written:
        reads, always = _two_row(site, tile, held, faults.device, rng)
    else:
        reads = (_one_row(site, tile, held, faults.device, rng),)
    return ProgrammedTile(tile, reads, always, ideal, able, forced)


def _operand_cells(site: _Site, tile: Tile, rng: np.random.Generator) -> tuple[Bits | None, Bits | None]:
    if not site.arrays.is_written or not (site.faults.stuck_at_zero_ratio or site.faults.stuck_at_one_ratio):
        return None, None
    return cells.stuck_cells((site.input_bits, tile.n_inputs), site.faults, rng)


def _summed(site: _Site, tile: Tile, held: Bits, device: Device, rng: np.random.Generator) -> Matrix:
    offset = _offsets(site, tile, len(held), device)[:, None]
    return column_weights(sampled_ohm(held, device, rng), device, offset=offset).astype(np.float32)


def _one_row(site: _Site, tile: Tile, held: Bits, device: Device, rng: np.random.Generator) -> Matrix:
    ohm = sampled_ohm(held, device, rng)
    line, offset = _lines(site, tile, len(held), device), _offsets(site, tile, tile.n_inputs, device)
    read = one_row_reads(ohm, device, line_ohm=line, offset=offset)
    site.tally.check_reads(read, held)
    return read.astype(np.float32)


def _two_row(
    site: _Site, tile: Tile, held: Bits, device: Device, rng: np.random.Generator
) -> tuple[tuple[NDArray[np.int8], ...], tuple[Matrix, ...]]:
    """What every pair of a weight cell and an operand cell reads as, for each bit of the operand."""
    ohm = sampled_ohm(held, device, rng)
    line, offset = _lines(site, tile, len(held), device), _offsets(site, tile, tile.n_inputs, device)
    reads, always = [], []
    for _ in range(site.input_bits):
        found = []
        for bit in (0, 1):
            operand = sampled_ohm(np.full(tile.n_inputs, bit, np.uint8), device, rng)
            read = two_row_reads(ohm, operand, device, line_ohm=line, offset=offset)
            site.tally.check_reads(read, held & np.uint8(bit))
            found.append(read.astype(np.int8))
        reads.append(found[1] - found[0])
        always.append(found[0].sum(axis=1, keepdims=True, dtype=np.float32))
    return tuple(reads), tuple(always)


def _lines(site: _Site, tile: Tile, n_rows: int, device: Device) -> NDArray[np.float64]:
    """Bit-line between each row and the amplifiers [ohm], (n_rows, 1); the all-ones row lies at the far end."""
    rows = tile.first_row + np.arange(1, n_rows + 1, dtype=np.float64)
    if tile.has_reference:
        rows[-1] = site.arrays.subarray_rows
    return np.asarray(device.line_ohm * rows[:, None] / site.arrays.subarray_rows)


def _offsets(site: _Site, tile: Tile, n_columns: int, device: Device) -> NDArray[np.float64]:
    """Offset of each column's amplifier or ADC, the same for all tiles of a sub-array, (n_columns,)."""
    rng = np.random.default_rng([site.faults.seed, site.place, tile.subarray, _OFFSETS])
    drawn = device.offset_ratio * rng.standard_normal(site.arrays.sensed)
    return np.asarray(drawn[np.arange(n_columns) % site.arrays.sensed])
