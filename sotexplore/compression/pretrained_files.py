"""Where torchvision's pretrained weights lie and whether they are there: without torch, so that it can be said before a run."""

import os
from pathlib import Path

from sotexplore.errors import InputError

WEIGHT_FILES = {
    "alexnet-imagenet": "alexnet-owt-7be5be79.pth",
    "vgg16-imagenet": "vgg16_bn-6c64b313.pth",
    "resnet18-imagenet": "resnet18-f37072fd.pth",
    "resnet50-imagenet": "resnet50-0676ba61.pth",
}
"""Network -> torchvision's file of its weights IMAGENET1K_V1; behind the dash the first digits of its SHA-256."""


def weights_folder() -> Path:
    """The folder in which torch's hub keeps what it downloads: below `TORCH_HOME`, else in the user's cache."""
    shared = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "torch"
    return Path(os.environ.get("TORCH_HOME", shared)).expanduser() / "hub" / "checkpoints"


def check_weights(network: str) -> Path:
    """The file of a network's pretrained weights.

    Raises:
        InputError: it is not there; names file and folder.
    """
    path = weights_folder() / WEIGHT_FILES[network]
    if not path.is_file():
        raise InputError(
            "recipe.pretrained", f"the weights of {network} are missing: {path.name} not found", got=path.parent,
            allowed="that file in that folder, --download, or pretrained: false",
        )  # fmt: skip
    return path


def check_start_of_dense(network: str, *, pretrained: bool, epochs: int) -> None:
    """Raises where a dense network would start at weights that do not exist, or would be no more than its random ones.

    Args:
        network: its name.
        pretrained: whether it starts at pretrained weights.
        epochs: of its training.

    Raises:
        InputError: no such weights, or neither weights nor training.
    """
    if pretrained and network not in WEIGHT_FILES:
        problem = f"{network} has no pretrained weights"
        raise InputError("recipe.pretrained", problem, got=True, allowed=f"false, or one of {', '.join(WEIGHT_FILES)}")
    if not pretrained and epochs == 0:
        problem = "leaves the dense network untrained without recipe.pretrained"
        raise InputError("epochs.dense", problem, got=epochs, allowed="1..1000")
