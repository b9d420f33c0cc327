"""Images that stay on disk: a folder per class, decoded when asked for, because ImageNet does not fit in memory.

Shorter side to 256 pixels, then the middle 224 x 224, as torchvision's pretrained networks are measured.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from sotexplore.compression.torchvision_import import import_datasets, import_transforms
from sotexplore.errors import InputError

SHORTER_SIDE_PIXELS, CROP_PIXELS = 256, 224
MOST_CLASSES = 1000
"""Class scores of the catalogue's ImageNet networks."""
_MOST_THREADS = 32
_CPU = torch.device("cpu")
_ORDER_SEED = 0
_LAYOUT = "imagenet/train/CLASS/*.JPEG and imagenet/val/CLASS/*.JPEG, an image in each class, the same classes in both"


@dataclass(frozen=True)
class FolderImages:
    """Images by their paths, indexed like the uint8 tensor (n, 3, 224, 224) that they would fill."""

    paths: tuple[str, ...]
    device: torch.device = _CPU
    """Where what is indexed goes."""

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def shape(self) -> torch.Size:
        """As the tensor's."""
        return torch.Size((len(self), 3, CROP_PIXELS, CROP_PIXELS))

    def __getitem__(self, index: slice | Tensor) -> Tensor:
        """Decodes the images of a slice, or of a tensor of whole numbers, on a pool of threads.

        Returns:
            uint8 tensor (n, 3, 224, 224) on `device`.

        Raises:
            InputError: an image is gone or damaged; names the file.
        """
        paths = self.paths[index] if isinstance(index, slice) else [self.paths[place] for place in index.tolist()]
        if not paths:
            return torch.empty((0, *self.shape[1:]), dtype=torch.uint8, device=self.device)
        import_transforms()  # not by several threads at once
        with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1, len(paths))) as pool:
            return torch.stack(list(pool.map(_decoded, paths))).to(self.device)

    def to(self, device: torch.device) -> "FolderImages":
        """The same images, to be put on another device."""
        return replace(self, device=device)

    def first(self, count: int) -> "FolderImages":
        """The first `count` of them, not decoded."""
        return replace(self, paths=self.paths[:count])


Images = Tensor | FolderImages
"""uint8 images (n, channels, height, width), in memory or on disk."""


def in_turn(images: Images, parts: Iterable[Tensor]) -> Iterator[Tensor]:
    """The images of each part, in order; from disk, the next part is decoded while one is being worked on."""
    if isinstance(images, Tensor):
        yield from (images[part] for part in parts)
        return
    with ThreadPoolExecutor(1) as ahead:
        before = None
        for part in parts:
            now = ahead.submit(images.__getitem__, part)
            if before is not None:
                yield before.result()
            before = now
        if before is not None:
            yield before.result()


def read_folders(root: Path) -> tuple[FolderImages, Tensor, FolderImages, Tensor]:
    """Training and test images with their labels, of the folders `train` and `val` below `root`.

    Labels are 0, 1, ... in the sorted order of the class folders: ImageNet's own numbering only where all its 1,000 classes
    are there. Both parts are in a fixed random order, so that the first images of a part are of many classes.

    Raises:
        InputError: a folder is missing or has no classes, a class has no image, the classes of the two differ, or are too many.
    """
    train, test = (_folder(root / part) for part in ("train", "val"))
    odd = sorted(set(train.classes) ^ set(test.classes))
    if odd:
        one = "train" if odd[0] in train.classes else "val"
        raise InputError("data", f"imagenet has the class {odd[0]} in {one} only", got=root, allowed=_LAYOUT)
    if len(train.classes) > MOST_CLASSES:
        problem = f"imagenet has more classes than its networks, {len(train.classes)}"
        raise InputError("data", problem, got=root, allowed=f"1..{MOST_CLASSES} class folders")
    return (*_shuffled(train.samples), *_shuffled(test.samples))


def _folder(path: Path) -> "_Folder":
    if not path.is_dir():
        raise InputError("data", f"imagenet is missing: {path.name} is no folder", got=path, allowed=_LAYOUT)
    try:
        found = import_datasets().ImageFolder(str(path))
    except OSError as error:
        raise InputError("data", f"imagenet is not whole: {error}", got=path, allowed=_LAYOUT) from None
    return _Folder(found.classes, found.samples)


@dataclass(frozen=True)
class _Folder:
    """Names of the classes, sorted; path and label of each image."""

    classes: list[str]
    samples: list[tuple[str, int]]


def _shuffled(samples: list[tuple[str, int]]) -> tuple[FolderImages, Tensor]:
    order = torch.randperm(len(samples), generator=torch.Generator().manual_seed(_ORDER_SEED)).tolist()
    labels = torch.tensor([samples[place][1] for place in order], dtype=torch.int64)
    return FolderImages(tuple(samples[place][0] for place in order)), labels


def _decoded(path: str) -> Tensor:
    from PIL.Image import DecompressionBombError

    transforms = import_transforms()
    try:
        image = import_datasets().folder.pil_loader(path)
        small = transforms.resize(image, SHORTER_SIDE_PIXELS)
        return transforms.pil_to_tensor(transforms.center_crop(small, CROP_PIXELS))  # type: ignore[no-any-return]
    except (OSError, SyntaxError, ValueError, DecompressionBombError) as error:
        raise InputError("data", f"an image cannot be read: {error}", got=path, allowed="a whole image file") from None
