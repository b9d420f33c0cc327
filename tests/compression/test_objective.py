"""Distillation: the stated formula, and no gradient into the teacher."""

import pytest
import torch
from torch.nn import functional

from sotexplore.compression.group_lasso import lasso
from sotexplore.compression.objective import cross_entropy, distillation


def test_distillation_is_the_stated_sum() -> None:
    generator = torch.Generator().manual_seed(0)
    scores, target = torch.randn(5, 3, generator=generator), torch.randn(5, 3, generator=generator)
    labels, images = torch.tensor([0, 1, 2, 0, 1]), torch.zeros(5, 1, 2, 2)
    found = distillation(lambda _: target, 0.3)(scores, labels, images)
    softened = functional.softmax(target / 4, 1)
    divergence = (softened * (softened.log() - functional.log_softmax(scores / 4, 1))).sum(1).mean() * 16
    assert found.item() == pytest.approx((0.7 * functional.cross_entropy(scores, labels) + 0.3 * divergence).item())


def test_a_student_that_agrees_with_its_teacher_pays_no_divergence() -> None:
    scores = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
    labels, images = torch.zeros(4, dtype=torch.int64), torch.zeros(4, 1, 2, 2)
    alone = 0.5 * cross_entropy(scores, labels, images)
    assert distillation(lambda _: scores, 0.5)(scores, labels, images).item() == pytest.approx(alone.item(), rel=1e-5)


def test_the_teacher_gets_no_gradient() -> None:
    weight = torch.ones(2, 3, requires_grad=True)
    scores = torch.zeros(4, 3, requires_grad=True)
    loss = distillation(lambda images: images.flatten(1) @ weight, 0.5)
    loss(scores, torch.zeros(4, dtype=torch.int64), torch.ones(4, 1, 1, 2)).backward()
    assert weight.grad is None and scores.grad is not None


def test_the_lasso_is_the_weighted_sum_of_group_norms() -> None:
    matrix = torch.tensor([[3.0, 0.0], [4.0, 0.0]])
    assert lasso(matrix).item() == pytest.approx((3 + 4) * 2**0.5 + 5 * 2**0.5, rel=1e-4)
    zeros = torch.zeros(2, 2, requires_grad=True)
    lasso(zeros).backward()
    assert zeros.grad is not None and torch.isfinite(zeros.grad).all()
