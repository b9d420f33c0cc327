"""What commands share: their common options, and how they print documents and tables."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="File to write.")]
Data = Annotated[Path | None, typer.Option(help="Folder of the real data sets (else SOTEXPLORE_DATA).")]
_TABLE_WIDTH = 10_000
"""Characters: no table is as wide, so that no key is cut; a terminal that is narrower wraps lines."""


def warn(problems: Iterable[str]) -> None:
    """Says on standard error what was left out, one line each."""
    for problem in problems:
        print(f"warning: {problem}", file=sys.stderr)


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, indent=2, allow_nan=False))


def print_table(records: list[dict[str, Any]], columns: dict[str, str]) -> None:
    """Records as a table: heading -> the record's key."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in columns:
        table.add_column(heading, no_wrap=True)
    for record in records:
        table.add_row(*(_text(record[key]) for key in columns.values()))
    Console(width=_TABLE_WIDTH).print(table, crop=False)


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    return f"{value:.4g}" if isinstance(value, float) else str(value)
