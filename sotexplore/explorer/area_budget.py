"""How many sub-arrays a chip of a given area has room for, before it is known what the network keeps."""

from dataclasses import replace
from math import floor

from sotexplore import catalogue
from sotexplore.budget import planned_workload
from sotexplore.compression.area_budget import AreaBudget
from sotexplore.compression.run import Run
from sotexplore.design import Hardware
from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import figures_of, hardware_columns
from sotexplore.hardware import constants
from sotexplore.subarray_budget import smallest_subarrays
from sotexplore.units import area
from sotexplore.workload import LayerWorkload, workload_table


def subarrays_of_area(run: Run, budget: AreaBudget) -> int:
    """Sub-arrays, one copy of each layer, so that the chip is no larger than the budget's area.

    Buffers, controller and post-processing are taken as the unpruned network needs them, which is an upper bound: a pruned
    one never needs more, so that the chip ends at or below the area asked for.

    Args:
        run: network, structure and recipe.
        budget: area [m2], hardware, bits.

    Raises:
        InputError: the area is less than the layers' floors take.
    """
    assert budget.weight_bits is not None and budget.activation_bits is not None
    rest_m2, subarray_m2 = _areas_m2(run, budget)
    number = floor((budget.area_m2 - rest_m2) / subarray_m2 + 1e-9)
    least = smallest_subarrays(
        catalogue.network(run.network), structure=run.compression.structure, weight_bits=budget.weight_bits,
        activation_bits=budget.activation_bits, hardware=budget.hardware, floor_ratio=budget.floor_ratio, floors=budget.floors,
    )  # fmt: skip
    if number < least:
        raise InputError(
            "budget.area_m2", "is less than the layers' floors and their buffers take",
            got=_in_words(budget.area_m2),
            allowed=f"{_in_words(chip_area_m2(run, budget, least) * (1 + 1e-3))} or more, {least} sub-arrays",
        )  # fmt: skip
    return number


def chip_area_m2(run: Run, budget: AreaBudget, n_subarrays: int) -> float:
    """The least area of a budget, its own area aside, that has room for so many sub-arrays."""
    rest_m2, subarray_m2 = _areas_m2(run, budget)
    return rest_m2 + n_subarrays * subarray_m2


def _areas_m2(run: Run, budget: AreaBudget) -> tuple[float, float]:
    assert budget.weight_bits is not None and budget.activation_bits is not None
    return chip_areas_m2(_unpruned(run, budget.weight_bits, budget.activation_bits), budget.hardware)


def chip_areas_m2(workload: tuple[LayerWorkload, ...], hardware: Hardware) -> tuple[float, float]:
    """Area of a workload's buffers, controller and post-processing, and of one sub-array with its circuits."""
    figures = figures_of(workload_table([workload]), hardware_columns(hardware))
    parts = {name: float(values[0]) for name, values in figures.area_by_component.items()}
    lanes = parts["post_processing"] * (1 + float(constants.nominal()["clock_area_ratio"]))
    rest = parts["buffers"] + parts["controller"] + lanes
    return rest, (float(figures.area_m2[0]) - rest) / float(figures.n_subarrays[0])


def _in_words(area_m2: float) -> str:
    return f"{area_m2:.4g} m2 = {area(area_m2)}"


def _unpruned(run: Run, weight_bits: int, activation_bits: int) -> tuple[LayerWorkload, ...]:
    network = catalogue.network(run.network)
    last = None if run.recipe is None else run.recipe.last_step
    residual_bits = 0 if last is None or last.residual_bits is None else last.residual_bits
    plan = planned_workload(
        network, structure="none", prune_ratio=0.0, weight_bits=weight_bits, activation_bits=activation_bits
    )
    return tuple(
        replace(item, carried_bits=network.carried_bits(index, activation_bits, residual_bits))
        for index, item in enumerate(plan)
    )
