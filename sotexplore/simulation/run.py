"""Runs a network on its sub-arrays, images in batches, layer after layer, in bounded memory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sotexplore.checkpoint import LayerCheckpoint
from sotexplore.errors import InputError
from sotexplore.simulation import and_count, crossbar, maps
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.check import check_layers
from sotexplore.simulation.faults import IDEAL, Faults
from sotexplore.simulation.maps import IntMap
from sotexplore.simulation.placement import cut
from sotexplore.simulation.program import ProgrammedLayer, program
from sotexplore.simulation.tally import Tally
from sotexplore.workload import IMAGE, Network

BATCH_IMAGES = 100
_CHUNK_PIXELS = 8192
"""Output pixels that are worked on at once."""
_FRESH = 1_000_003
"""Tells the seed of faults that come anew from those of the cells."""


@dataclass(frozen=True)
class Simulation:
    """What a run gave."""

    scores: NDArray[np.int64]
    """Class scores (n_images, n_classes)."""
    tallies: tuple[Tally, ...]
    """Counts of each layer, over all images."""

    @property
    def n_images(self) -> int:
        """Images run."""
        return len(self.scores)

    @property
    def read_error_ratio(self) -> float | None:
        """Share of reads or conversions that sampled resistances or noise made wrong; None where none was checked.

        And-count: cells (pairs of cells for two-row reads, over both bits of the operand) that read as another bit.
        Crossbar: conversions whose sum is off by more than half a step.
        """
        checked = sum(tally.checked_reads for tally in self.tallies)
        return sum(tally.wrong_reads for tally in self.tallies) / checked if checked else None

    @property
    def clipped_ratio(self) -> float:
        """Share of conversions beyond the ADC's highest code."""
        clipped = sum(tally.clipped_sums for tally in self.tallies)
        return clipped / max(1, sum(tally.totals["sensed_bits"] for tally in self.tallies))

    def counts_per_image(self) -> list[dict[str, float | str]]:
        """Counts of each layer; what happens with every image divided by their number."""
        once = ("name", "n_subarrays", "stored_bits", "load_accesses")
        return [
            {
                name: value if name in once or isinstance(value, str) else _whole(value / self.n_images)
                for name, value in tally.to_dict().items()
            }
            for tally in self.tallies
        ]


class Simulator:
    """A network written into sub-arrays, to run images on."""

    def __init__(
        self, network: Network, layers: tuple[LayerCheckpoint, ...], arrays: Arrays, faults: Faults = IDEAL
    ) -> None:
        """Writes the weights.

        Raises:
            InputError: layers, arrays and faults do not go together.
        """
        check_layers(network, layers)
        faults.check_fit(arrays)
        self._network = network
        self._tallies = tuple(Tally(layer.name) for layer in network.layers)
        self._layers = tuple(
            program(layer, saved, arrays, faults, place=place, tally=self._tallies[place])
            for place, (layer, saved) in enumerate(zip(network.layers, layers, strict=True))
        )
        self._rngs = [np.random.default_rng([faults.seed, _FRESH, place]) for place in range(len(layers))]

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """Counts of each layer over the images run so far."""
        return self._tallies

    def scores(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Class scores (n, n_classes) of one batch of images (n, channels, height, width).

        Raises:
            InputError: images of another shape than the network's.
        """
        first = self._network.layers[0]
        shape = (first.in_channels, first.in_height, first.in_width)
        if images.shape[1:] != shape or images.dtype != np.uint8:
            got, allowed = f"{images.dtype} {images.shape[1:]}", f"uint8 {shape}"
            raise InputError("images", f"do not fit {self._network.name}", got=got, allowed=allowed)
        held: dict[str, IntMap] = {IMAGE: images.astype(np.int64)}
        carried: dict[str, IntMap] = {}
        last = self._network.layers[-1].name
        for place, programmed in enumerate(self._layers):
            layer = programmed.layer
            sums = _layer_sums(programmed, held[layer.source].astype(np.uint8), self._tallies[place], self._rngs[place])
            saved, source = programmed.saved, layer.residual
            residual = None if source is None else carried[source] if source in carried else held[source]
            wide = maps.wide_map(sums, layer, saved, residual)
            is_last = layer.name == last
            held[layer.name] = wide if is_last else maps.requantized(wide, layer, saved.shift, saved.output_bits)
            if saved.carried_bits:
                carried[layer.name] = maps.requantized(wide, layer, saved.carried_shift, saved.carried_bits)
            _tally_post(programmed, self._tallies[place], len(images))
            self._drop_read(held, place)
            self._drop_read(carried, place)
        return held[last].reshape(len(images), -1)

    def _drop_read(self, held: dict[str, IntMap], place: int) -> None:
        """Drops maps that no later layer reads."""
        ahead = self._network.layers[place + 1 :]
        needed = {layer.source for layer in ahead} | {layer.residual for layer in ahead}
        for name in [name for name in held if name not in needed and name != self._network.layers[-1].name]:
            del held[name]


def simulate(
    network: Network, layers: tuple[LayerCheckpoint, ...], images: NDArray[np.uint8], arrays: Arrays,
    faults: Faults = IDEAL, *, batch_images: int = BATCH_IMAGES,
) -> Simulation:  # fmt: skip
    """Runs images through a network on sub-arrays.

    Args:
        network: shapes.
        layers: integer weights.
        images: uint8 (n, channels, height, width).
        arrays: the sub-arrays.
        faults: of the chip.
        batch_images: images held in memory at once; with faults that come anew, equal batches give equal results.

    Raises:
        InputError: layers, arrays and faults do not go together.
    """
    simulator = Simulator(network, layers, arrays, faults)
    scores = [simulator.scores(images[part]) for part in cut(len(images), batch_images)]
    return Simulation(np.concatenate(scores), simulator.tallies)


def _layer_sums(
    programmed: ProgrammedLayer, values: NDArray[np.uint8], tally: Tally, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Sums of all kept filters, (n_filters, n_images * pixels), some images at a time."""
    layer, saved = programmed.layer, programmed.saved
    block_sums = crossbar.block_sums if programmed.arrays.is_crossbar else and_count.block_sums
    found = []
    for part in cut(len(values), max(1, _CHUNK_PIXELS // layer.n_pixels)):
        inputs = maps.patches(values[part], layer, saved.rows)
        of_blocks = []
        for block in programmed.blocks:
            first = block.block.first_input
            of_blocks.append(block_sums(programmed, block, inputs[first : first + block.block.n_inputs], tally, rng))
        found.append(np.concatenate(of_blocks))
    return np.concatenate(found, axis=1)


def _tally_post(programmed: ProgrammedLayer, tally: Tally, n_images: int) -> None:
    layer, n_filters = programmed.layer, len(programmed.saved.filters)
    tally.add("outputs", n_filters * layer.n_pixels * n_images)
    if layer.pool is not None:
        window = layer.pooled_height * layer.pooled_width * layer.pool.kernel**2
        tally.add("pool_reads", n_filters * window * n_images)
    if layer.residual is not None:
        tally.add("residual_adds", n_filters * layer.n_pixels * n_images)


def _whole(value: float) -> float:
    return int(value) if value == int(value) else value
