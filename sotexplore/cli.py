"""The command line: the dashboard's engine for scripts."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sotexplore.errors import InputError
from sotexplore.store import CACHE_VARIABLE, cache_directory, check_output, dashboard_directory, write_output

_TABLE_WIDTH = 170
EXIT_BAD_INPUT, EXIT_INTERRUPTED = 2, 130

app = typer.Typer(
    name="sotexplore",
    help="Design-space exploration of compressed networks on SOT-MRAM processing-in-memory.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
_Output = Annotated[Path, typer.Option("-o", "--output", help="File to write.")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and ends the process with the contract's exit codes: 0 done, 2 bad input, 130 interrupted."""
    try:
        status = app(args=arguments, standalone_mode=False)
    except InputError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        if type(error).__name__ == "Abort":
            sys.exit(EXIT_INTERRUPTED)
        describe: Callable[[], str] | None = getattr(error, "format_message", None)
        if describe is None:
            raise
        _fail(
            str(
                InputError(
                    "command", describe().rstrip(".") or "is missing", got=_given(arguments), allowed="see --help"
                )
            )
        )
    sys.exit(status if isinstance(status, int) else 0)


@app.command("app")
def open_app(port: Annotated[int, typer.Option(help="Port on this machine.", min=1, max=65535)] = 8501) -> None:
    """Opens the dashboard in a browser."""
    _check_port(port)
    environment = os.environ | {CACHE_VARIABLE: str(cache_directory().resolve())}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    raise typer.Exit(subprocess.call(command, cwd=dashboard_directory(), env=environment))


@app.command()
def networks(json_: _Json = False) -> None:
    """Lists the networks and their layers."""
    from sotexplore.explorer.listing import network_records

    records = network_records()
    if json_:
        return _print_json(records)
    columns = {
        "network": "name",
        "data set": "dataset",
        "trainable here": "trainable",
        "weights": "n_weights",
        "MACs": "n_macs",
    }
    return _print_table(
        [record | {"layers": len(record["layers"])} for record in records], columns | {"layers": "layers"}
    )


@app.command()
def checkpoints(json_: _Json = False) -> None:
    """Lists what the cache holds."""
    from sotexplore.explorer.listing import checkpoint_records

    records, problems = checkpoint_records(cache_directory())
    for problem in problems:
        print(f"warning: {problem}", file=sys.stderr)
    if json_:
        return _print_json(records)
    columns = {
        "key": "key", "network": "network", "structure": "structure", "pruned": "prune_ratio", "W": "weight_bits",
        "A": "activation_bits", "accuracy": "accuracy_ratio", "dense": "dense_accuracy_ratio", "weights x": "weights_ratio",
        "storage x": "storage_ratio", "operations x": "operations_ratio", "sub-arrays x": "subarrays_ratio",
    }  # fmt: skip
    return _print_table(records, columns)


def _print_plan(run: Path, *, json_: bool) -> None:
    from sotexplore.compression.plan import outline
    from sotexplore.compression.run import load_runs

    rows = outline(load_runs(run), cache_directory())
    if json_:
        return _print_json(rows)
    columns = {
        "key": "key", "network": "network", "seed": "seed", "structure": "structure", "pruned": "prune_ratio",
        "W": "weight_bits", "A": "activation_bits", "epochs": "epochs", "made": "made",
    }  # fmt: skip
    return _print_table(rows, columns)


@app.command()
def compress(
    run: Annotated[Path, typer.Argument(help="RUN.yaml: network, compression, seed, epochs.")],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on behind the last finished epoch of an interrupted run.")
    ] = False,
    data: Annotated[Path | None, typer.Option(help="Folder of the real data sets (else SOTEXPLORE_DATA).")] = None,
    download: Annotated[bool, typer.Option("--download", help="Let torchvision download the data set first.")] = False,
    device: Annotated[str, typer.Option(help="auto (a GPU where there is one), cpu or cuda.")] = "auto",
    plan: Annotated[
        bool, typer.Option("--plan", help="Only list the checkpoints that it makes and their epochs; train nothing.")
    ] = False,
    json_: _Json = False,
) -> None:
    """Runs ADMM pruning, masked retraining and quantization; adds a checkpoint to the cache."""
    if plan:
        return _print_plan(run, json_=json_)
    from sotexplore.compression.command import run_file
    from sotexplore.explorer.listing import checkpoint_record

    made = run_file(run, cache_directory(), data=data, resume=resume, download=download, device=device)
    records = [checkpoint_record({"key": item.key} | dict(item.row)) for item in made]
    if json_:
        return _print_json(records[0] if len(records) == 1 else records)
    columns = {
        "key": "key",
        "pruned": "prune_ratio",
        "W": "weight_bits",
        "A": "activation_bits",
        "accuracy": "accuracy_ratio",
    }
    return _print_table(records, columns | {"weights x": "weights_ratio", "storage x": "storage_ratio"})


