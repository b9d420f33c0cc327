"""The command line: the dashboard's engine for scripts."""

import sys
from collections.abc import Callable, Sequence

import typer

from sotexplore.cli import arrays, compression, dashboard, designs
from sotexplore.errors import InputError

EXIT_BAD_INPUT, EXIT_INTERRUPTED = 2, 130

app = typer.Typer(
    name="sotexplore",
    help="Design-space exploration of compressed networks on SOT-MRAM processing-in-memory.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("app")(dashboard.open_app)
for _command in (
    compression.networks, compression.checkpoints, compression.compress, compression.jobs, designs.evaluate,
    designs.subarray, designs.sweep, designs.pareto, arrays.simulate, arrays.faults, designs.export, designs.validate,
    dashboard.bench,
):  # fmt: skip
    app.command()(_command)


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


def _given(arguments: Sequence[str] | None) -> str:
    return " ".join(sys.argv[1:] if arguments is None else arguments) or "nothing"


def _fail(message: str) -> None:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(EXIT_BAD_INPUT)
