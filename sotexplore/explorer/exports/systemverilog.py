"""The design as a SystemVerilog parameter package (IEEE 1800-2012): sizes, bits, per-layer shapes, modelled figures.

Per-layer parameters are scalars by layer name as well as flat vectors, `LAYER_KEPT_ROWS[32*layer +: 32]`, so that tools
without arrays of parameters read the file too; texts have no type for the same reason. Figures are `real` parameters in SI units; their comment gives unit and kind.
"""

import re
from collections.abc import Iterator
from typing import Any

from sotexplore.explorer.evaluate import SHARED, Evaluation
from sotexplore.explorer.exports.handover import HandOver, layer_kind, metric_kind, provenance, unit_of

_LAYER_COUNTS = ("filters", "kept_filters", "rows", "kept_rows", "weight_bits", "input_bits", "n_subarrays", "copies")
_LAYER_LONG = ("n_array_operations",)
_HARDWARE = ("node_nm", "subarray_rows", "subarray_cols", "columns_per_sense_amplifier")
_CROSSBAR = ("adc_bits", "active_rows")


def systemverilog_bytes(item: HandOver) -> bytes:
    """The package `sotexplore_NETWORK_pkg`."""
    evaluation = item.evaluation
    name = f"sotexplore_{_word(evaluation.design.network)}_pkg"
    lines = [
        f"// {_comment(item.name)}",
        *(f"// {key}: {_comment(value)}" for key, value in provenance(evaluation).items()),
        *(f"// note: {_comment(text)}" for text in (*evaluation.notes, *evaluation.cautions)),
        "// chosen: an input of the design; counted: exact; modelled: computed, no silicon; SI units throughout",
        "`ifndef " + name.upper(),
        "`define " + name.upper(),
        f"package {name};",
        *(f"  {line}" for line in (*_identity(evaluation), *_sizes(evaluation), *_layers(evaluation), *_figures(evaluation))),
        f"endpackage : {name}",
        "`endif",
    ]  # fmt: skip
    return ("\n".join(line.rstrip() for line in lines) + "\n").encode("ascii")


def _identity(evaluation: Evaluation) -> Iterator[str]:
    design = evaluation.design
    texts = {"network": design.network, "compute_style": design.hardware.compute_style, "cell": design.hardware.cell,
             "operand": design.hardware.operand, "schedule": design.hardware.schedule,
             **provenance(evaluation)}  # fmt: skip
    for name, value in texts.items():
        yield f'parameter {name.upper()} = "{_string(value)}";'
    yield ""


def _sizes(evaluation: Evaluation) -> Iterator[str]:
    hardware = evaluation.design.hardware
    names = (*_HARDWARE, *(_CROSSBAR if hardware.compute_style == "crossbar" else ()))
    for name in names:
        yield f"parameter int {name.upper()} = {getattr(hardware, name)};  // {_unit(name)}chosen"
    sensed = hardware.subarray_cols // hardware.columns_per_sense_amplifier
    yield f"parameter int SENSED_COLS = {sensed};  // columns sensed at once, counted"
    yield f"parameter int N_SUBARRAYS = {evaluation.metrics['n_subarrays']};  // with copies, counted"
    yield ""


def _layers(evaluation: Evaluation) -> Iterator[str]:
    rows = [row for row in evaluation.layers if row["kind"] != SHARED]
    words = [_word(row["name"]).upper() for row in rows]
    yield f"parameter int N_LAYERS = {len(rows)};  // counted"
    members = ", ".join(f"LAYER_{word} = {place}" for place, word in enumerate(words))
    yield f"typedef enum int {{{members}}} layer_e;"
    for name in (*_LAYER_COUNTS, *_LAYER_LONG):
        yield from _column(name, words, [round(row[name]) for row in rows], layer_kind(name, evaluation))
    yield ""


def _column(name: str, words: list[str], values: list[int], kind: str) -> Iterator[str]:
    """Scalars by layer, and the same as a flat vector with the first layer in its lowest bits."""
    bits, scalar = (64, "longint") if name in _LAYER_LONG else (32, "int")
    for word, value in zip(words, values, strict=True):
        yield f"parameter {scalar} {word}_{name.upper()} = {value if bits == 32 else f'64{chr(39)}d{value}'};  // {_unit(name)}{kind}"
    joined = ", ".join(f"{bits}'d{value}" for value in reversed(values))
    yield f"parameter logic [{bits}*N_LAYERS-1:0] LAYER_{name.upper()} = {{{joined}}};  // {_unit(name)}{kind}"


def _figures(evaluation: Evaluation) -> Iterator[str]:
    for name, value in evaluation.metrics.items():
        if isinstance(value, float):
            yield f"parameter real {name.upper()} = {_real(value)};  // {_unit(name)}{metric_kind(name, evaluation)}"


def _real(value: float) -> str:
    """A literal with a digit on each side of the point, as the standard asks, that reads back as the same double."""
    mantissa, _, exponent = repr(value).partition("e")
    if "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}e{exponent}" if exponent else mantissa


def _unit(name: str) -> str:
    unit = unit_of(name)
    return "" if unit == "1" else f"{unit}, "


def _word(text: str) -> str:
    return re.sub(r"\W+", "_", text, flags=re.ASCII)


def _comment(value: Any) -> str:
    """One line of ASCII that ends no comment early."""
    return " ".join(str(value).encode("ascii", "replace").decode().split()).rstrip("\\")


def _string(value: Any) -> str:
    return _comment("none" if value is None else value).replace("\\", "\\\\").replace('"', '\\"')
