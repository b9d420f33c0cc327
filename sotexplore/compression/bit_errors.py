"""Fault-aware fine-tuning: the network trains with wrong bits in its stored weights, others at every step."""

from collections.abc import Mapping

import torch
from torch import Tensor

from sotexplore.compression.model import CatalogueNetwork


class BitErrorHook:
    """The `Hook` of a phase whose weights are read with errors: each stored bit is wrong with a chance of `ratio`.

    Errors are there in training only; what is measured and exported is the network without them.
    """

    def __init__(self, model: CatalogueNetwork, ratio: float, *, seed: int) -> None:
        self._model, self._ratio = model, ratio
        self._generator = torch.Generator().manual_seed(seed)
        self._before = self._generator.get_state()
        self._draw()

    def penalty(self) -> Tensor:
        """Nothing is added to the loss."""
        return torch.zeros((), device=next(self._model.parameters()).device)

    def after_step(self, step: int, total: int) -> None:
        """Other errors for the next step; none behind the last."""
        if step < total:
            self._draw()
        else:
            clear_bit_errors(self._model)

    def residual_ratios(self) -> tuple[float | None, float | None]:
        """Errors have no residuals."""
        return None, None

    def tensors(self) -> dict[str, Tensor]:
        """Where the present errors are drawn from."""
        return {"bit_errors": self._before}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Draws the errors that were present."""
        self._generator.set_state(tensors["bit_errors"])
        self._draw()

    def _draw(self) -> None:
        self._before = self._generator.get_state()
        for module in self._model:
            assert module.weight_bits is not None
            module.bit_errors = _error_codes(
                tuple(module.weight.shape), module.weight_bits, self._ratio, self._generator
            ).to(module.weight.device)


def clear_bit_errors(model: CatalogueNetwork) -> None:
    """Takes the errors out of every layer."""
    for module in model:
        module.bit_errors = None


def _error_codes(shape: tuple[int, ...], bits: int, ratio: float, generator: torch.Generator) -> Tensor:
    """Codes whose ones say which stored bits of each weight are wrong."""
    wrong = torch.rand((bits, *shape), generator=generator) < ratio
    places = 2 ** torch.arange(bits, dtype=torch.int32)
    return (wrong.int() * places.view(-1, *[1] * len(shape))).sum(0, dtype=torch.int32)
