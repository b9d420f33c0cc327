"""The compression ratios that every result states, each against the dense network at 32-bit float.

"Compression" means different things that do not convert: weights removed, storage, operations, sub-arrays (the last
one is hardware's to count).
"""

from collections.abc import Sequence

from sotexplore.workload import LayerWorkload

FLOAT_BITS = 32


def weights_ratio(workloads: Sequence[LayerWorkload]) -> float:
    """Weights of the dense network over surviving weights."""
    return sum(item.layer.n_weights for item in workloads) / sum(item.surviving_weights for item in workloads)


def storage_ratio(workloads: Sequence[LayerWorkload]) -> float:
    """Bits of the dense float weights over bits stored: surviving weights at their width, plus indices.

    Indices are one bit per filter and one per row of each pruned layer, and one per weight of the compacted matrix where
    weights inside it are pruned (bitmaps). Where levels are held to a rule, a weight has fewer bits (`bits_per_weight`) and
    what the rule says is an index too. Biases and scales are counted on neither side.
    """
    dense = FLOAT_BITS * sum(item.layer.n_weights for item in workloads)
    return dense / sum(item.surviving_weights * bits_per_weight(item) + index_bits(item) for item in workloads)


def bits_per_weight(item: LayerWorkload) -> int:
    """Bits that each surviving weight needs: its planes in use; its magnitude, where its fragment has the sign; else all."""
    return item.planes or item.weight_bits - (1 if item.fragment_rows else 0)


def operations_ratio(workloads: Sequence[LayerWorkload]) -> float:
    """Multiply-accumulates of the dense network over those that are left (bits do not enter)."""
    left = sum(item.surviving_weights * item.layer.n_pixels for item in workloads)
    return sum(item.layer.n_macs for item in workloads) / left


def index_bits(item: LayerWorkload) -> int:
    """Bits that say which filters, rows and inner weights are kept (none for a whole dimension), and what levels are held to.

    The latter: the sign of each fragment, or the planes that each filter uses.
    """
    filters = 0 if item.kept_filters == item.layer.n_filters else item.layer.n_filters
    rows = 0 if item.kept_rows == item.layer.n_rows else item.layer.n_rows
    weights = 0 if item.n_nonzero is None else item.kept_filters * item.kept_rows
    signs = item.kept_filters * -(-item.kept_rows // item.fragment_rows) if item.fragment_rows else 0
    planes = item.kept_filters * item.weight_bits if item.planes else 0
    return filters + rows + weights + signs + planes