@app.command()
def jobs(json_: _Json = False) -> None:
    """Lists the training runs that the dashboard queued, and how far they are."""
    from sotexplore.jobs.listing import job_records

    records, problems = job_records(cache_directory())
    for problem in problems:
        print(f"warning: {problem}", file=sys.stderr)
    if json_:
        return _print_json(records)
    columns = {
        "job": "id", "state": "state", "network": "network", "structure": "structure", "pruned": "prune_ratio",
        "W": "weight_bits", "A": "activation_bits", "seed": "seed", "epochs": "epochs_done", "of": "epochs_total",
        "message": "message",
    }  # fmt: skip
    return _print_table(records, columns)


@app.command()
def evaluate(
    design: Annotated[Path, typer.Argument(help="DESIGN.yaml")],
    bands: Annotated[
        int, typer.Option(help="Draws of every constant in its range: adds bands and sensitivities (0: none).", min=0)
    ] = 0,
    json_: _Json = False,
) -> None:
    """Evaluates one design: accuracy, area, energy, latency, power, with breakdowns."""
    from sotexplore.design import load_design
    from sotexplore.explorer.bands import design_study, records
    from sotexplore.explorer.evaluate import evaluate_design

    loaded = load_design(design)
    evaluation = evaluate_design(loaded, cache_directory())
    drawn = records(design_study(loaded, cache_directory(), n_draws=bands)) if bands else {}
    if json_:
        return _print_json(evaluation.to_dict() | drawn)
    _print_table(
        [{"metric": name, "value": value} for name, value in evaluation.metrics.items()],
        {"metric": "metric", "value": "value"},
    )
    for note in (*evaluation.notes, *(f"caution: {text}" for text in evaluation.cautions)):
        print(note)
    for name, band in drawn.get("bands", {}).items():
        first = drawn["sensitivities"][name][0]["constant"]
        print(f"{name}: {band['low']:.3g} to {band['high']:.3g} (5th to 95th percentile), most by {first}")
    return None


@app.command()
def subarray(
    table: Annotated[Path, typer.Option("--table", help="IN.csv, one sub-array per row.")],
    output: _Output,
    json_: _Json = False,
) -> None:
    """Models one sub-array per row of a table: area, latencies, energies, leakage."""
    from sotexplore.hardware.subarray import table as model_table

    model_table(table, output)
    if json_:
        _print_json({"output": str(output)})


@app.command()
def sweep(space: Annotated[Path, typer.Argument(help="SPACE.yaml")], output: _Output, json_: _Json = False) -> None:
    """Evaluates every design of a space into a Parquet file."""
    from sotexplore.explorer.sweep import sweep_file

    summary = sweep_file(space, output, cache_directory())
    if json_:
        return _print_json(summary)
    print(
        f"{summary['points']} designs in {summary['seconds']:.2f} s ({summary['points_per_s']:.0f} designs/s) -> {output}"
    )
    return None


@app.command()
def pareto(
    table: Annotated[Path, typer.Argument(help="IN.parquet, as `sweep` writes it.")],
    output: _Output,
    maximize: Annotated[list[str] | None, typer.Option(help="Column to maximize; may be given again.")] = None,
    minimize: Annotated[list[str] | None, typer.Option(help="Column to minimize; may be given again.")] = None,
    json_: _Json = False,
) -> None:
    """Writes the Pareto front of a table of designs as CSV."""
    from sotexplore.explorer.sweep import pareto_file

    summary = pareto_file(table, output, maximize=maximize or [], minimize=minimize or [])
    if json_:
        return _print_json(summary)
    print(f"{summary['front']} of {summary['points']} designs are on the front -> {output}")
    return None


