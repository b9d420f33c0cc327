"""Whether a checkpoint's layers are what its network can run."""

import numpy as np

from sotexplore.checkpoint import FLOAT_BITS, LayerCheckpoint
from sotexplore.errors import InputError
from sotexplore.workload import IMAGE, PIXEL_BITS, Layer, Network

MAX_BITS = 8
_MAX_SHIFT = 62


def check_layers(network: Network, layers: tuple[LayerCheckpoint, ...]) -> None:
    """Refuses layers that are not the network's.

    Raises:
        InputError: names the layer and what does not match.
    """
    names, saved_names = [item.name for item in network.layers], [item.name for item in layers]
    if names != saved_names:
        raise InputError(
            "checkpoint.layers", f"do not match {network.name}", got=", ".join(saved_names), allowed=", ".join(names)
        )
    for place, (layer, saved) in enumerate(zip(network.layers, layers, strict=True)):
        if FLOAT_BITS in (saved.weight_bits, saved.input_bits):
            raise InputError(
                "checkpoint", "holds float weights, which no sub-array stores",
                got=f"{saved.weight_bits}-bit {saved.name}", allowed=f"1..{MAX_BITS} bits",
            )  # fmt: skip
        _check_places(layer, saved)
        _check_numbers(saved, is_last=place == len(layers) - 1)
        _check_inputs(network, layers, layer, saved)


def _check_places(layer: Layer, saved: LayerCheckpoint) -> None:
    for name, values, high in (("filters", saved.filters, layer.n_filters), ("rows", saved.rows, layer.n_rows)):
        fits = values.ndim == 1 and len(values) > 0 and int(values.max()) < high
        if not fits or not (np.diff(values.astype(np.int64)) > 0).all():
            raise _mismatch(
                saved, name, f"{len(values)} up to {int(values.max(initial=0))}", f"ascending, below {high}"
            )
    shape = (len(saved.filters), len(saved.rows))
    if saved.levels.shape != shape:
        raise _mismatch(saved, "levels", f"shape {saved.levels.shape}", f"shape {shape}")
    for name in ("multiplier", "bias"):
        if getattr(saved, name).shape != shape[:1]:
            raise _mismatch(saved, name, f"shape {getattr(saved, name).shape}", f"shape {shape[:1]}")
    if layer.groups > 1 and len(saved.filters) != layer.n_filters:
        raise _mismatch(saved, "filters", len(saved.filters), f"all {layer.n_filters} of a grouped layer")


def _check_numbers(saved: LayerCheckpoint, *, is_last: bool) -> None:
    for name, value, low, high in (
        ("weight_bits", saved.weight_bits, 1, MAX_BITS),
        ("input_bits", saved.input_bits, 1, MAX_BITS),
        ("shift", saved.shift, 0, _MAX_SHIFT),
    ):
        if not low <= value <= high and not (is_last and name == "shift"):
            raise _mismatch(saved, name, value, f"{low}..{high}")
    most = saved.output_bits + saved.shift
    if saved.carried_bits and not saved.output_bits < saved.carried_bits <= most:
        raise _mismatch(saved, "carried_bits", saved.carried_bits, f"0, or {saved.output_bits + 1}..{most}")
    half = 2 ** (saved.weight_bits - 1)
    levels = saved.levels.astype(np.int64)
    fits = (np.abs(levels) == 1).all() if saved.weight_bits == 1 else ((levels >= -half) & (levels < half)).all()
    if not fits:
        allowed = "-1 and 1" if saved.weight_bits == 1 else f"{-half}..{half - 1}"
        raise _mismatch(saved, "levels", f"{levels.min()}..{levels.max()}", allowed)


def _check_inputs(network: Network, layers: tuple[LayerCheckpoint, ...], layer: Layer, saved: LayerCheckpoint) -> None:
    if layer.source == IMAGE:
        if saved.input_bits != PIXEL_BITS:
            raise _mismatch(saved, "input_bits", saved.input_bits, f"{PIXEL_BITS} at the image")
        return
    source = next(item for item in layers if item.name == layer.source)
    if not network.layer(layer.source).relu or source.output_bits != saved.input_bits:
        given = f"{source.output_bits} {'unsigned' if network.layer(layer.source).relu else 'signed'}"
        raise _mismatch(saved, "input_bits", saved.input_bits, f"the {given} bits of {source.name}, unsigned")


def _mismatch(saved: LayerCheckpoint, name: str, got: object, allowed: str) -> InputError:
    return InputError(f"checkpoint.layers.{saved.name}.{name}", "does not match the network", got=got, allowed=allowed)
