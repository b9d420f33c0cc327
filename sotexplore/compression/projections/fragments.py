"""Polarised fragments: pieces of a column whose weights share one sign (Yuan et al., FORMS, ISCA 2021).

A crossbar column whose fragment is driven at once then needs no second column for the other sign, only a sign bit per
fragment.
"""

from torch import Tensor

from sotexplore.compression.projections.blocks import Block, block_sums, spread


def fragment_signs(matrix: Tensor, n_rows: int) -> Tensor:
    """Whether each fragment of `n_rows` inputs of a filter is positive: its positive weights hold no less energy.

    Args:
        matrix: weights (n_filters, n_rows of the layer).
        n_rows: inputs of a fragment, from 1.

    Returns:
        Boolean, (n_filters, fragments of a filter).
    """
    signed = matrix * matrix.abs()
    return block_sums(signed, Block(1, n_rows)) >= 0


def project_polarised(matrix: Tensor, *, n_rows: int) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  no fragment of `n_rows` inputs of a filter of Z holds both signs. Exact.

    A fragment that is made positive loses the energy of its negative weights, and the reverse; the sign that holds more
    energy stays (positive at a tie). Of a fragment that is not zero something stays.
    """
    positive = spread(fragment_signs(matrix, n_rows), Block(1, n_rows), matrix)
    return matrix.clamp(min=0) * positive + matrix.clamp(max=0) * ~positive


def mixed_fragments(levels: Tensor, *, n_rows: int, bits: int) -> int:
    """How many fragments of integer weights need more than one sign and magnitudes of bits - 1.

    Args:
        levels: integers as an array stores them, (n_filters, n_rows of the array).
        n_rows: inputs of a fragment, from 1.
        bits: weight bits.
    """
    block = Block(1, n_rows)
    above, below = (block_sums(part.float(), block) > 0 for part in (levels > 0, levels < 0))
    too_low = block_sums((levels <= -(2 ** (bits - 1))).float(), block) > 0
    return int(((above & below) | too_low).sum())