@app.command()
def simulate(
    key: Annotated[str, typer.Argument(help="Key of a checkpoint, as `checkpoints` lists it.")],
    *,
    images: Annotated[int | None, typer.Option(help="Test images, from the first on (default 1000).")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the real data sets (else SOTEXPLORE_DATA).")] = None,
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
    json_: _Json = False,
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
        return _print_json(report)
    layers = report.pop("layers", None)
    _print_table([report], {name.replace("_", " "): name for name in report})
    if layers:
        for name in ("n_subarrays", "array_operations", "sensed_bits", "operand_bits", "operand_written_bits"):
            print(f"{name} per image: " + ", ".join(f"{layer['name']} {layer[name]}" for layer in layers))
    return None


@app.command()
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
    data: Annotated[Path | None, typer.Option(help="Folder of the real data sets (else SOTEXPLORE_DATA).")] = None,
    json_: _Json = False,
) -> None:
    """Simulates the accuracy of checkpoints under ADC limits and faults; keeps it in the cache, where designs find it."""
    from sotexplore.simulation.study_command import study_checkpoints

    rows = study_checkpoints(
        cache_directory(), keys or [], network=network, families=family or [], n_images=images, n_seeds=seeds,
        data=data, report=lambda line: print(line, file=sys.stderr),
    )  # fmt: skip
    if json_:
        return _print_json(rows)
    columns = {
        "checkpoint": "checkpoint", "family": "family", "setting": "setting", "accuracy": "accuracy_ratio",
        "+-": "half_width_ratio", "ideal": "ideal_accuracy_ratio", "read errors": "read_error_ratio", "images": "images",
    }  # fmt: skip
    return _print_table(rows, columns)


@app.command()
def export(
    design: Annotated[Path, typer.Argument(help="DESIGN.yaml")],
    form: Annotated[
        str,
        typer.Option("--to", help="json, yaml, csv, parquet, html, systemverilog, floor, nvsim (a zip), neurosim."),
    ],
    output: _Output,
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


@app.command()
def validate(
    json_: _Json = False,
    every: Annotated[
        bool, typer.Option("--every", help="In the table, also each of NVSim's runs (JSON has them).")
    ] = False,
) -> None:
    """Compares the model with every published figure that it can express."""
    from sotexplore.explorer.validation import comparisons, records

    rows = records(comparisons(every_run=json_ or every))
    if json_:
        return _print_json(rows)
    columns = {"reference": "reference", "quantity": "quantity", "published": "reference_value", "model": "model_value"}
    _print_table(rows, columns | {"ratio": "ratio", "unit": "unit", "kind": "kind"})
    reasons = dict.fromkeys(
        f"{row['reference']}, {row['quantity']}: {row['reason']}" for row in rows if "reason" in row
    )
    print("\n".join(["", *reasons]))
    return None


@app.command()
def bench(
    json_: _Json = False,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Also slider steps in Chromium, where it is installed.")
    ] = True,
) -> None:
    """Measures the product's own speed: the model, and the dashboard's slider steps beside a plain page's."""
    from sotexplore.compression import bench as training
    from sotexplore.explorer.bench import rows
    from sotexplore.ui.bench import rows as browser_rows

    table = rows() + training.rows() + (browser_rows() if browser else [])
    if json_:
        return _print_json(table)
    return _print_table(table, {"name": "name", "value": "value", "unit": "unit"})


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            problem = f"cannot be opened: {error.strerror}"
            raise InputError("port", problem, got=port, allowed="a free port, by --port") from None


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=2, allow_nan=False))


def _print_table(records: list[dict[str, Any]], columns: dict[str, str]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in columns:
        table.add_column(heading, no_wrap=True)
    for record in records:
        table.add_row(*(_text(record[key]) for key in columns.values()))
    terminal = Console()
    Console(width=max(terminal.width, _TABLE_WIDTH)).print(table, crop=False)


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _given(arguments: Sequence[str] | None) -> str:
    return " ".join(sys.argv[1:] if arguments is None else arguments) or "nothing"


def _fail(message: str) -> None:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(EXIT_BAD_INPUT)
