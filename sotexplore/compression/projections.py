"""Projections on pruning constraints: pure functions, each the solution of the problem in its docstring."""

import torch
from torch import Tensor

_ALTERNATIONS = 10


def keep_top(energy: Tensor, count: int) -> Tensor:
    """Mask of the `count` largest entries; ties go to the lower index.

    Args:
        energy: shape (n,).
        count: 1..n entries to keep.

    Returns:
        Boolean mask of shape (n,) with exactly `count` true.
    """
    order = torch.sort(energy, descending=True, stable=True).indices
    mask = torch.zeros_like(energy, dtype=torch.bool)
    mask[order[:count]] = True
    return mask


def project_filters(matrix: Tensor, count: int) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  at most `count` filters (matrix rows, first axis) of Z are not zero. Exact."""
    return matrix * keep_top((matrix**2).sum(1), count)[:, None]


def project_rows(matrix: Tensor, count: int) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  at most `count` array rows (second axis) of Z are not zero. Exact ("shape" pruning)."""
    return matrix * keep_top((matrix**2).sum(0), count)


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
