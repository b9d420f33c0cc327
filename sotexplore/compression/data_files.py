"""Where the real data sets lie and whether they are there: without torch, so that it can be said before a run starts."""

import os
from pathlib import Path

from sotexplore.errors import InputError

DATA_VARIABLE = "SOTEXPLORE_DATA"
_MNIST = tuple(
    f"MNIST/raw/{part}-ubyte"
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
)
_CIFAR10 = tuple(
    f"cifar-10-batches-py/{name}"
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")
)
_FILES = {"digits": (), "mnist": _MNIST, "cifar10": _CIFAR10}
"""Data set -> the files that torchvision reads; the digits come with scikit-learn."""
_FOLDERS = {"imagenet": ("imagenet/train", "imagenet/val")}
"""Data set -> its folders, with a folder for each class in them."""


def data_directory(given: Path | str | None = None) -> Path:
    """The folder of the real data sets: the one given, or `SOTEXPLORE_DATA`, or `data` beside the caller."""
    return Path(given or os.environ.get(DATA_VARIABLE) or "data")


def has_files(dataset: str, root: Path | str | None = None) -> bool:
    """Whether all files of a data set are there; arguments as in `check_files`."""
    try:
        check_files(dataset, root)
    except InputError:
        return False
    return True


def check_files(dataset: str, root: Path | str | None = None) -> None:
    """Raises where files of a data set are missing; whether they are whole shows when they are read.

    Args:
        dataset: `digits`, `mnist`, `cifar10` or `imagenet`.
        root: folder in torchvision's layout; default as in `data_directory`.

    Raises:
        InputError: unknown data set, or missing files; names the first one and the folder.
    """
    if dataset not in _FILES and dataset not in _FOLDERS:
        raise InputError("dataset", "cannot be trained on here", got=dataset, allowed=", ".join((*_FILES, *_FOLDERS)))
    folder, folders = data_directory(root), _FOLDERS.get(dataset, ())
    missing = [name for name in _FILES.get(dataset, ()) if not (folder / name).is_file()]
    missing += [name for name in folders if not (folder / name).is_dir()]
    if missing:
        layout = " and ".join(f"{name}/CLASS/*.JPEG" for name in folders) or f"{dataset} in torchvision's layout"
        allowed = f"a folder with {layout}, named by {DATA_VARIABLE}"
        raise InputError("data", f"{dataset} is missing: {missing[0]} not found", got=folder, allowed=allowed)
