"""The networks that the product knows, as shapes: one list that hardware, compression and pages read.

Sources: LeNet-5 with 20-50-500-10 units as in Caffe's MNIST example and the ADMM literature (430.5 k weights);
ResNet-20 for CIFAR-10, He et al., CVPR 2016, section 4.2; ResNet-18/50, ibid., table 1 (CIFAR variant: 3x3 stem of
stride 1, no stem pooling); VGG-16, Simonyan and Zisserman, ICLR 2015, configuration D (CIFAR variant: one
fully-connected layer); VGG-8 as DNN+NeuroSim trains it; AlexNet, Krizhevsky, arXiv 1404.5997 (one column).
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from sotexplore.errors import InputError
from sotexplore.workload import IMAGE, Layer, Network, Pool

_MAX2 = Pool("max", 2, 2)


class _Chain:
    """Builds layers one after another, following the tensor's shape."""

    def __init__(self, channels: int, size: int) -> None:
        self.layers: list[Layer] = []
        self.source, self.channels, self.size = IMAGE, channels, size

    def conv(self, name: str, filters: int, kernel: int, *, stride: int = 1, padding: int = 0, source: str = "",
             relu: bool = True, residual: str | None = None, pool: Pool | None = None) -> Layer:  # fmt: skip
        before = self._by_name(source)
        channels, size = (before.out_channels, before.pooled_height) if before else (self.channels, self.size)
        layer = Layer(name, "conv", source or self.source, channels, filters, size, size, kernel, stride, padding,
                      relu=relu, residual=residual, pool=pool)  # fmt: skip
        return self._append(layer)

    def fc(self, name: str, units: int, *, last: bool = False) -> Layer:
        """A fully-connected layer over the flattened tensor; the last one has neither batch-norm nor ReLU."""
        features = self.channels * self.size**2
        return self._append(Layer(name, "fc", self.source, features, units, 1, 1, batch_norm=not last, relu=not last))

    def pool_last(self, pool: Pool) -> None:
        """Adds pooling behind the last layer."""
        self.layers[-1] = replace(self.layers[-1], pool=pool)
        self.size = self.layers[-1].pooled_height

    def _by_name(self, name: str) -> Layer | None:
        return next((layer for layer in self.layers if layer.name == name), None)

    def _append(self, layer: Layer) -> Layer:
        self.layers.append(layer)
        self.source, self.channels, self.size = layer.name, layer.out_channels, layer.pooled_height
        return layer


def _digits_cnn() -> Network:
    chain = _Chain(1, 8)
    chain.conv("conv1", 16, 3, padding=1)
    chain.conv("conv2", 32, 3, padding=1, pool=_MAX2)
    chain.fc("fc1", 64)
    chain.fc("fc2", 10, last=True)
    return Network("digits-cnn", "digits", 10, tuple(chain.layers))


def _lenet5() -> Network:
    chain = _Chain(1, 28)
    chain.conv("conv1", 20, 5, pool=_MAX2)
    chain.conv("conv2", 50, 5, pool=_MAX2)
    chain.fc("fc1", 500)
    chain.fc("fc2", 10, last=True)
    return Network("lenet5-mnist", "mnist", 10, tuple(chain.layers))


def _basic_block(chain: _Chain, name: str, filters: int, stride: int) -> None:
    before, channels = chain.source, chain.channels
    chain.conv(f"{name}.conv1", filters, 3, stride=stride, padding=1)
    inner, shortcut = chain.source, before
    if stride != 1 or channels != filters:
        shortcut = chain.conv(f"{name}.down", filters, 1, stride=stride, source=before, relu=False).name
    chain.conv(f"{name}.conv2", filters, 3, padding=1, source=inner, residual=shortcut)


def _bottleneck(chain: _Chain, name: str, filters: int, stride: int) -> None:
    before, channels = chain.source, chain.channels
    chain.conv(f"{name}.conv1", filters, 1)
    chain.conv(f"{name}.conv2", filters, 3, stride=stride, padding=1)
    inner, shortcut = chain.source, before
    if stride != 1 or channels != 4 * filters:
        shortcut = chain.conv(f"{name}.down", 4 * filters, 1, stride=stride, source=before, relu=False).name
    chain.conv(f"{name}.conv3", 4 * filters, 1, source=inner, residual=shortcut)


