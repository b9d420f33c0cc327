"""Filters and array rows chosen together, so that what is left is a smaller dense matrix."""

import torch
from torch import Tensor

from sotexplore.compression.projections.selection import keep_top

_ALTERNATIONS = 10


def filter_and_row_masks(matrix: Tensor, n_filters: int, n_rows: int) -> tuple[Tensor, Tensor]:
    """Solves max ||W[F, R]||^2 over |F| = n_filters, |R| = n_rows, by alternating exact choices.

    The joint problem is NP-hard (densest bipartite subgraph); alternation from both ends never loses energy and the
    better of the two ends is returned.

    Returns:
        Boolean masks (n_filters of the matrix,) and (n_rows of the matrix,).
    """
    energy = matrix**2
    starts = [keep_top(energy.sum(1), n_filters), torch.ones_like(energy[:, 0], dtype=torch.bool)]
    best: tuple[Tensor, Tensor] | None = None
    best_energy = -torch.inf
    for start in starts:
        filters = start
        rows = keep_top((energy * filters[:, None]).sum(0), n_rows)
        for _ in range(_ALTERNATIONS):
            filters = keep_top((energy * rows).sum(1), n_filters)
            refreshed = keep_top((energy * filters[:, None]).sum(0), n_rows)
            if torch.equal(refreshed, rows):
                break
            rows = refreshed
        kept = float((energy * filters[:, None] * rows).sum())
        if kept > best_energy:
            best, best_energy = (filters, rows), kept
    assert best is not None
    return best


def project_filters_and_rows(matrix: Tensor, n_filters: int, n_rows: int) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  Z is zero outside `n_filters` filters and `n_rows` array rows; see `filter_and_row_masks`.

    A local optimum (filter+shape pruning).
    """
    filters, rows = filter_and_row_masks(matrix, n_filters, n_rows)
    return matrix * (filters[:, None] & rows)
