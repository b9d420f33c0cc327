"""Read errors that come anew at every sense, put on population counts without drawing every bit.

Each of the bits that can be misread flips by itself with chance p. A count c of ones among n such bits then becomes
c - Binomial(c, p) + Binomial(n - c, p); where flips are rare, the flipped bits themselves are drawn, which is the same
distribution.
"""

import numpy as np
from numpy.typing import NDArray

from sotexplore.simulation.cells import hits

Counts = NDArray[np.float32]
_FLIPS_WORTH_DRAWING = 4.0


def misread(counts: Counts, readable: Counts, ratio: float, rng: np.random.Generator) -> Counts:
    """Population counts with read errors.

    Args:
        counts: ones (n_rows, n_pixels), whole numbers.
        readable: bits of each pixel whose misreading shows, (n_pixels,): the ones of a streamed operand, which gate
            the sensed bits, or every column where two rows are sensed together.
        ratio: chance of each bit.
        rng: source of randomness.
    """
    if ratio == 0:
        return counts
    widest = int(readable.max(initial=0))
    if widest * ratio > _FLIPS_WORTH_DRAWING or ratio > 0.5:
        ones = counts.astype(np.int64)
        zeros = readable.astype(np.int64) - ones
        return (ones - rng.binomial(ones, ratio) + rng.binomial(zeros, ratio)).astype(np.float32)
    places = hits(counts.size * widest, ratio, rng)
    count, bit = places // max(widest, 1), places % max(widest, 1)
    result = counts.copy()
    was_one = bit < counts.reshape(-1)[count]
    shows = bit < readable[count % counts.shape[1]]
    np.add.at(result.reshape(-1), count, np.where(was_one, -1.0, np.where(shows, 1.0, 0.0)).astype(np.float32))
    return result
