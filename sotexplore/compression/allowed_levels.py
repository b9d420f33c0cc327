"""Integer levels that the weights of a layer may take, where these are fewer than their bits hold."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class AllowedLevels(Protocol):
    """The levels that each weight may take; zero is always among them."""

    @property
    def bounds(self) -> tuple[Tensor, Tensor]:
        """Lowest and highest level, broadcastable to (n_filters, n_rows)."""

    @property
    def spacing(self) -> Tensor | float:
        """Mean distance of neighbouring levels, broadcastable to (n_filters, 1)."""

    def nearest(self, ratio: Tensor) -> Tensor:
        """The nearest level to each weight over its step, (n_filters, n_rows)."""

    def of(self, filters: Tensor, rows: Tensor) -> "AllowedLevels":
        """Those of some filters and rows, by index."""


@dataclass(frozen=True)
class OneSign:
    """0..2^(bits-1) - 1 where `positive`, else the negatives of these: magnitudes of bits - 1 and a sign held elsewhere."""

    positive: Tensor
    """Boolean, (n_filters, n_rows)."""
    bits: int

    @property
    def bounds(self) -> tuple[Tensor, Tensor]:
        """See `AllowedLevels`."""
        highest = float(2 ** (self.bits - 1) - 1)
        return -highest * ~self.positive, highest * self.positive

    @property
    def spacing(self) -> float:
        """See `AllowedLevels`."""
        return 1.0

    def nearest(self, ratio: Tensor) -> Tensor:
        """See `AllowedLevels`."""
        return torch.round(torch.clamp(ratio, *self.bounds))

    def of(self, filters: Tensor, rows: Tensor) -> "OneSign":
        """See `AllowedLevels`."""
        return OneSign(self.positive[filters[:, None], rows], self.bits)


@dataclass(frozen=True)
class OnPlanes:
    """The sums of some bit-planes' values, the same for all weights of a filter."""

    values: Tensor
    """Levels by filter, ascending, (n_filters, n_values)."""

    @property
    def bounds(self) -> tuple[Tensor, Tensor]:
        """See `AllowedLevels`."""
        return self.values[:, :1], self.values[:, -1:]

    @property
    def spacing(self) -> Tensor:
        """See `AllowedLevels`."""
        return (self.values[:, -1:] - self.values[:, :1]) / (self.values.shape[1] - 1)

    def nearest(self, ratio: Tensor) -> Tensor:
        """See `AllowedLevels`; the lower of two as near."""
        middles = ((self.values[:, 1:] + self.values[:, :-1]) / 2).contiguous()
        return self.values.gather(1, torch.searchsorted(middles, ratio.detach().contiguous()))

    def of(self, filters: Tensor, rows: Tensor) -> "OnPlanes":
        """See `AllowedLevels`; rows do not differ."""
        return OnPlanes(self.values[filters])
