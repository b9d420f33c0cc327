"""Crossbar: rows driven with an input bit-plane, column sums converted, shifted and accumulated.

An ADC of b bits has a code for every sum from 0 to 2^b - 1 and gives its highest code for larger ones, so that sums are
exact where 2^b - 1 reaches the rows driven at once. With a wider range (`full_scale`) its step is full_scale / (2^b - 1)
products. Codes are added up; their step is multiplied in behind the accumulator, rounded to a whole number.
"""

import numpy as np
from numpy.typing import NDArray

from sotexplore.simulation.accumulate import accumulator_type, signed_sums
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.placement import Block, cut
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
        block: one of its blocks.
        inputs: activations of the block (K, n_pixels).
        tally: gets what happened.
        rng: source of faults that come anew.

    Returns:
        Integers (n_filters, n_pixels).
    """
    arrays, bits = programmed.arrays, programmed.saved.input_bits
    n_drives = sum(len(list(cut(part[0].tile.n_inputs, arrays.active_rows))) for part in block.segments)
    largest = n_drives * arrays.adc_codes * (2**bits - 1)
    planes = np.zeros((block.block.n_planes, inputs.shape[1]), accumulator_type(largest))
    for segment in block.segments:
        part = inputs[segment[0].tile.inputs]
        for bit in range(bits):
            operand = activation_plane(part, bit)
            tally.add("operand_bits", operand.size)
            for tile in segment:
                columns = planes[tile.tile.planes]
                for drive in cut(tile.tile.n_inputs, arrays.active_rows):
                    codes = _codes(programmed, tile, drive, operand[drive], tally=tally, rng=rng)
                    columns += codes * np.float32(2**bit)
                tally.add("latched_bits", operand.size)
        for tile in segment:
            tally.add("merges", tile.tile.n_planes * inputs.shape[1])
    weights = block.block.weights
    sums = in_products(signed_sums(planes, weights), arrays)
    return sums - weights.of_sum * _digital_sums(block.block, inputs, bits, tally) if weights.of_sum else sums


def in_products(codes: NDArray[np.int64], arrays: Arrays) -> NDArray[np.int64]:
    """Sums of codes times the ADC's step, to the nearest whole number."""
    steps = arrays.adc_codes
    if steps == arrays.full_scale:
        return codes
    return (2 * codes * arrays.full_scale + steps) // (2 * steps)


def converted(sums: Matrix, arrays: Arrays) -> Matrix:
    """Codes of column sums: to the nearest step, clipped to the ADC's range."""
    steps = arrays.adc_codes
    codes: Matrix = np.rint(sums * np.float32(steps / arrays.full_scale))
    np.clip(codes, 0, steps, out=codes)
    return codes


def _codes(
    programmed: ProgrammedLayer, tile: ProgrammedTile, drive: slice, driven: Matrix, *, tally: Tally,
    rng: np.random.Generator,
) -> Matrix:  # fmt: skip
    """Codes of every column of a tile after one drive of some rows, (n_columns, n_pixels)."""
    arrays, faults = programmed.arrays, programmed.faults
    sums: Matrix = tile.reads[0][:, drive] @ driven
    _tally_drive(tile, driven, sums, tally)
    if faults.adc_noise_counts:
        sums += np.float32(faults.adc_noise_counts) * rng.standard_normal(sums.shape, np.float32)
    if tile.ideal is not None:
        _check(sums, tile.ideal[:, drive] @ driven, arrays, tally)
    elif arrays.adc_codes == arrays.full_scale >= len(driven):
        return sums  # whole numbers within the ADC's codes
    tally.clipped_sums += int((sums >= arrays.full_scale + 0.5).sum())
    return converted(sums, arrays)


def _tally_drive(tile: ProgrammedTile, driven: Matrix, sums: Matrix, tally: Tally) -> None:
    """One array operation for each pixel, and a conversion of each column."""
    n_columns, n_pixels = sums.shape
    tally.add("array_operations", n_pixels)
    tally.add_in("cycles", tile.tile.subarray, n_pixels)
    tally.add("driven_rows", driven.size)
    tally.add("cell_reads", driven.size * n_columns)
    for name in ("sensed_bits", "accumulations", "scratch_accesses"):
        tally.add(name, n_columns * n_pixels)


def _check(sums: Matrix, ideal: Matrix, arrays: Arrays, tally: Tally) -> None:
    """Counts sums that are off by more than half a step."""
    tally.checked_reads += sums.size
    tally.wrong_reads += int((np.abs(sums - ideal) > arrays.full_scale / arrays.adc_codes / 2).sum())


def _digital_sums(block: Block, inputs: NDArray[np.uint8], bits: int, tally: Tally) -> NDArray[np.int64]:
    """Plain sums of each group's activations, added up bit by bit on their way in: (n_filters, n_pixels)."""
    result = np.zeros((block.n_groups, inputs.shape[1]), np.int64)
    for bit in range(bits):
        ones = (inputs >> np.uint8(bit)) & np.uint8(1)
        tally.add("summed_bits", ones.size)
        result += ones.reshape(block.n_groups, block.group_inputs, -1).sum(axis=1, dtype=np.int64) << bit
    return np.repeat(result, block.group_filters, axis=0)
