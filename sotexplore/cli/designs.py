"""Commands of designs: evaluate, sweep, front, export; the model's sub-array and its references."""

from pathlib import Path
from typing import Annotated

import typer

from sotexplore.cli.printing import Json, Output, print_json, print_table, warn
from sotexplore.store import cache_directory, check_output, write_output


def evaluate(
    design: Annotated[Path, typer.Argument(help="DESIGN.yaml")],
    bands: Annotated[
        int, typer.Option(help="Draws of every constant in its range: adds bands and sensitivities (0: none).", min=0)
    ] = 0,
    json_: Json = False,
) -> None:
    """Evaluates one design: accuracy, area, energy, latency, power, with breakdowns."""
    from sotexplore.design import load_design
    from sotexplore.explorer.bands import design_study, records
    from sotexplore.explorer.evaluate import evaluate_design

    loaded = load_design(design)
    _warn_of_studies()
    evaluation = evaluate_design(loaded, cache_directory())
    drawn = records(design_study(loaded, cache_directory(), n_draws=bands)) if bands else {}
    if json_:
        return print_json(evaluation.to_dict() | drawn)
    print_table(
        [{"metric": name, "value": value} for name, value in evaluation.metrics.items()],
        {"metric": "metric", "value": "value"},
    )
    for note in (*evaluation.notes, *(f"caution: {text}" for text in evaluation.cautions)):
        print(note)
    for name, band in drawn.get("bands", {}).items():
        first = drawn["sensitivities"][name][0]["constant"]
        print(f"{name}: {band['low']:.3g} to {band['high']:.3g} (5th to 95th percentile), most by {first}")
    return None


def subarray(
    table: Annotated[Path, typer.Option("--table", help="IN.csv, one sub-array per row.")],
    output: Output,
    json_: Json = False,
) -> None:
    """Models one sub-array per row of a table: area, latencies, energies, leakage."""
    from sotexplore.hardware.subarray import table as model_table

    model_table(table, output)
    if json_:
        print_json({"output": str(output)})


def sweep(space: Annotated[Path, typer.Argument(help="SPACE.yaml")], output: Output, json_: Json = False) -> None:
    """Evaluates every design of a space into a Parquet file."""
    from sotexplore.explorer.sweep import sweep_file

    _warn_of_studies()
    summary = sweep_file(space, output, cache_directory())
    if json_:
        return print_json(summary)
    print(
        f"{summary['points']} designs in {summary['seconds']:.2f} s ({summary['points_per_s']:.0f} designs/s) -> {output}"
    )
    return None


def pareto(
    table: Annotated[Path, typer.Argument(help="IN.parquet, as `sweep` writes it.")],
    output: Output,
    maximize: Annotated[list[str] | None, typer.Option(help="Column to maximize; may be given again.")] = None,
    minimize: Annotated[list[str] | None, typer.Option(help="Column to minimize; may be given again.")] = None,
    json_: Json = False,
) -> None:
    """Writes the Pareto front of a table of designs as CSV."""
    from sotexplore.explorer.sweep import pareto_file

    summary = pareto_file(table, output, maximize=maximize or [], minimize=minimize or [])
    if json_:
        return print_json(summary)
    print(f"{summary['front']} of {summary['points']} designs are on the front -> {output}")
    return None


def export(
    design: Annotated[Path, typer.Argument(help="DESIGN.yaml")],
    form: Annotated[
        str,
        typer.Option("--to", help="json, yaml, csv, parquet, html, systemverilog, floor, nvsim (a zip), neurosim."),
    ],
    output: Output,
) -> None:
    """Hands a design over with its figures and where they come from."""
    from sotexplore.design import load_design
    from sotexplore.explorer.evaluate import dense_baseline, evaluate_design
    from sotexplore.explorer.exports.handover import HandOver
    from sotexplore.explorer.exports.registry import check_format, export_bytes

    check_format(form)
    check_output(output)
    chosen, cache = load_design(design), cache_directory()
    item = HandOver(design.stem, evaluate_design(chosen, cache), dense_baseline(chosen, cache))
    write_output(output, export_bytes([item], form))


def validate(
    json_: Json = False,
    every: Annotated[
        bool, typer.Option("--every", help="In the table, also each of NVSim's runs (JSON has them).")
    ] = False,
) -> None:
    """Compares the model with every published figure that it can express."""
    from sotexplore.explorer.validation import comparisons, records

    rows = records(comparisons(every_run=json_ or every))
    if json_:
        return print_json(rows)
    columns = {"reference": "reference", "quantity": "quantity", "published": "reference_value", "model": "model_value"}
    print_table(rows, columns | {"ratio": "ratio", "unit": "unit", "kind": "kind"})
    reasons = dict.fromkeys(
        f"{row['reference']}, {row['quantity']}: {row['reason']}" for row in rows if "reason" in row
    )
    print("\n".join(["", *reasons]))
    return None


def _warn_of_studies() -> None:
    """Says which files of fault studies are left out of accuracies."""
    from sotexplore.fault_study import study_problems

    warn(study_problems(cache_directory()))
