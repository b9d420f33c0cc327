"""Commands of checkpoints: networks, what the cache holds, training, the queue."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sotexplore.cli.printing import Data, Json, print_json, print_table, warn
from sotexplore.store import cache_directory


def networks(json_: Json = False) -> None:
    """Lists the networks and their layers."""
    from sotexplore.explorer.listing import network_records

    records = network_records()
    if json_:
        return print_json(records)
    columns = {
        "network": "name",
        "data set": "dataset",
        "trainable here": "trainable",
        "weights": "n_weights",
        "MACs": "n_macs",
    }
    return print_table(
        [record | {"layers": len(record["layers"])} for record in records], columns | {"layers": "layers"}
    )


def checkpoints(json_: Json = False) -> None:
    """Lists what the cache holds."""
    from sotexplore.explorer.listing import checkpoint_records

    records, problems = checkpoint_records(cache_directory())
    warn(problems)
    if json_:
        return print_json(records)
    columns = {
        "key": "key", "network": "network", "method": "method", "seed": "seed", "structure": "structure", "pruned": "prune_ratio",
        "W": "weight_bits", "A": "activation_bits", "A of adds": "residual_bits", "accuracy": "accuracy_ratio", "dense": "dense_accuracy_ratio", "weights x": "weights_ratio",
        "storage x": "storage_ratio", "operations x": "operations_ratio", "sub-arrays x": "subarrays_ratio",
    }  # fmt: skip
    told = [record | {"residual_bits": record["residual_bits"] or None} for record in records]
    return print_table(*_with_rules(told, columns))


def compress(
    run: Annotated[Path, typer.Argument(help="RUN.yaml: network, compression, seed, epochs.")],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on behind the last finished epoch of an interrupted run.")
    ] = False,
    data: Data = None,
    download: Annotated[
        bool,
        typer.Option(
            "--download", help="Let torchvision download the data set, and pretrained weights, first; not ImageNet."
        ),
    ] = False,
    device: Annotated[str, typer.Option(help="auto (a GPU where there is one), cpu or cuda.")] = "auto",
    plan: Annotated[
        bool, typer.Option("--plan", help="Only list the checkpoints that it makes and their epochs; train nothing.")
    ] = False,
    only: Annotated[
        str,
        typer.Option("--only", help="Keys of those to make of the checkpoints that the file asks for, with commas."),
    ] = "",
    json_: Json = False,
) -> None:
    """Runs ADMM pruning, masked retraining and quantization; adds a checkpoint to the cache."""
    if plan:
        return _print_plan(run, only, json_=json_)
    from sotexplore.compression.command import run_file
    from sotexplore.explorer.area_budget import subarrays_of_area
    from sotexplore.explorer.listing import checkpoint_record

    made = run_file(
        run, cache_directory(), data=data, resume=resume, download=download, device=device, only=only,
        subarrays_of_area=subarrays_of_area,
    )  # fmt: skip
    records = [checkpoint_record({"key": item.key} | dict(item.row)) for item in made]
    if json_:
        return print_json(records[0] if len(records) == 1 else records)
    columns = {
        "key": "key",
        "pruned": "prune_ratio",
        "W": "weight_bits",
        "A": "activation_bits",
        "accuracy": "accuracy_ratio",
    }
    columns |= {"weights x": "weights_ratio", "storage x": "storage_ratio"}
    return print_table(*_with_rules(records, columns))


def jobs(json_: Json = False) -> None:
    """Lists the training runs that the dashboard queued, and how far they are."""
    from sotexplore.jobs.listing import job_records

    records, problems = job_records(cache_directory())
    warn(problems)
    if json_:
        return print_json(records)
    columns = {
        "job": "id", "state": "state", "network": "network", "structure": "structure", "pruned": "prune_ratio",
        "W": "weight_bits", "A": "activation_bits", "seed": "seed", "epochs": "epochs_done", "of": "epochs_total",
        "message": "message",
    }  # fmt: skip
    return print_table(records, columns)


def _print_plan(run: Path, only: str, *, json_: bool) -> None:
    from sotexplore.compression.plan import outline, picked
    from sotexplore.compression.reach import check_all
    from sotexplore.compression.run_files import load_runs
    from sotexplore.explorer.area_budget import subarrays_of_area

    runs = picked(load_runs(run, subarrays_of_area), only)
    check_all(runs)
    rows = outline(runs, cache_directory())
    if json_:
        return print_json(rows)
    columns = {
        "key": "key", "network": "network", "seed": "seed", "structure": "structure", "pruned": "prune_ratio",
        "W": "weight_bits", "A": "activation_bits", "epochs": "epochs", "made": "made",
    }  # fmt: skip
    return print_table(*_with_rules(*_with_budgets(rows, columns)))


def _with_budgets(
    records: list[dict[str, Any]], columns: dict[str, str]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Records and columns with the sub-arrays that a budget allows, where any record has one."""
    if not any("budget" in record for record in records):
        return records, columns

    told = [record | {"sub-arrays": _in_words(record["budget"]) if "budget" in record else None} for record in records]
    return told, columns | {"sub-arrays": "sub-arrays"}


def _in_words(budget: dict[str, Any]) -> str:
    number = budget["subarrays"] or f"dense / {budget['subarrays_ratio']:g}"
    return f"{number} at W{budget['weight_bits']}"


def _with_rules(records: list[dict[str, Any]], columns: dict[str, str]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Records and columns with the rule that levels follow, where any record has one."""
    if not any("levels" in record for record in records):
        return records, columns
    told = [
        record | {"levels": ", ".join(f"{name} {value}" for name, value in record.get("levels", {}).items()) or None}
        for record in records
    ]
    return told, columns | {"levels": "levels"}
