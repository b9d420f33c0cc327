"""torchvision's pretrained ImageNet weights (IMAGENET1K_V1) in the catalogue's networks.

torchvision's networks read pixels of which ImageNet's mean was subtracted and which were divided by its standard deviation.
Ours read raw pixels x in 0..1, which are the 8-bit integers of the hardware, so that conv1 takes both over:
W (x - mean) / std = (W / std) x - sum(W mean / std). One difference stays: where a kernel reaches over the image's border it
reads a raw 0, black, instead of a normalised 0, which is the mean's grey.

Where torchvision's layer has a bias and ours has batch-norm (AlexNet, the hidden fully-connected layers of VGG-16), batch-norm gets
the mean and variance of its inputs on training images, and the scale and shift that make it add the bias and nothing else. The
function is the same, and re-estimated statistics, being near those, keep it.
"""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sotexplore.compression.data import Dataset, fitting
from sotexplore.compression.model import CatalogueNetwork, WeightLayer, quantized_pixels
from sotexplore.compression.pretrained_files import WEIGHT_FILES, check_weights, weights_folder
from sotexplore.errors import InputError
from sotexplore.workload import IMAGE, Layer, Network

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pixels in 0..1: red, green, blue, as torchvision normalises them."""
_ADDRESS = "https://download.pytorch.org/models/"
_CALIBRATION_IMAGES, _CALIBRATION_BATCH = 2000, 250
_ALEXNET = ("features.0", "features.3", "features.6", "features.8", "features.10",
            "classifier.1", "classifier.4", "classifier.6")  # fmt: skip
_CLASSIFIER = ("classifier.0", "classifier.3", "classifier.6")


@dataclass(frozen=True)
class Source:
    """Where torchvision's state dict holds a layer: its weight's module, and that of its batch-norm where it has one."""

    weight: str
    norm: str | None = None


def download(network: str) -> None:
    """Fetches the weights of a network into torch's hub folder where they are not there yet.

    Raises:
        InputError: no connection, or the file is not the published one.
    """
    path, folder = weights_folder() / WEIGHT_FILES[network], weights_folder()
    if path.is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    digest = path.stem.rpartition("-")[2]
    try:
        torch.hub.download_url_to_file(_ADDRESS + path.name, str(path), hash_prefix=digest, progress=False)
    except (OSError, RuntimeError) as error:
        problem = f"{path.name} could not be downloaded: {error}"
        raise InputError("recipe.pretrained", problem, got=_ADDRESS, allowed=f"the file in {folder}") from None


def load_pretrained(model: CatalogueNetwork, dataset: Dataset) -> None:
    """Puts the pretrained weights of its network into `model`.

    Args:
        model: changed in place, left in evaluation mode.
        dataset: its first training images give batch-norm its statistics where torchvision has none.

    Raises:
        InputError: the file is missing, damaged, or holds another network.
    """
    path = check_weights(model.network.name)
    state = _read(path)
    try:
        fill(model, state)
    except (KeyError, ValueError, RuntimeError, AttributeError) as error:
        problem = f"{path.name} does not hold {model.network.name}: {error}"
        raise InputError("recipe.pretrained", problem, got=path, allowed="torchvision's file of that name") from None
    settle(model, dataset)


def _read(path: Path) -> dict[str, Tensor]:
    try:
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, OSError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        problem = f"{path.name} is damaged: {str(error).partition(chr(10))[0] or type(error).__name__}"
        raise InputError("recipe.pretrained", problem, got=path, allowed="torchvision's file of that name") from None
    return found if isinstance(found, dict) else {}


def sources(network: Network) -> dict[str, Source]:
    """Where torchvision's state dict holds each layer, by the layer's name.

    Args:
        network: one of those in `WEIGHT_FILES`.
    """
    names = [layer.name for layer in network.layers]
    if network.name.startswith("resnet"):
        return {name: _resnet_source(name) for name in names}
    if network.name.startswith("alexnet"):
        return {name: Source(place) for name, place in zip(names, _ALEXNET, strict=True)}
    return dict(zip(names, _vgg_sources(network.layers), strict=True))


def _resnet_source(name: str) -> Source:
    """In torchvision blocks count from 0, in ours from 1; its shortcuts are a convolution and a batch-norm in a row."""
    stage, _, rest = name.partition(".")
    if not rest:
        return Source(name, None if name == "fc" else "bn1")
    block, _, part = rest.partition(".")
    place = f"{stage}.{int(block) - 1}"
    if part == "down":
        return Source(f"{place}.downsample.0", f"{place}.downsample.1")
    return Source(f"{place}.{part}", f"{place}.{part.replace('conv', 'bn')}")


def _vgg_sources(layers: tuple[Layer, ...]) -> list[Source]:
    """`features` is one row of convolution, batch-norm, ReLU, and pooling where a stage ends."""
    places, found = 0, []
    for layer in layers:
        if layer.kind == "conv":
            found.append(Source(f"features.{places}", f"features.{places + 1}"))
            places += 3 if layer.pool is None else 4
    return [*found, *map(Source, _CLASSIFIER)]


@torch.no_grad()
def fill(model: CatalogueNetwork, state: Mapping[str, Tensor]) -> None:
    """Puts a state dict of torchvision's network of that name into `model`, which then reads raw pixels.

    Batch-norm that torchvision does not have adds the bias, with statistics that are not measured yet; see `settle`.

    Raises:
        KeyError: the state dict lacks a tensor.
        RuntimeError: a tensor has another shape.
    """
    for module, source in zip(model, sources(model.network).values(), strict=True):
        weight = state[f"{source.weight}.weight"].float().reshape(module.weight.shape)
        bias = state.get(f"{source.weight}.bias")
        offset = torch.zeros(len(weight)) if bias is None else bias.float()
        if module.layer.source == IMAGE:
            weight, shift = _for_raw_pixels(weight)
            offset = offset + shift
        module.weight.copy_(weight)
        if source.norm is None:
            _add_only(module, offset)
        else:
            _take_norm(module, source.norm, state, offset)


def _for_raw_pixels(weight: Tensor) -> tuple[Tensor, Tensor]:
    """The matrix (n_filters, n_rows) of a layer over normalised pixels as one over raw ones, and what it adds to each sum."""
    n_places = weight.shape[1] // len(MEAN)
    mean, std = (torch.tensor(values).repeat_interleave(n_places) for values in (MEAN, STD))
    return weight / std, -(weight * mean / std).sum(1)


def _take_norm(module: WeightLayer, name: str, state: Mapping[str, Tensor], offset: Tensor) -> None:
    """Takes torchvision's batch-norm, over sums that lack `offset`."""
    norm = _norm_of(module)
    norm.weight.copy_(state[f"{name}.weight"])
    norm.bias.copy_(state[f"{name}.bias"])
    _mean(norm).copy_(state[f"{name}.running_mean"] - offset)
    _variance(norm).copy_(state[f"{name}.running_var"])


