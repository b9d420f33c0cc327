"""Where the real data sets lie and whether they are there: without torch, so that it can be said before a run starts."""

import hashlib
import os
from pathlib import Path

from sotexplore.errors import InputError

DATA_VARIABLE = "SOTEXPLORE_DATA"
_MNIST = {
    "MNIST/raw/train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "MNIST/raw/train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "MNIST/raw/t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "MNIST/raw/t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""Unpacked file -> its MD5; torchvision compares the packed ones, and only when it downloads them."""
_CIFAR10 = tuple(
    f"cifar-10-batches-py/{name}"
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")
)
_FILES = {"digits": (), "mnist": tuple(_MNIST), "cifar10": _CIFAR10}
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


def check_mnist(root: Path | str | None = None) -> None:
    """Raises where a file of MNIST is there and not the published one; CIFAR-10's are compared by torchvision.

    Args:
        root: folder in torchvision's layout; default as in `data_directory`.

    Raises:
        InputError: a damaged file; names it.
    """
    for name, published in _MNIST.items():
        path = data_directory(root) / name
        if path.is_file() and (found := hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()) != published:
            problem = f"mnist is damaged: {name} is not the published file"
            allowed = f"MD5 {published}: remove the file, then --download"
            raise InputError("data", problem, got=f"{path.stat().st_size:,} bytes of MD5 {found}", allowed=allowed)
