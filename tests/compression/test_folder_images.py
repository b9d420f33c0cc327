"""Images that stay on disk: they are what torchvision's own preprocessing gives, and bad folders are named."""

import shutil
from pathlib import Path

import pytest
import torch

from sotexplore.compression import data
from sotexplore.compression.data_files import check_files, has_files
from sotexplore.compression.folder_images import FolderImages, in_turn
from sotexplore.compression.torchvision_import import import_datasets, import_transforms
from sotexplore.errors import InputError


@pytest.fixture
def folder(small_imagenet: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    shutil.copytree(small_imagenet / "imagenet", tmp_path / "imagenet")
    return tmp_path


def images_of(root: Path) -> FolderImages:
    images = data.load("imagenet", root).train_images
    assert isinstance(images, FolderImages)
    return images


def test_they_are_torchvisions_preprocessing(small_imagenet: Path) -> None:
    dataset, transforms = data.load("imagenet", small_imagenet), import_transforms()
    whole = import_datasets().ImageFolder(str(small_imagenet / "imagenet" / "val"))
    expected = {
        path: (transforms.pil_to_tensor(transforms.center_crop(transforms.resize(whole.loader(path), 256), 224)), label)
        for path, label in whole.samples
    }
    assert isinstance(dataset.test_images, FolderImages)
    assert sorted(dataset.test_images.paths) == sorted(expected)
    for index, path in enumerate(dataset.test_images.paths):
        assert torch.equal(dataset.test_images[index : index + 1][0], expected[path][0])
        assert int(dataset.test_labels[index]) == expected[path][1]


def test_they_are_indexed_like_a_tensor(small_imagenet: Path) -> None:
    images = images_of(small_imagenet)
    tensor = images[:]
    assert (tensor.shape, tensor.dtype, len(images)) == (images.shape, torch.uint8, 12)
    picked = torch.tensor([7, 0, 7])
    assert torch.equal(images[picked], tensor[picked])
    assert torch.equal(images[10:40], tensor[10:40])
    assert images[12:].shape == (0, 3, 224, 224)
    assert torch.equal(images.first(5)[:], tensor[:5])
    moved = images.to(torch.device("meta"))
    assert moved.device.type == "meta" and moved[:1].device.type == "meta"


def test_parts_come_in_order_from_memory_and_from_disk(small_imagenet: Path) -> None:
    images = images_of(small_imagenet)
    parts = [torch.tensor([3, 1]), torch.tensor([0]), torch.tensor([5, 2])]
    for found, other, part in zip(in_turn(images, parts), in_turn(images[:], parts), parts, strict=True):
        assert torch.equal(found, images[part]) and torch.equal(other, found)
    assert not list(in_turn(images, []))


def test_only_what_is_asked_for_is_decoded(small_imagenet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading, cutting down and moving a data set opens no image."""
    loader, opened = import_datasets().folder.pil_loader, []
    monkeypatch.setattr(import_datasets().folder, "pil_loader", lambda path: opened.append(path) or loader(path))
    dataset = data.load("imagenet", small_imagenet).first(9).to(torch.device("cpu"))
    assert (len(dataset.train_images), len(dataset.train_labels), dataset.device.type) == (9, 9, "cpu")
    assert not opened
    dataset.train_images[2:4]
    assert len(opened) == 2


def test_the_first_images_are_of_many_classes(small_imagenet: Path) -> None:
    dataset = data.load("imagenet", small_imagenet)
    assert len(dataset.train_labels[:4].unique()) > 1
    assert dataset.train_labels.bincount().tolist() == [4, 4, 4]
    again = data.load("imagenet", small_imagenet)
    assert again.train_images == dataset.train_images and torch.equal(again.train_labels, dataset.train_labels)


def test_a_batch_of_large_images_is_small(small_imagenet: Path) -> None:
    assert data.fitting(images_of(small_imagenet), 1000) == 55
    assert data.fitting(torch.empty(1, 3, 32, 32), 1000) == 1000
    assert data.fitting(torch.empty(1, 3, 32, 32), 1000, 10) == 1


def test_augmentation_moves_by_up_to_sixteen_pixels_and_mirrors() -> None:
    image = torch.zeros(64, 1, 224, 224)
    image[:, 0, 100, 50] = 1
    places = data.augment(image, "imagenet", torch.Generator().manual_seed(0)).nonzero()[:, 2:]
    assert (places[:, 0] - 100).abs().max() == 16
    assert 0 < int((places[:, 1] > 112).sum()) < 64


def test_missing_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^data: imagenet is missing: imagenet/train not found .*imagenet/val/CLASS"):
        data.load("imagenet", tmp_path)
    (tmp_path / "imagenet" / "train").mkdir(parents=True)
    with pytest.raises(InputError, match=r"^data: imagenet is missing: imagenet/val not found"):
        check_files("imagenet", tmp_path)
    assert not has_files("imagenet", tmp_path)


def test_a_folder_without_classes(tmp_path: Path) -> None:
    for part in ("train", "val"):
        (tmp_path / "imagenet" / part).mkdir(parents=True)
    assert has_files("imagenet", tmp_path)
    with pytest.raises(InputError, match=r"^data: imagenet is not whole: .*imagenet/train"):
        data.load("imagenet", tmp_path)


def test_a_class_without_images(folder: Path) -> None:
    (folder / "imagenet" / "train" / "n09").mkdir()
    with pytest.raises(InputError, match=r"^data: imagenet is not whole: .*n09"):
        data.load("imagenet", folder)


def test_parts_of_other_classes(folder: Path) -> None:
    shutil.rmtree(folder / "imagenet" / "val" / "n01")
    with pytest.raises(InputError, match=r"^data: imagenet has the class n01 in train only"):
        data.load("imagenet", folder)


def test_more_classes_than_scores(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sotexplore.compression.folder_images.MOST_CLASSES", 2)
    with pytest.raises(InputError, match=r"^data: imagenet has more classes than its networks, 3 .*1\.\.2 class"):
        data.load("imagenet", folder)


@pytest.mark.parametrize("length", [0, 40, 1000])
def test_a_damaged_image_is_named(folder: Path, length: int) -> None:
    path = folder / "imagenet" / "train" / "n01" / "1.JPEG"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(InputError, match=rf"^data: an image cannot be read: .*{path}"):
        images_of(folder)[:]
