"""Bit-planes of weights and activations, and what each weight bit counts for in each coding of signed weights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sotexplore.hardware.counts import DIFFERENTIAL, OFFSET


@dataclass(frozen=True)
class PlaneWeights:
    """How the planes of a filter add up to its sum."""

    of_planes: tuple[int, ...]
    """What a one counts for in each plane."""
    of_sum: int = 0
    """Times the plain sum of the activations, to be taken off."""

    @property
    def n_planes(self) -> int:
        """Planes of a filter."""
        return len(self.of_planes)


def plane_weights(bits: int, coding: str) -> PlaneWeights:
    """Weights of the planes of B-bit weights.

    Two's complement: 2^b, the sign plane -2^(B-1); 1-bit weights +-1 are 2 b - 1. Offset: 2^b, and 2^(B-1) times the
    plain sum taken off; as two's complement for 1-bit weights. Differential: 2^b, then -2^b.
    """
    powers = tuple(2**bit for bit in range(bits))
    if coding == DIFFERENTIAL:
        return PlaneWeights(powers + tuple(-power for power in powers))
    if bits == 1:
        return PlaneWeights((2,), 1)
    if coding == OFFSET:
        return PlaneWeights(powers, powers[-1])
    return PlaneWeights((*powers[:-1], -powers[-1]))


def stored_bits(levels: NDArray[np.int8], bits: int, coding: str) -> NDArray[np.uint8]:
    """Stored bits of integer weights, the planes of a filter one after another.

    Args:
        levels: integer weights (n_filters, n_rows).
        bits: B.
        coding: see `plane_weights`.

    Returns:
        Bits (n_filters * n_planes, n_rows).
    """
    wide = levels.astype(np.int64)
    if coding == DIFFERENTIAL:
        codes = [np.maximum(wide, 0), np.maximum(-wide, 0)]
    elif bits == 1:
        codes = [(wide > 0).astype(np.int64)]
    else:
        codes = [wide + 2 ** (bits - 1) if coding == OFFSET else wide & (2**bits - 1)]
    planes = [(code >> bit) & 1 for code in codes for bit in range(bits)]
    return np.stack(planes, axis=1).reshape(-1, levels.shape[1]).astype(np.uint8)


def activation_plane(values: NDArray[np.uint8], bit: int) -> NDArray[np.float32]:
    """Bit `bit` of activations as zeros and ones, same shape."""
    return ((values >> np.uint8(bit)) & np.uint8(1)).astype(np.float32)
