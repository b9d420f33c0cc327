"""Every format that a design can be handed over in, by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sotexplore.errors import InputError
from sotexplore.explorer.exports.floor import floor_bytes
from sotexplore.explorer.exports.handover import HandOver, slug
from sotexplore.explorer.exports.neurosim import neurosim_bytes
from sotexplore.explorer.exports.nvsim import nvsim_bytes
from sotexplore.explorer.exports.pack import zip_bytes
from sotexplore.explorer.exports.parquet import parquet_bytes
from sotexplore.explorer.exports.plain import csv_bytes, json_bytes, yaml_bytes
from sotexplore.explorer.exports.report import report_bytes
from sotexplore.explorer.exports.systemverilog import systemverilog_bytes

ZIP_TYPE = "application/zip"


@dataclass(frozen=True)
class Format:
    """One format: what it is called, what its file is, and who makes it."""

    label: str
    suffix: str
    media_type: str
    help: str
    one: Callable[[HandOver], bytes] | None = None
    """Makes the file of one design."""
    all: Callable[[Sequence[HandOver]], bytes] | None = None
    """Makes one file of any number of designs; where it is None, several designs go into a zip."""


FORMATS: dict[str, Format] = {
    "json": Format("JSON", "json", "application/json", "Everything: figures, breakdowns, layers, kind of every number.", one=json_bytes),
    "yaml": Format("YAML", "yaml", "application/yaml", "A design file for the command line, its figures as comments.", one=yaml_bytes),
    "csv": Format("CSV", "csv", "text/csv", "One row a figure, with unit and kind, for a spreadsheet.", one=csv_bytes),
    "parquet": Format("Parquet", "parquet", "application/vnd.apache.parquet", "One row a design, for pandas; units and kinds in its metadata.", all=parquet_bytes),
    "html": Format("HTML report", "html", "text/html", "One file with live charts that opens offline.", all=report_bytes),
    "systemverilog": Format("SystemVerilog package", "sv", "text/x-systemverilog", "Sizes, bits, shapes and figures as parameters.", one=systemverilog_bytes),
    "floor": Format("Floor summary", "txt", "text/plain", "Areas of chip, banks and sub-array, counts and dimensions, as plain text.", one=floor_bytes),
    "nvsim": Format("NVSim cell and configuration", "zip", ZIP_TYPE, "The sub-array as NVSim's .cell and .cfg, in a zip.", one=nvsim_bytes),
    "neurosim": Format("NeuroSim network", "csv", "text/csv", "Kept shapes as DNN+NeuroSim's NetWork.csv.", one=neurosim_bytes),
}  # fmt: skip
"""Name on the command line -> format, in the order in which they are offered."""


def check_format(form: str) -> None:
    """Raises an InputError unless `form` is one of the formats."""
    if form not in FORMATS:
        raise InputError("to", "unknown format", got=form, allowed=", ".join(FORMATS))


def export_bytes(items: Sequence[HandOver], form: str) -> bytes:
    """The designs as one file.

    Args:
        items: at least one design.
        form: a name in `FORMATS`.

    Raises:
        InputError: unknown format, no design, or the format cannot say this design.
    """
    check_format(form)
    if not items:
        raise InputError("designs", "none to export", got=0, allowed="at least one")
    chosen = FORMATS[form]
    if chosen.all is not None:
        return chosen.all(items)
    assert chosen.one is not None
    if len(items) == 1:
        return chosen.one(items[0])
    return zip_bytes({f"{place}-{slug(item.name)}.{chosen.suffix}": chosen.one(item)
                      for place, item in enumerate(items, start=1)})  # fmt: skip


def file_name(items: Sequence[HandOver], form: str) -> tuple[str, str]:
    """Name and media type of the file that `export_bytes` makes."""
    chosen = FORMATS[form]
    zipped = chosen.all is None and len(items) > 1
    stem = f"{len(items)}-designs" if len(items) > 1 else slug(items[0].name)
    return f"{stem}.{'zip' if zipped else chosen.suffix}", ZIP_TYPE if zipped else chosen.media_type
