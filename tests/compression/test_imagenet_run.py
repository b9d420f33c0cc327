"""Whole runs of an ImageNet network on a handful of images, from stand-ins of torchvision's weights to a checkpoint."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sotexplore import catalogue
from sotexplore.checkpoint import list_checkpoints, load_checkpoint, path_of
from sotexplore.compression import integer
from sotexplore.compression.command import run_file
from sotexplore.compression.data import load
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.pipeline import compress, train_dense
from sotexplore.compression.plan import check_pretrained, check_start, outline, stages
from sotexplore.compression.pretrained import fill
from sotexplore.compression.pretrained_files import WEIGHT_FILES
from sotexplore.compression.recipe import default_recipe
from sotexplore.compression.run import Run
from sotexplore.compression.run_files import DEFAULT_EPOCHS, load_runs, parse_run
from sotexplore.compression.run_key import dense_inputs, run_inputs
from sotexplore.compression.torchvision_import import import_datasets
from sotexplore.compression.train import Progress
from sotexplore.errors import InputError
from sotexplore.simulation.command import test_images as images_to_simulate
from sotexplore.store import content_key

import_datasets()  # so that torchvision's models import beside a CPU-only torch
RECIPES = Path(__file__).resolve().parents[2] / "recipes"
NAME = "resnet18-imagenet"
STAGES = ("dense", "prune", "retrain", "quantize", "finetune")


def run(dense: int = 1, **fields: object) -> Run:
    """One epoch of each stage, at 8 bits: one checkpoint beside the dense one."""
    epochs = dict.fromkeys(STAGES, 1) | {"dense": dense}
    point = {"prune_ratio": 0.5, "weight_bits": 8, "activation_bits": 8}
    return parse_run({"network": NAME, "compression": point, "epochs": epochs, "recipe": {"batch_size": 6}} | fields)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    from torchvision import models

    torch.manual_seed(1)
    return models.resnet18(weights=None).state_dict()


@pytest.fixture
def weights(state: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Torch's hub folder, with random weights under the name of the published ones."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    path = tmp_path / "torch" / "hub" / "checkpoints" / WEIGHT_FILES[NAME]
    path.parent.mkdir(parents=True)
    torch.save(state, path)
    return path


@pytest.mark.usefixtures("weights")
def test_an_interrupted_run_goes_on_and_makes_a_checkpoint(
    tmp_path: Path, small_imagenet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOTEXPLORE_DATA", str(small_imagenet))
    seen: list[str] = []

    def report(progress: Progress) -> None:
        seen.append(progress.stage)
        if seen == ["dense", "prune", "retrain"]:
            raise KeyboardInterrupt

    check_start(run(), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        compress(run(), tmp_path, report=report)
    made = compress(run(), tmp_path, resume=True, report=report)
    assert seen == ["dense", "prune", "retrain", "retrain", "quantize", "finetune"]
    assert made.row["test_images"] == 6 and made.row["weights_ratio"] >= 2
    stored, dataset = load_checkpoint(tmp_path, made.key), load("imagenet", small_imagenet)
    assert integer.accuracy(stored, dataset, batch_size=4) == made.row["accuracy_ratio"]
    images, labels = images_to_simulate(stored, 2, small_imagenet)
    assert (images.shape, labels.shape) == ((2, 3, 224, 224), (2,))
    assert {row["weight_bits"] for row in list_checkpoints(tmp_path).rows} == {8, 32}


def test_no_dense_epochs_leave_the_weights_as_they_are(
    tmp_path: Path, small_imagenet: Path, weights: Path, state: dict[str, torch.Tensor]
) -> None:
    seen: list[Progress] = []
    dense = train_dense(run(dense=0), tmp_path, data=small_imagenet, report=seen.append)
    assert not seen and dense.row["weight_bits"] == 32
    expected = CatalogueNetwork(catalogue.network(NAME))
    fill(expected, state)
    for layer, module in zip(dense.layers, expected, strict=True):
        assert np.array_equal(layer.levels, module.weight.detach().numpy())
    assert [stage.name for stage in stages(run(dense=0), tmp_path)] == list(STAGES[1:])
    weights.unlink()
    check_pretrained(run(dense=0), tmp_path)
    with pytest.raises(InputError, match=r"^recipe\.pretrained: "):
        check_pretrained(run(dense=1), tmp_path)


def test_missing_weights_stop_a_run_file_before_it_begins(
    tmp_path: Path, small_imagenet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / "run.yaml"
    path.write_text(f"network: {NAME}\n")
    with pytest.raises(InputError, match=r"^recipe\.pretrained: the weights of resnet18-imagenet are missing"):
        run_file(path, tmp_path / "cache", data=small_imagenet)
    with pytest.raises(InputError, match=r"^data: imagenet is missing"):
        run_file(path, tmp_path / "cache", data=tmp_path, download=True)
    assert not list(tmp_path.rglob("*.safetensors")) and not list(tmp_path.rglob("*.pth"))


def test_pretrained_is_part_of_the_keys_where_it_is_on() -> None:
    plain = run(recipe={"pretrained": False})
    for inputs in (dense_inputs, run_inputs):
        assert inputs(run())["pretrained"] is True and "pretrained" not in inputs(plain)
        assert content_key(inputs(run())) != content_key(inputs(plain))


@pytest.mark.parametrize("name", WEIGHT_FILES)
def test_the_imagenet_networks_have_recipes_that_run_at_defaults(name: str) -> None:
    item = parse_run({"network": name})
    assert item.epochs == DEFAULT_EPOCHS[name]
    assert item.recipe == default_recipe(name) and item.recipe is not None and item.recipe.pretrained
    assert parse_run({"network": name, "recipe": {"pretrained": False}}).recipe != item.recipe


def test_the_recipe_file_goes_down_to_four_bits(tmp_path: Path) -> None:
    runs = load_runs(RECIPES / "imagenet-resnet18.yaml")
    bits = [(row["weight_bits"], row["activation_bits"]) for row in outline(runs, tmp_path)]
    assert bits == [(32, 32), (8, 8), (8, 4), (4, 4)]
    assert {item.network for item in runs} == {NAME} and all(item.budget is not None for item in runs)
    assert not path_of(tmp_path, content_key(run_inputs(runs[0]))).is_file()
