"""bfloat16 is computed only where the processor has units for it, and a checkpoint says where it was not."""

from pathlib import Path

import pytest
import torch

from sotexplore import catalogue
from sotexplore.compression import arithmetic
from sotexplore.compression.arithmetic import computes_bfloat16, scores, used_precision
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.pipeline import compress, train_dense
from sotexplore.compression.recipe import Recipe
from sotexplore.compression.run import Compression, Epochs, Run

CPU = torch.device("cpu")
MODEST = {"avx512_bf16": False, "amx_bf16": False, "amx_int8": True, "avx512_fp16": True, "num_physical_cores": 2}


@pytest.mark.parametrize(
    ("capabilities", "found"),
    [(MODEST, False), ({}, False), (MODEST | {"avx512_bf16": True}, True), (MODEST | {"amx_bf16": True}, True)],
)
def test_processors_with_units_for_bfloat16(
    capabilities: dict[str, bool], found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    computes_bfloat16.cache_clear()
    try:
        assert computes_bfloat16(CPU) is found
        assert used_precision("bfloat16", CPU) == ("bfloat16" if found else "float32")
        assert used_precision("float32", CPU) == "float32"
    finally:
        computes_bfloat16.cache_clear()


def test_the_capabilities_of_this_processor_are_named_as_they_are_asked_for() -> None:
    """A new torch that renames them would turn bfloat16 off everywhere without anyone noticing."""
    if torch.cpu.get_capabilities()["architecture"] == "x86_64":
        assert {"avx512_bf16", "amx_bf16"} <= set(torch.cpu.get_capabilities())


def test_without_the_units_scores_are_those_of_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model, images = CatalogueNetwork(catalogue.network("digits-cnn")).eval(), torch.rand(8, 1, 8, 8)
    exact = scores(model, images, "float32")
    for has_units, tolerance in ((False, 1e-5), (True, 5e-2)):
        monkeypatch.setattr(arithmetic, "computes_bfloat16", lambda _, answer=has_units: answer)
        found = scores(model, images, "bfloat16")
        assert found.dtype is torch.float32
        torch.testing.assert_close(found, exact, rtol=tolerance, atol=tolerance)
        assert torch.equal(found, found.bfloat16().float()) is has_units, "bfloat16 keeps eight bits"


@pytest.mark.parametrize("has_units", [True, False])
def test_a_checkpoint_tells_that_its_arithmetic_was_not_the_recipes(
    has_units: bool, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arithmetic, "computes_bfloat16", lambda _: has_units)
    run = Run(
        network="digits-cnn",
        epochs=Epochs(dense=1, prune=1, retrain=1, quantize=1, finetune=1),
        compression=Compression(structure="filter", prune_ratio=0.5, weight_bits=8, activation_bits=8),
        recipe=Recipe(precision="bfloat16"),
        train_images=256,
    )
    told = {None} if has_units else {"float32"}
    assert {
        made.history.get("precision") for made in (train_dense(run, empty_cache), compress(run, empty_cache))
    } == told
    plain = run.model_copy(update={"recipe": Recipe()})
    assert "precision" not in compress(plain, empty_cache).history
