"""Commands of the dashboard and of the product's own speed."""

import os
import socket
import subprocess
import sys
from typing import Annotated

import typer

from sotexplore.cli.printing import Json, print_json, print_table
from sotexplore.errors import InputError
from sotexplore.store import CACHE_VARIABLE, cache_directory, dashboard_directory


def open_app(port: Annotated[int, typer.Option(help="Port on this machine.", min=1, max=65535)] = 8501) -> None:
    """Opens the dashboard in a browser."""
    _check_port(port)
    environment = os.environ | {CACHE_VARIABLE: str(cache_directory().resolve())}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    raise typer.Exit(subprocess.call(command, cwd=dashboard_directory(), env=environment))


def bench(
    json_: Json = False,
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
        return print_json(table)
    return print_table(table, {"name": "name", "value": "value", "unit": "unit"})


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            problem = f"cannot be opened: {error.strerror}"
            raise InputError("port", problem, got=port, allowed="a free port, by --port") from None
