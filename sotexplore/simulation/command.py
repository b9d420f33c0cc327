"""What `sotexplore simulate` does: a checkpoint run on sub-arrays beside its integer reference, over test images."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sotexplore.checkpoint import Checkpoint, load_checkpoint
from sotexplore.compression import integer
from sotexplore.compression.data import load
from sotexplore.design import Hardware, parse_design, read_mapping
from sotexplore.errors import InputError
from sotexplore.hardware.cell import preset
from sotexplore.simulation import ageing
from sotexplore.simulation.arrays import Arrays, arrays_of
from sotexplore.simulation.device import Device, device_of, margin_error_ratio
from sotexplore.simulation.faults import OF_DEVICE, Faults, parse_faults
from sotexplore.simulation.placement import cut
from sotexplore.simulation.run import BATCH_IMAGES, Simulation, Simulator

DEFAULT_IMAGES = 1000
_FROM_MARGIN = "read_error_ratio=margin"
_PRESET = "preset"


@dataclass(frozen=True)
class Report:
    """A simulation beside its reference."""

    images: int
    mismatches: int
    """Images of which any class score differs from the integer reference."""
    accuracy_ratio: float
    images_per_s: float
    """Of the simulation alone."""
    simulation: Simulation
    margin_error_ratio: float | None = None
    """What the read margin predicts of sampled cells; see `device.margin_error_ratio`."""

    def to_dict(self, *, counts: bool = False) -> dict[str, Any]:
        """The report as plain data; with the counts of each layer per image where asked for."""
        row: dict[str, Any] = {
            "images": self.images,
            "mismatches": self.mismatches,
            "accuracy_ratio": self.accuracy_ratio,
            "images_per_s": self.images_per_s,
        }
        if self.simulation.read_error_ratio is not None:
            row["read_error_ratio"] = self.simulation.read_error_ratio
        if self.simulation.clipped_ratio:
            row["clipped_ratio"] = self.simulation.clipped_ratio
        if self.margin_error_ratio is not None:
            row["margin_error_ratio"] = self.margin_error_ratio
        return row | ({"layers": self.simulation.counts_per_image()} if counts else {})


def simulate_checkpoint(
    cache: Path, key: str, *, n_images: int | None = None, data: Path | None = None,
    hardware: dict[str, Any] | None = None, faults: Sequence[str] = (), sample_cells: bool = False,
) -> Report:  # fmt: skip
    """Runs the first test images of a checkpoint's data set on sub-arrays.

    Args:
        cache: the cache's folder.
        key: of the checkpoint.
        n_images: test images; None for the first 1,000, or all where there are fewer.
        data: folder of the real data sets, or None for `SOTEXPLORE_DATA`.
        hardware: fields of a design's hardware, defaults for the rest; `full_scale_rows` too.
        faults: texts `NAME=VALUE`.
        sample_cells: draw the resistance of every cell.

    Raises:
        InputError: no such checkpoint, one that does not match its network, bad hardware or faults, missing data.
    """
    arrays, chip = parse_arrays(hardware or {})
    settings = parse_settings(faults, arrays, chip, sample_cells=sample_cells)
    settings.check_fit(arrays)
    checkpoint = loaded(cache, key)
    simulator = Simulator(checkpoint.network, checkpoint.layers, arrays, settings)
    images, labels = test_images(checkpoint, n_images, data)
    report = run_beside_reference(checkpoint, simulator, images, labels)
    if settings.device is None:
        return report
    return replace(report, margin_error_ratio=margin_error_ratio(settings.device, arrays))


def run_beside_reference(
    checkpoint: Checkpoint, simulator: Simulator, images: NDArray[np.uint8], labels: NDArray[np.int64]
) -> Report:
    """Runs images batch by batch on sub-arrays and by the integer reference."""
    found, seconds, mismatches = [], 0.0, 0
    for part in cut(len(images), BATCH_IMAGES):
        start = time.perf_counter()
        found.append(simulator.scores(images[part]))
        seconds += time.perf_counter() - start
        reference = integer.scores(checkpoint, torch.from_numpy(images[part])).numpy()
        mismatches += int((found[-1] != reference).any(axis=1).sum())
    scores = np.concatenate(found)
    return Report(
        images=len(images),
        mismatches=mismatches,
        accuracy_ratio=float((scores.argmax(axis=1) == labels).mean()),
        images_per_s=len(images) / seconds,
        simulation=Simulation(scores, simulator.tallies),
    )


def parse_arrays(fields: dict[str, Any]) -> tuple[Arrays, Hardware]:
    """Sub-arrays from fields of a design's hardware; None stands for the default.

    Raises:
        InputError: a field is unknown or out of range.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    full_scale = given.pop("full_scale_rows", None)
    hardware = parse_design({"hardware": given}).hardware
    return replace(arrays_of(hardware), full_scale_rows=full_scale), hardware