def _resnet(name: str, *, widths: tuple[int, ...], blocks: tuple[int, ...], imagenet: bool,
            block: Callable[[_Chain, str, int, int], None] = _basic_block) -> Network:  # fmt: skip
    chain = _Chain(3, 224 if imagenet else 32)
    if imagenet:
        chain.conv("conv1", widths[0], 7, stride=2, padding=3, pool=Pool("max", 3, 2, 1))
    else:
        chain.conv("conv1", widths[0], 3, padding=1)
    for stage, (filters, count) in enumerate(zip(widths, blocks, strict=True), start=1):
        for index in range(1, count + 1):
            block(chain, f"layer{stage}.{index}", filters, 2 if stage > 1 and index == 1 else 1)
    chain.pool_last(Pool("average", chain.size, chain.size))
    n_classes = 1000 if imagenet else 10
    chain.fc("fc", n_classes, last=True)
    return Network(name, "imagenet" if imagenet else "cifar10", n_classes, tuple(chain.layers), edge_weight_bits=8)


def _vgg(name: str, stages: tuple[tuple[int, ...], ...], hidden: tuple[int, ...], *, imagenet: bool = False) -> Network:
    chain = _Chain(3, 224 if imagenet else 32)
    for stage, widths in enumerate(stages, start=1):
        for index, filters in enumerate(widths, start=1):
            chain.conv(f"conv{stage}_{index}", filters, 3, padding=1, pool=_MAX2 if index == len(widths) else None)
    for index, units in enumerate(hidden, start=1):
        chain.fc(f"fc{index}", units)
    n_classes = 1000 if imagenet else 10
    chain.fc(f"fc{len(hidden) + 1}", n_classes, last=True)
    return Network(name, "imagenet" if imagenet else "cifar10", n_classes, tuple(chain.layers), edge_weight_bits=8)


def _alexnet() -> Network:
    chain = _Chain(3, 224)
    pool = Pool("max", 3, 2)
    chain.conv("conv1", 64, 11, stride=4, padding=2, pool=pool)
    chain.conv("conv2", 192, 5, padding=2, pool=pool)
    chain.conv("conv3", 384, 3, padding=1)
    chain.conv("conv4", 256, 3, padding=1)
    chain.conv("conv5", 256, 3, padding=1, pool=pool)
    chain.fc("fc1", 4096)
    chain.fc("fc2", 4096)
    chain.fc("fc3", 1000, last=True)
    return Network("alexnet-imagenet", "imagenet", 1000, tuple(chain.layers), edge_weight_bits=8)


_VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
_WIDE, _NARROW = (64, 128, 256, 512), (16, 32, 64)
_BUILDERS: dict[str, Callable[[], Network]] = {
    "digits-cnn": _digits_cnn,
    "lenet5-mnist": _lenet5,
    "resnet20-cifar10": lambda: _resnet("resnet20-cifar10", widths=_NARROW, blocks=(3, 3, 3), imagenet=False),
    "vgg8-cifar10": lambda: _vgg("vgg8-cifar10", ((128, 128), (256, 256), (512, 512)), (1024,)),
    "vgg16-cifar10": lambda: _vgg("vgg16-cifar10", _VGG16, ()),
    "resnet18-cifar10": lambda: _resnet("resnet18-cifar10", widths=_WIDE, blocks=(2, 2, 2, 2), imagenet=False),
    "alexnet-imagenet": _alexnet,
    "vgg16-imagenet": lambda: _vgg("vgg16-imagenet", _VGG16, (4096, 4096), imagenet=True),
    "resnet18-imagenet": lambda: _resnet("resnet18-imagenet", widths=_WIDE, blocks=(2, 2, 2, 2), imagenet=True),
    "resnet50-imagenet": lambda: _resnet("resnet50-imagenet", widths=_WIDE, blocks=(3, 4, 6, 3), imagenet=True,
                                         block=_bottleneck),
}  # fmt: skip
NAMES = tuple(_BUILDERS)


@cache
def network(name: str) -> Network:
    """The network of that name.

    Raises:
        InputError: the name is unknown.
    """
    if name not in _BUILDERS:
        raise InputError("network", "unknown network", got=name, allowed=", ".join(NAMES))
    return _BUILDERS[name]()
