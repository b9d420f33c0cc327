"""And-count: rows of weight bits meet an operand bit-plane, the ones are counted, shifted and accumulated.

A sub-array keeps one partial sum for each filter that it holds planes of, so a filter whose planes lie in two
sub-arrays has two, which are merged in the bank. The sum of an all-ones row stays in the accumulator's own register.
"""

import numpy as np
from numpy.typing import NDArray

from sotexplore.hardware.constants import nominal
from sotexplore.simulation import cells, senses
from sotexplore.simulation.accumulate import accumulator_type, signed_sums
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.placement import Block, Tile, cut
from sotexplore.simulation.planes import activation_plane
from sotexplore.simulation.program import Matrix, ProgrammedBlock, ProgrammedLayer, ProgrammedTile
from sotexplore.simulation.tally import Tally


def block_sums(
    programmed: ProgrammedLayer, block: ProgrammedBlock, inputs: NDArray[np.uint8], tally: Tally,
    rng: np.random.Generator,
) -> NDArray[np.int64]:  # fmt: skip
    """Sums of a block's filters.

    Args:
        programmed: the layer.
        block: one of its groups.
        inputs: activations of the block (K, n_pixels).
        tally: gets what happened.
        rng: source of faults that come anew.

    Returns:
        Integers (n_filters, n_pixels).
    """
    bits, n_pixels = programmed.saved.input_bits, inputs.shape[1]
    planes = np.zeros((block.block.n_planes, n_pixels), accumulator_type(block.block.n_inputs * (2**bits - 1)))
    ones = np.zeros(n_pixels, np.int64)
    for segment in block.segments:
        part = inputs[segment[0].tile.inputs]
        for bit in range(bits):
            operand = activation_plane(part, bit)
            tally.add("operand_bits", operand.size)
            for tile in segment:
                counts = _counts(programmed, tile, operand, bit, rng)
                _tally_counts(tile.tile, block.block, programmed.arrays, counts, tally)
                if tile.tile.has_reference:
                    ones += counts[-1].astype(np.int64) << bit
                planes[tile.tile.planes] += counts[: tile.tile.n_planes] * np.float32(2**bit)
        for tile in segment:
            tally.add("merges", _n_filters(tile.tile, block.block) * n_pixels)
            if programmed.arrays.is_written:
                tally.add_in("operand_rewrites", tile.tile.subarray, n_pixels)
    return signed_sums(planes, block.block.weights) - ones * block.block.weights.of_sum


def _counts(
    programmed: ProgrammedLayer, tile: ProgrammedTile, operand: Matrix, bit: int, rng: np.random.Generator
) -> Matrix:
    """Population counts of every row of a tile with one operand bit-plane, (n_rows, n_pixels)."""
    faults = programmed.faults
    operand = _loaded(programmed, tile, operand, bit, rng)
    reads = tile.reads[bit if len(tile.reads) > 1 else 0]
    counts: Matrix = reads.astype(np.float32, copy=False) @ operand
    if tile.always is not None:
        counts += tile.always[bit]
    if faults.read_error_ratio == 0:
        return counts
    gates = np.full(counts.shape[1], tile.tile.n_inputs, np.float32)
    readable: Matrix = gates if programmed.arrays.is_written else operand.sum(axis=0)
    return senses.misread(counts, readable, faults.read_error_ratio, rng)


def _loaded(
    programmed: ProgrammedLayer, tile: ProgrammedTile, operand: Matrix, bit: int, rng: np.random.Generator
) -> Matrix:
    """The operand as the tile's latches or operand row hold it."""
    ratio = programmed.faults.operand_write_error_ratio
    if ratio == 0 and tile.operand_able is None:
        return operand
    held = cells.flipped(operand.astype(np.uint8), ratio, rng)
    if tile.operand_able is not None and tile.operand_forced is not None:
        held = cells.stuck(held, tile.operand_able[bit][:, None], tile.operand_forced[bit][:, None])
    return held.astype(np.float32)


def _tally_counts(tile: Tile, block: Block, arrays: Arrays, counts: Matrix, tally: Tally) -> None:
    """One operand bit-plane loaded, and every row read with it, S columns at a time."""
    n_rows, n_pixels = counts.shape
    group = int(nominal()["sense_group_columns"])
    steps = [step.stop - step.start for step in cut(tile.n_inputs, arrays.sensed)]
    activations = n_rows * len(steps) * n_pixels
    sensed = n_rows * sum(min(arrays.sensed, -(-width // group) * group) for width in steps) * n_pixels
    for name in ("array_operations", "accumulations"):
        tally.add(name, activations)
    for name in ("sensed_bits", "cell_reads"):
        tally.add(name, sensed)
    tally.add_in("cycles", tile.subarray, activations)
    tally.add("scratch_accesses", _n_filters(tile, block) * n_pixels)
    if not arrays.is_written:
        tally.add("latched_bits", tile.n_inputs * n_pixels)
        return
    tally.add("operand_write_accesses", len(steps) * n_pixels)
    tally.add("operand_written_bits", tile.n_inputs * n_pixels)
    tally.add_in("operand_steps", tile.subarray, len(steps) * n_pixels)


def _n_filters(tile: Tile, block: Block) -> int:
    """Filters that the tile holds planes of: partial sums that its sub-array keeps."""
    n_planes = block.weights.n_planes
    return int((tile.planes.stop - 1) // n_planes - tile.planes.start // n_planes + 1)