def parse_settings(faults: Sequence[str], arrays: Arrays, hardware: Hardware, *, sample_cells: bool = False) -> Faults:
    """Faults from texts `NAME=VALUE`, with the cell's resistances where they are to be sampled.

    `tmr_ratio`, `spread_ratio` and `offset_v` stand in for the cell's own and sample it too;
    `read_error_ratio=margin` puts the error rate of the cell's read margin on every bit instead of sampling.
    `preset` stands for what is known of the cell: its resistances sampled, and the thermal stability of its kind.

    Raises:
        InputError: unknown name, no number, out of range.
    """
    if _PRESET in faults:
        stability = ageing.thermal_stability(preset(hardware.cell).kind)
        given = [text for text in faults if text != _PRESET]
        return parse_settings([f"thermal_stability={stability}", *given], arrays, hardware, sample_cells=True)
    of_device = [text for text in faults if text.partition("=")[0] in OF_DEVICE]
    others = [text for text in faults if text not in of_device]
    device: Device | None = None
    if sample_cells or of_device or _FROM_MARGIN in others:
        values = {name: _number(name, text) for name, _, text in (item.partition("=") for item in of_device)}
        device = device_of(preset(hardware.cell), hardware.node_nm, hardware.subarray_rows, **values)
    if _FROM_MARGIN in others and arrays.is_crossbar:
        raise InputError("faults.read_error_ratio", "occurs in and-count arrays only", got="margin", allowed="0 here")
    if device is not None and _FROM_MARGIN in others:
        rate = f"read_error_ratio={margin_error_ratio(device, arrays)}"
        others, device = [rate if text == _FROM_MARGIN else text for text in others], None
    return parse_faults(others, device)


def fault_texts(path: Path | None, given: Sequence[str]) -> list[str]:
    """Faults of a file, then those given beside it, which come first where both name one.

    Args:
        path: YAML or JSON with names and values; `preset: true` too. None for no file.
        given: texts `NAME=VALUE`.

    Raises:
        InputError: no such file, not a mapping, a value that is no number.
    """
    values = {} if path is None else dict(read_mapping(path))
    named = {text.partition("=")[0] for text in given}
    texts = []
    for name, value in values.items():
        if name == _PRESET and isinstance(value, bool):
            texts += [_PRESET] if value else []
        elif isinstance(value, bool) or not isinstance(value, int | float | str):
            raise InputError(f"faults.{name}", "is not a number", got=value, allowed="a number")
        elif name not in named:
            texts.append(f"{name}={value}")
    return [*texts, *given]


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"faults.{name}", "is not a number", got=text or "nothing", allowed="a number") from None


def loaded(cache: Path, key: str) -> Checkpoint:
    """A checkpoint of the cache.

    Raises:
        InputError: no such key, or the file is damaged.
    """
    try:
        return load_checkpoint(cache, key)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, IndexError) as error:
        problem = f"is damaged: {type(error).__name__} {error}"
        raise InputError("checkpoint", problem, got=key, allowed="a whole checkpoint file") from None


def test_images(
    checkpoint: Checkpoint, n_images: int | None, data: Path | None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The first test images of a checkpoint's data set, and their labels; 1,000 or all where no number is given.

    Raises:
        InputError: fewer images in the set, or the data is missing.
    """
    dataset = load(checkpoint.network.dataset, data)
    available = len(dataset.test_labels)
    count = min(DEFAULT_IMAGES, available) if n_images is None else n_images
    if not 1 <= count <= available:
        raise InputError("images", "out of range", got=count, allowed=f"1..{available}, the test set")
    return dataset.test_images[:count].numpy(), dataset.test_labels[:count].numpy()
