"""The digits network is too small for two threads to help; one is also free of waiting on a busy machine."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

torch.set_num_threads(1)
sys.path.insert(0, str(Path(__file__).resolve().parent))  # helpers of these tests lie beside them


@pytest.fixture(scope="session")
def small_imagenet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with `imagenet/train` and `imagenet/val`: 12 and 6 random images of three classes, JPEG and PNG."""
    root = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    for part, count in (("train", 4), ("val", 2)):
        for label in range(3):
            folder = root / "imagenet" / part / f"n0{label}"
            folder.mkdir(parents=True)
            for index in range(count):
                pixels = random.integers(60 * label, 60 * label + 130, (9, 8 + index, 3)).astype(np.uint8)
                Image.fromarray(pixels).resize((300 + 10 * index, 270)).save(
                    folder / f"{index}.{'JPEG' if index else 'png'}"
                )
    return root
