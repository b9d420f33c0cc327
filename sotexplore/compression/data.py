"""Data sets: uint8 images, in memory or on disk, and labels as tensors; augmentation on whole batches."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sotexplore.compression.data_files import DATA_VARIABLE, check_files, check_mnist, data_directory, has_files
from sotexplore.compression.folder_images import FolderImages, Images, read_folders
from sotexplore.compression.torchvision_import import import_datasets
from sotexplore.errors import InputError

_TORCHVISION = {"mnist": "MNIST", "cifar10": "CIFAR10"}
_SHIFT_PIXELS = {"digits": 0, "mnist": 2, "cifar10": 4, "imagenet": 16}
_FLIPS = {"cifar10", "imagenet"}
_DIGITS_TEST_SHARE, _DIGITS_SEED = 0.25, 0
_MOST_VALUES = 2**23
"""Of the images of one batch outside training: 55 of ImageNet; no bound for the small sets."""


@dataclass(frozen=True)
class Dataset:
    """Images as uint8 of shape (n, channels, height, width), 0..255; labels as int64 of shape (n,)."""

    name: str
    train_images: Images
    train_labels: Tensor
    test_images: Images
    test_labels: Tensor

    @property
    def device(self) -> torch.device:
        """Where the tensors lie."""
        return self.train_images.device

    def to(self, device: torch.device) -> "Dataset":
        """The same data on another device."""
        return Dataset(
            self.name,
            self.train_images.to(device),
            self.train_labels.to(device),
            self.test_images.to(device),
            self.test_labels.to(device),
        )

    def first(self, count: int | None) -> "Dataset":
        """The same data with the first `count` training images only; all of them where None.

        Raises:
            InputError: there are fewer.
        """
        if count is None:
            return self
        images = self.train_images
        if count > len(self.train_labels):
            problem = f"is more than the training images of {self.name}"
            raise InputError("train_images", problem, got=count, allowed=f"2..{len(self.train_labels)}, or left out")
        few = images.first(count) if isinstance(images, FolderImages) else images[:count]
        return replace(self, train_images=few, train_labels=self.train_labels[:count])


def fitting(images: Images, wanted: int, most_values: int = _MOST_VALUES) -> int:
    """Images of a batch: as many as wanted, fewer where they are so large that they would hold more than `most_values`."""
    return max(1, min(wanted, most_values // math.prod(images.shape[1:])))


def chosen_device(name: str) -> torch.device:
    """The device of that name; `auto` is a GPU where there is one.

    Raises:
        InputError: unknown name, or a GPU that is not there.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise InputError("device", "unknown device", got=name, allowed="auto, cpu, cuda")
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise InputError("device", "no GPU that torch can use", got=name, allowed="auto, cpu")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def load(name: str, root: Path | str | None = None, *, download: bool = False) -> Dataset:
    """A data set.

    Args:
        name: `digits` (scikit-learn's 8x8 digits: 1,348 to train on, 449 to test on), `mnist`, `cifar10`, or `imagenet`, which is
            read from the folders `imagenet/train` and `imagenet/val` and stays on disk.
        root: folder in torchvision's layout; default as in `data_directory`.
        download: let torchvision download what is missing; ImageNet it does not download.

    Returns:
        The data set.

    Raises:
        InputError: unknown name; files missing or damaged.
    """
    if name == "digits":
        return _digits()
    if name not in _TORCHVISION:
        check_files(name, root)
        return Dataset(name, *read_folders(data_directory(root) / name))
    folder = data_directory(root)
    if name == "mnist":
        check_mnist(root)
    factory = getattr(import_datasets(), _TORCHVISION[name])
    try:
        parts = [factory(str(folder), train=train, download=download) for train in (True, False)]
    except (RuntimeError, OSError, EOFError, ValueError) as error:
        why = "its files are not the published ones" if "download=True" in str(error) else str(error)
        allowed = f"a folder with {name} in torchvision's layout, named by --data or {DATA_VARIABLE}, or --download"
        why = why if has_files(name, root) else "not found"
        raise InputError("data", f"{name} is missing or damaged: {why}", got=folder, allowed=allowed) from None
    images = [_channels_first(part.data) for part in parts]
    labels = [torch.as_tensor(part.targets, dtype=torch.int64) for part in parts]
    return Dataset(name, images[0], labels[0], images[1], labels[1])


def augment(images: Tensor, name: str, generator: torch.Generator) -> Tensor:
    """Random shift by up to 2 (MNIST), 4 (CIFAR-10) or 16 (ImageNet) pixels with zero padding; the last two mirrored too.

    Args:
        images: float tensor (n, channels, height, width).
        name: data set's name.
        generator: source of randomness, on the CPU.

    Returns:
        A tensor of the same shape.
    """
    shift = _SHIFT_PIXELS[name]
    if name in _FLIPS:
        mirrored = torch.rand(len(images), generator=generator) < 0.5
        images = torch.where(mirrored[:, None, None, None].to(images.device), images.flip(-1), images)
    return _shifted(images, shift, generator) if shift else images


def _shifted(images: Tensor, shift: int, generator: torch.Generator) -> Tensor:
    count, _, height, width = images.shape
    padded = functional.pad(images, (shift, shift, shift, shift))
    offsets = torch.randint(0, 2 * shift + 1, (2, count, 1), generator=generator).to(images.device)
    rows = offsets[0] + torch.arange(height, device=images.device)
    columns = offsets[1] + torch.arange(width, device=images.device)
    samples = torch.arange(count, device=images.device)
    picked = padded.permute(0, 2, 3, 1)[samples[:, None, None], rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2).contiguous()


def _channels_first(data: object) -> Tensor:
    images = torch.as_tensor(np.asarray(data))
    return (images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2)).contiguous()


def _digits() -> Dataset:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = torch.as_tensor(np.round(bunch.images * (255 / 16)).astype(np.uint8))[:, None]
    labels = torch.as_tensor(bunch.target.astype(np.int64))
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(_DIGITS_SEED))
    n_test = round(len(images) * _DIGITS_TEST_SHARE)
    test, train = order[:n_test], order[n_test:]
    return Dataset("digits", images[train], labels[train], images[test], labels[test])
