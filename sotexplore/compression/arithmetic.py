"""In which arithmetic a network is trained: what its recipe asks for, as far as the processor is faster with it."""

from functools import cache

import torch
from torch import Tensor

from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.recipe import Precision


@cache
def computes_bfloat16(device: torch.device) -> bool:
    """Whether the processor has units for bfloat16; without them its products are emulated, at a tenth of float32's speed."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return any(name.endswith("bf16") and found for name, found in torch.cpu.get_capabilities().items())


def used_precision(asked: Precision, device: torch.device) -> Precision:
    """What `scores` computes in where a recipe asks for `asked`."""
    return "bfloat16" if asked == "bfloat16" and computes_bfloat16(device) else "float32"


def scores(model: CatalogueNetwork, images: Tensor, asked: Precision) -> Tensor:
    """Class scores as float32, in bfloat16 where it is asked for and `computes_bfloat16`.

    A recipe that asks for bfloat16 asks for speed: it runs channels-last, the layout in which the kernels are fast in both.
    """
    if asked == "float32":
        return model(images)  # type: ignore[no-any-return]
    images = images.to(memory_format=torch.channels_last)
    if used_precision(asked, images.device) == "float32":
        return model(images)  # type: ignore[no-any-return]
    with torch.autocast(images.device.type, dtype=torch.bfloat16):
        found: Tensor = model(images)
    return found.float()
