"""Pretrained weights: our networks, on raw pixels, compute what torchvision's do on normalised ones."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from sotexplore import catalogue
from sotexplore.compression import pretrained
from sotexplore.compression.data import Dataset, load
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.compression.pretrained_files import WEIGHT_FILES, check_weights, weights_folder
from sotexplore.compression.torchvision_import import import_datasets
from sotexplore.compression.train import refresh_norms
from sotexplore.errors import InputError

import_datasets()  # so that torchvision's models import beside a CPU-only torch
BUILDERS = {
    "alexnet-imagenet": "alexnet",
    "vgg16-imagenet": "vgg16_bn",
    "resnet18-imagenet": "resnet18",
    "resnet50-imagenet": "resnet50",
}


def torchvisions(name: str) -> nn.Module:
    from torchvision import models

    return getattr(models, BUILDERS[name])(weights=None).eval()


@torch.no_grad()
def lively(name: str) -> nn.Module:
    """torchvision's network, random, with biases and batch-norms that have something to say."""
    torch.manual_seed(3)
    model = torchvisions(name)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.uniform_(0.5, 1.0)
            module.bias.normal_(0, 0.1)
        elif isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            module.bias.normal_(0, 0.1)
    return model


@torch.no_grad()
def scores_of(model: nn.Module, images: Tensor) -> Tensor:
    """Scores of normalised images, their border padded with what raw zeros become: there alone the two differ."""
    first = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
    pad = first.padding[0]
    first.padding = (0, 0)
    mean, std = (torch.tensor(values)[:, None, None] for values in (pretrained.MEAN, pretrained.STD))
    return model((functional.pad(images, (pad,) * 4) - mean) / std)


def few(dataset: Dataset) -> Tensor:
    return quantized_pixels(dataset.test_images[:2])


@pytest.mark.parametrize("name", ["alexnet-imagenet", "resnet18-imagenet", "resnet50-imagenet"])
def test_scores_are_torchvisions(name: str, small_imagenet: Path) -> None:
    reference, dataset = lively(name), load("imagenet", small_imagenet)
    model = CatalogueNetwork(catalogue.network(name)).eval()
    pretrained.fill(model, reference.state_dict())
    expected = scores_of(reference, few(dataset))
    spread = float(expected.std())
    with torch.no_grad():
        assert float((model(few(dataset)) - expected).abs().max()) < 1e-4 * spread
        pretrained.settle(model, dataset)
        assert float((model(few(dataset)) - expected).abs().max()) < 1e-3 * spread
    wide = [module.norm for module in model if module.norm is not None]
    assert all(not torch.equal(norm.running_var, torch.ones_like(norm.running_var)) for norm in wide)


def test_settled_norms_bear_training_mode_and_new_statistics(small_imagenet: Path) -> None:
    """AlexNet has no batch-norm: on the images it was settled on, re-estimated statistics change its scores little."""
    dataset = load("imagenet", small_imagenet)
    model = CatalogueNetwork(catalogue.network("alexnet-imagenet")).eval()
    pretrained.fill(model, lively("alexnet-imagenet").state_dict())
    pretrained.settle(model, dataset)
    with torch.no_grad():
        before = model(few(dataset))
        refresh_norms(model, dataset)
        after = model(few(dataset))
    assert float((after - before).abs().max()) < 0.1 * float(before.std())


@pytest.mark.parametrize("name", WEIGHT_FILES)
def test_every_tensor_of_torchvision_has_its_place(name: str) -> None:
    with torch.device("meta"):
        state = torchvisions(name).state_dict()
    network, used = catalogue.network(name), set()
    for layer in network.layers:
        source = pretrained.sources(network)[layer.name]
        assert state[f"{source.weight}.weight"].numel() == layer.n_weights
        assert state[f"{source.weight}.weight"].shape[0] == layer.n_filters
        used |= {f"{source.weight}.{part}" for part in ("weight", "bias")}
        if source.norm is not None:
            assert layer.batch_norm
            used |= {f"{source.norm}.{part}" for part in ("weight", "bias", "running_mean", "running_var")}
    assert {key for key in state if not key.endswith("num_batches_tracked")} <= used


def test_file_names_are_torchvisions() -> None:
    from torchvision import models

    for name, file in WEIGHT_FILES.items():
        weights: Any = models.get_model_weights(BUILDERS[name])
        assert weights.IMAGENET1K_V1.url == pretrained._ADDRESS + file


@pytest.mark.parametrize("variable", ["TORCH_HOME", "XDG_CACHE_HOME", None])
def test_the_folder_is_torchs(variable: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    if variable is not None:
        monkeypatch.setenv(variable, str(tmp_path))
    assert weights_folder() == Path(torch.hub.get_dir()) / "checkpoints"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def test_missing_weights_are_named(hub: Path) -> None:
    with pytest.raises(
        InputError, match=rf"^recipe\.pretrained: .*resnet50-0676ba61\.pth not found \(got {hub}.*--download"
    ):
        check_weights("resnet50-imagenet")


class Mischief:
    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("run",))


@pytest.mark.parametrize("kind", ["empty", "noise", "code", "other network", "list", "no tensors"])
def test_damaged_weights_are_named(hub: Path, small_imagenet: Path, kind: str) -> None:
    path = hub / WEIGHT_FILES["resnet18-imagenet"]
    contents = {
        "code": Mischief(),
        "other network": {"conv1.weight": torch.ones(64, 3, 3, 3)},
        "list": [1, 2],
        "no tensors": {"conv1.weight": 3},
    }
    if kind in contents:
        torch.save(contents[kind], path)
    else:
        path.write_bytes(b"" if kind == "empty" else bytes(range(256)) * 8)
    model = CatalogueNetwork(catalogue.network("resnet18-imagenet"))
    with pytest.raises(
        InputError, match=rf"^recipe\.pretrained: {path.name} (is damaged|does not hold).*{path}"
    ) as error:
        pretrained.load_pretrained(model, load("imagenet", small_imagenet))
    assert "\n" not in str(error.value)


def test_a_download_fetches_what_is_missing_once_and_checks_its_digest(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(hub.parent)
    source = tmp_path / "published"
    source.mkdir()
    monkeypatch.setattr(pretrained, "_ADDRESS", f"{source.as_uri()}/")
    with pytest.raises(InputError, match=r"^recipe\.pretrained: .* could not be downloaded"):
        pretrained.download("resnet18-imagenet")
    published = source / "net-2cf24dba.pth"  # SHA-256 of "hello"
    published.write_bytes(b"hello")
    monkeypatch.setitem(WEIGHT_FILES, "resnet18-imagenet", published.name)
    pretrained.download("resnet18-imagenet")
    published.unlink()
    pretrained.download("resnet18-imagenet")
    assert check_weights("resnet18-imagenet").read_bytes() == b"hello"
    (source / "net-00000000.pth").write_bytes(b"hello")
    monkeypatch.setitem(WEIGHT_FILES, "resnet18-imagenet", "net-00000000.pth")
    with pytest.raises(InputError, match=r"could not be downloaded: invalid hash"):
        pretrained.download("resnet18-imagenet")
    assert [path.name for path in hub.iterdir()] == [published.name]
