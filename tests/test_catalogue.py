"""The networks' shapes against published counts."""

import pytest

from sotexplore import catalogue
from sotexplore.errors import InputError
from sotexplore.workload import Layer, LayerWorkload, Pool

# Weights without biases and batch-norm; MACs per frame. LeNet-5: 430,500 weights (Caffe's 20-50-500-10). ResNet-20: 0.27 M,
# 41 M (He et al., CVPR 2016, table 6; 1x1 shortcuts add 2,560). VGG-16 ImageNet: 138.4 M, 15.5 G. ResNet-18/50 ImageNet:
# 11.7 M / 25.5 M weights, 1.8 / 4.1 GMACs (torchvision's documented figures). AlexNet: 61.1 M, 0.71 G.
PUBLISHED = {
    "lenet5-mnist": (430_500, 2_293_000, 0.0),
    "resnet20-cifar10": (270_896, 40.8e6, 0.01),
    "resnet18-imagenet": (11.68e6, 1.81e9, 0.01),
    "resnet50-imagenet": (25.5e6, 4.09e9, 0.01),
    "vgg16-imagenet": (138.3e6, 15.47e9, 0.01),
    "alexnet-imagenet": (61.1e6, 0.71e9, 0.01),
    "vgg16-cifar10": (14.72e6, 313e6, 0.01),
    "resnet18-cifar10": (11.17e6, 556e6, 0.01),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_golden_weights_and_operations(name: str) -> None:
    weights, macs, tolerance = PUBLISHED[name]
    network = catalogue.network(name)
    assert network.n_weights == pytest.approx(weights, rel=tolerance)
    assert network.n_macs == pytest.approx(macs, rel=tolerance)


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_every_layer_reads_what_its_source_writes(name: str) -> None:
    network = catalogue.network(name)
    by_name = {layer.name: layer for layer in network.layers}
    assert len(by_name) == len(network.layers)
    for layer in network.layers:
        if layer.source in by_name:
            source = by_name[layer.source]
            features = source.out_channels * source.pooled_height * source.pooled_width
            assert layer.in_channels * layer.in_height * layer.in_width == features
        if layer.residual:
            other = by_name[layer.residual]
            assert (other.out_channels, other.pooled_height) == (layer.out_channels, layer.out_height)
    assert network.layers[-1].out_channels == network.n_classes
    assert not network.layers[-1].relu


def test_unknown_network() -> None:
    with pytest.raises(InputError, match=r"^network: unknown network .*lenet5-mnist"):
        catalogue.network("lenet")


def test_layers_that_do_not_map_are_refused() -> None:
    with pytest.raises(InputError, match="kernel"):
        Layer("c", "conv", "image", 1, 1, 4, 4, kernel=5)
    with pytest.raises(InputError, match="groups"):
        Layer("c", "conv", "image", 4, 6, 4, 4, kernel=1, groups=4)


@pytest.mark.parametrize(
    ("field", "value"), [("kept_filters", 0), ("kept_rows", 26), ("weight_bits", 0), ("input_bits", 33)]
)
def test_a_workload_out_of_range_is_refused(field: str, value: int) -> None:
    layer = catalogue.network("lenet5-mnist").layers[0]
    values = {"kept_filters": 20, "kept_rows": 25, "weight_bits": 8, "input_bits": 8} | {field: value}
    with pytest.raises(InputError, match=field):
        LayerWorkload(layer, **values)


def test_edges_keep_their_bits_and_the_image_its_pixels() -> None:
    resnet, lenet = catalogue.network("resnet20-cifar10"), catalogue.network("lenet5-mnist")
    assert [resnet.weight_bits(index, 2) for index in (0, 1, 21)] == [8, 2, 8]
    assert [lenet.weight_bits(index, 2) for index in (0, 1, 3)] == [2, 2, 2]
    assert [lenet.input_bits(index, 2) for index in (0, 1)] == [8, 2]


def test_filters_behind_a_residual_add_stay() -> None:
    resnet = catalogue.network("resnet20-cifar10")
    free = [layer.name for index, layer in enumerate(resnet.layers) if resnet.prunable_filters(index)]
    assert free == [layer.name for layer in resnet.layers if layer.name.endswith(".conv1")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("groups", 0),
        ("groups", -1),
        ("stride", 0),
        ("stride", -1),
        ("kernel", 0),
        ("kernel", 2.5),
        ("in_channels", 0),
        ("padding", -1),
        ("kind", "foo"),
    ],
)
def test_degenerate_layers_are_refused(field: str, value: object) -> None:
    sizes = {"in_channels": 4, "out_channels": 4, "in_height": 8, "in_width": 8, "kind": "conv"}
    with pytest.raises(InputError, match=field):
        Layer(name="c", source="image", **(sizes | {field: value}))


@pytest.mark.parametrize("sizes", [(0, 2), (2, 0)])
def test_degenerate_pools_are_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="pool"):
        Pool("max", *sizes)
