"""Imports torchvision beside a CPU-only torch.

torchvision's Linux wheels carry operators built against CUDA. Beside a CPU-only torch they do not load, and
`import torchvision` stops because its meta registrations name `torchvision::nms`. Data sets, models and image
transforms need none of them: declaring the two schemas lets the import pass.
"""

from importlib import import_module
from typing import Any

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_declared: list[torch.library.Library] = []


def import_datasets() -> Any:
    """The module `torchvision.datasets`, with the missing schemas declared only if the import needs them."""
    return _imported("torchvision.datasets")


def import_transforms() -> Any:
    """The module `torchvision.transforms.functional`, in the same way."""
    return _imported("torchvision.transforms.functional")


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        _declare()
        return import_module(name)


def _declare() -> None:
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        library.define(name + _SCHEMA)  # type: ignore[no-untyped-call]
    _declared.append(library)
