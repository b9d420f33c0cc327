"""Imports torchvision beside a CPU-only torch.

torchvision's Linux wheels carry operators built against CUDA. Beside a CPU-only torch they do not load, and
`import torchvision` stops because its meta registrations name `torchvision::nms`. Data sets and models need none of
them: declaring the two schemas lets the import pass.
"""

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_declared: list[torch.library.Library] = []


def import_datasets() -> object:
    """The module `torchvision.datasets`, with the missing schemas declared only if the import needs them."""
    try:
        from torchvision import datasets
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        _declare()
        from torchvision import datasets
    return datasets


def _declare() -> None:
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        library.define(name + _SCHEMA)  # type: ignore[no-untyped-call]
    _declared.append(library)
