"""Training objectives: cross-entropy, alone or beside the scores of the dense network."""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

_TEMPERATURE = 4.0
"""Softening of both scores (Hinton et al., arXiv 1503.02531, use 2 to 20)."""


class Objective(Protocol):
    """A loss of one batch."""

    def __call__(self, scores: Tensor, labels: Tensor, images: Tensor) -> Tensor:
        """The scalar loss of scores (n, n_classes) against labels (n,), of images as the network read them."""


def cross_entropy(scores: Tensor, labels: Tensor, images: Tensor) -> Tensor:
    """Cross-entropy with the labels."""
    return functional.cross_entropy(scores, labels)


def distillation(teacher: Callable[[Tensor], Tensor], share: float) -> Objective:
    """Cross-entropy and, as a share of the loss, the divergence from a teacher's softened scores.

    L = (1 - share) CE(y, s) + share T^2 KL(softmax(t / T) || softmax(s / T))   (Hinton et al., arXiv 1503.02531)

    Args:
        teacher: images to class scores.
        share: weight of the divergence, 0..1.
    """

    def loss(scores: Tensor, labels: Tensor, images: Tensor) -> Tensor:
        with torch.no_grad():
            target = functional.log_softmax(teacher(images) / _TEMPERATURE, dim=1)
        student = functional.log_softmax(scores / _TEMPERATURE, dim=1)
        divergence = functional.kl_div(student, target, log_target=True, reduction="batchmean") * _TEMPERATURE**2
        return (1 - share) * functional.cross_entropy(scores, labels) + share * divergence

    return loss
