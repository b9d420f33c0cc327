"""Fine-tuning with wrong bits: the bits are those of the arrays, errors come as often as stated, resume is exact."""

from pathlib import Path

import pytest
import torch

from sotexplore import catalogue
from sotexplore.compression import quantizers
from sotexplore.compression.bit_chain import predecessor
from sotexplore.compression.bit_errors import BitErrorHook, clear_bit_errors
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.run_files import parse_run
from sotexplore.compression.run_key import run_inputs
from sotexplore.simulation.planes import stored_bits


def network(bits: int = 4) -> CatalogueNetwork:
    torch.manual_seed(0)
    model = CatalogueNetwork(catalogue.network("digits-cnn"))
    model.set_bits(bits, 4)
    model.fit_weight_steps()
    return model


@pytest.mark.parametrize("bits", range(1, 9))
def test_wrong_bits_are_those_that_the_arrays_store(bits: int) -> None:
    """A weight whose stored code is turned over bit by bit is the weight of that code."""
    half = 2 ** (bits - 1)
    levels = torch.tensor([[-1.0, 1.0]] if bits == 1 else [list(range(-half, half))])
    step = torch.tensor([[0.25]])
    stored = stored_bits(levels.numpy().astype("int8"), bits, "twos-complement")
    for error in range(2**bits):
        codes = torch.full(levels.shape, error, dtype=torch.int32)
        found = quantizers.with_bit_errors(levels * step, step, bits, codes) / step
        flipped = stored ^ [[error >> bit & 1] for bit in range(bits)]
        again = stored_bits(found.numpy().round().astype("int8"), bits, "twos-complement")
        assert (again == flipped).all()


def test_no_error_changes_nothing_and_gradients_pass() -> None:
    values = torch.tensor([[0.5, -0.25]], requires_grad=True)
    step = torch.tensor([[0.25]])
    same = quantizers.with_bit_errors(values, step, 4, torch.zeros((1, 2), dtype=torch.int32))
    assert torch.equal(same, values)
    quantizers.with_bit_errors(values, step, 4, torch.ones((1, 2), dtype=torch.int32)).sum().backward()
    assert torch.equal(values.grad, torch.ones_like(values))


@pytest.mark.parametrize("ratio", [0.001, 0.05, 0.5])
def test_errors_come_as_often_as_stated_in_training_only(ratio: float) -> None:
    model = network()
    plain = [module.effective_weight().detach() for module in model.eval()]
    BitErrorHook(model, ratio, seed=1)
    assert all(torch.equal(module.effective_weight(), value) for module, value in zip(model, plain, strict=True))
    errors = torch.cat([module.bit_errors.flatten() for module in model])
    share = sum((errors >> bit & 1).float().mean().item() for bit in range(4)) / 4
    assert share == pytest.approx(ratio, abs=5 * (ratio / (4 * len(errors))) ** 0.5)
    model.train()
    assert any(not torch.equal(module.effective_weight(), value) for module, value in zip(model, plain, strict=True))
    clear_bit_errors(model)
    assert all(torch.equal(module.effective_weight(), value) for module, value in zip(model, plain, strict=True))


def test_errors_change_at_every_step_and_end_with_the_phase() -> None:
    model = network()
    hook = BitErrorHook(model, 0.1, seed=1)
    first = next(iter(model)).bit_errors
    hook.after_step(1, 3)
    kept = hook.tensors()
    second = next(iter(model)).bit_errors
    assert not torch.equal(first, second)
    hook.after_step(2, 3)
    hook.restore(kept)
    assert torch.equal(next(iter(model)).bit_errors, second)
    hook.after_step(3, 3)
    assert next(iter(model)).bit_errors is None
    assert float(hook.penalty()) == 0


def test_the_key_says_so_and_only_the_last_step_trains_with_errors() -> None:
    data = {"network": "digits-cnn", "compression": {"weight_bits": 2, "activation_bits": 2}}
    plain, faulty = parse_run(data), parse_run(data | {"recipe": {"bit_error_ratio": 0.02}})
    assert run_inputs(faulty) == run_inputs(plain) | {"bit_error_ratio": 0.02}
    assert "bit_error_ratio" not in run_inputs(plain)
    assert predecessor(faulty) == predecessor(plain)


def test_a_run_with_errors_makes_a_checkpoint_of_its_own(tmp_path: Path) -> None:
    from sotexplore.compression.pipeline import compress

    short = {"dense": 1, "prune": 1, "retrain": 1, "quantize": 1, "finetune": 1}
    data = {"network": "digits-cnn", "epochs": short, "compression": {"prune_ratio": 0.5, "weight_bits": 8,
            "activation_bits": 8}}  # fmt: skip
    made = [
        compress(parse_run(data | {"recipe": {"bit_error_ratio": ratio}}), tmp_path, device="cpu")
        for ratio in (0.0, 0.05)
    ]
    assert made[0].key != made[1].key
    assert "bit_error_ratio" not in made[0].row
    assert made[1].row["bit_error_ratio"] == 0.05
    assert any((one.levels != other.levels).any() for one, other in zip(made[0].layers, made[1].layers, strict=True)
               if one.levels.shape == other.levels.shape)  # fmt: skip