def _add_only(module: WeightLayer, offset: Tensor) -> None:
    """A bias, or batch-norm that is one."""
    if module.bias is not None:
        module.bias.copy_(offset)
        return
    norm = _norm_of(module)
    _mean(norm).zero_()
    _variance(norm).fill_(1.0)
    norm.weight.copy_(torch.sqrt(_variance(norm) + norm.eps))
    norm.bias.copy_(offset)


@torch.no_grad()
def settle(model: CatalogueNetwork, dataset: Dataset) -> None:
    """Gives batch-norm that torchvision does not have the statistics of its inputs, and keeps what it computes.

    Args:
        model: as `fill` leaves it; changed in place, left in evaluation mode.
        dataset: its first 2,000 training images are looked at.
    """
    model.eval()
    places = zip(model, sources(model.network).values(), strict=True)
    norms = [_norm_of(module) for module, source in places if module.norm is not None and source.norm is None]
    if not norms:
        return
    seen = [_Moments() for _ in norms]
    hooks = [norm.register_forward_pre_hook(moments) for norm, moments in zip(norms, seen, strict=True)]
    step = fitting(dataset.train_images, _CALIBRATION_BATCH)
    count = min(_CALIBRATION_IMAGES, len(dataset.train_labels))
    for start, end in pairwise([*range(0, count, step), count]):
        model(quantized_pixels(dataset.train_images[start:end]))
    for norm, moments, hook in zip(norms, seen, hooks, strict=True):
        hook.remove()
        _set_statistics(norm, *moments.mean_and_variance())


class _Moments:
    """Sums over the inputs of a batch-norm, by channel, as a hook before it."""

    def __init__(self) -> None:
        self.count, self.total, self.squares = 0, torch.zeros(()), torch.zeros(())

    def __call__(self, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        values = inputs[0].double()
        self.count += values.numel() // values.shape[1]
        self.total = self.total.to(values) + values.sum((0, 2, 3))
        self.squares = self.squares.to(values) + values.square().sum((0, 2, 3))

    def mean_and_variance(self) -> tuple[Tensor, Tensor]:
        mean = self.total / self.count
        return mean, (self.squares / self.count - mean.square()).clamp(min=0)


def _set_statistics(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    """Other statistics, and scale and shift so that the function stays: from adding b to adding b."""
    norm.bias.add_(mean - _mean(norm))
    _mean(norm).copy_(mean)
    _variance(norm).copy_(variance)
    norm.weight.copy_(torch.sqrt(_variance(norm) + norm.eps))


def _norm_of(module: WeightLayer) -> nn.BatchNorm2d:
    assert module.norm is not None
    return module.norm


def _mean(norm: nn.BatchNorm2d) -> Tensor:
    assert norm.running_mean is not None
    return norm.running_mean


def _variance(norm: nn.BatchNorm2d) -> Tensor:
    assert norm.running_var is not None
    return norm.running_var
