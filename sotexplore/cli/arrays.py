"""Commands of the simulation on the arrays: one checkpoint bit by bit, and studies of faults."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sotexplore.cli.printing import Data, Json, print_json, print_table
from sotexplore.store import cache_directory


def simulate(
    key: Annotated[str, typer.Argument(help="Key of a checkpoint, as `checkpoints` lists it.")],
    *,
    images: Annotated[int | None, typer.Option(help="Test images, from the first on (default 1000).")] = None,
    data: Data = None,
    compute_style: Annotated[str | None, typer.Option(help="and-count or crossbar.")] = None,
    operand: Annotated[str | None, typer.Option(help="And-count: streamed or written.")] = None,
    subarray_rows: Annotated[int | None, typer.Option(help="Rows of a sub-array.")] = None,
    subarray_cols: Annotated[int | None, typer.Option(help="Columns of a sub-array.")] = None,
    columns_per_sense_amplifier: Annotated[int | None, typer.Option(help="Columns per sense amplifier or ADC.")] = None,
    adc_bits: Annotated[int | None, typer.Option(help="Crossbar: bits of an ADC.")] = None,
    active_rows: Annotated[int | None, typer.Option(help="Crossbar: rows driven at once.")] = None,
    full_scale_rows: Annotated[
        int | None,
        typer.Option(
            help="Crossbar: products at the ADC's highest code (default: one a code, larger sums are clipped)."
        ),
    ] = None,
    cell: Annotated[str | None, typer.Option(help="Cell whose resistances are sampled.")] = None,
    sample_cells: Annotated[bool, typer.Option("--sample-cells", help="Sample the resistance of every cell.")] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=VALUE, as read_error_ratio=0.001, tmr_ratio=0.8, seed=3, or preset for what is known of the cell; "
            "may be given again; an unknown NAME lists them."
        ),
    ] = None,
    faults_file: Annotated[
        Path | None, typer.Option("--faults", help="FAULTS.yaml: the same names and values.")
    ] = None,
    counts: Annotated[bool, typer.Option("--counts", help="Add the counts of each layer per image.")] = False,
    json_: Json = False,
) -> None:
    """Runs a checkpoint bit by bit as the arrays would, and compares every class score with the integer reference.

    Fields of the hardware that are not given have a design's defaults.
    """
    from sotexplore.simulation.command import fault_texts, simulate_checkpoint

    hardware = {
        "compute_style": compute_style, "operand": operand, "subarray_rows": subarray_rows,
        "subarray_cols": subarray_cols, "columns_per_sense_amplifier": columns_per_sense_amplifier,
        "adc_bits": adc_bits, "active_rows": active_rows, "full_scale_rows": full_scale_rows, "cell": cell,
    }  # fmt: skip
    report = simulate_checkpoint(
        cache_directory(), key, n_images=images, data=data, hardware=hardware,
        faults=fault_texts(faults_file, fault or []), sample_cells=sample_cells,
    ).to_dict(counts=counts)  # fmt: skip
    if json_:
        return print_json(report)
    layers = report.pop("layers", None)
    print_table([report], {name.replace("_", " "): name for name in report})
    if layers:
        for name in ("n_subarrays", "array_operations", "sensed_bits", "operand_bits", "operand_written_bits"):
            print(f"{name} per image: " + ", ".join(f"{layer['name']} {layer[name]}" for layer in layers))
    return None


def faults(
    keys: Annotated[list[str] | None, typer.Argument(help="Keys of checkpoints, as `checkpoints` lists them.")] = None,
    *,
    network: Annotated[str | None, typer.Option(help="In place of keys: all checkpoints of a network.")] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(help="What is varied, as adc or read-errors; may be given again (default: every family)."),
    ] = None,
    images: Annotated[int | None, typer.Option(help="Test images, from the first on (default 300).")] = None,
    seeds: Annotated[int, typer.Option(help="Seeds of what is drawn at random.")] = 5,
    data: Data = None,
    json_: Json = False,
) -> None:
    """Simulates the accuracy of checkpoints under ADC limits and faults; keeps it in the cache, where designs find it."""
    from sotexplore.simulation.study_command import study_checkpoints

    rows = study_checkpoints(
        cache_directory(), keys or [], network=network, families=family or [], n_images=images, n_seeds=seeds,
        data=data, report=lambda line: print(line, file=sys.stderr),
    )  # fmt: skip
    if json_:
        return print_json(rows)
    columns = {
        "checkpoint": "checkpoint", "family": "family", "setting": "setting", "accuracy": "accuracy_ratio",
        "+-": "half_width_ratio", "ideal": "ideal_accuracy_ratio", "read errors": "read_error_ratio", "images": "images",
    }  # fmt: skip
    return print_table(rows, columns)
