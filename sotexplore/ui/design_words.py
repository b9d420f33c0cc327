"""What limits a design and what to change next, in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sotexplore.explorer.evaluate import SHARED, Evaluation
from sotexplore.explorer.floor import LayerTiles
from sotexplore.explorer.next_steps import Step
from sotexplore.explorer.stages import Pipeline
from sotexplore.ui.formatting import QUANTITIES, area, counted, percent, plain, quantity_text, si, significant

GOALS: Final = ("area_m2", "energy_per_frame_j", "frames_per_s")
"""What a next step may improve, in the order in which steps are named."""
ACCURACY_LOSS_RATIO: Final = 0.005
"""The most accuracy that a recommended step may cost: half a point."""
LEAST_GAIN: Final = 1.05
KNOBS: Final[Mapping[str, str]] = {
    "weight_bits": "Weight bits", "activation_bits": "Activation bits", "prune_ratio": "Pruning ratio",
    "subarray_rows": "Sub-array rows", "subarray_cols": "Sub-array columns",
    "columns_per_sense_amplifier": "Columns per sense amplifier", "adc_bits": "ADC bits", "active_rows": "Active rows",
    "node_nm": "Node", "compute_style": "Compute style", "operand": "Operand", "schedule": "Schedule", "cell": "Memory cell",
}  # fmt: skip


def configuration(evaluation: Evaluation) -> str:
    """The design in one line."""
    setting, hardware = evaluation.design.compression, evaluation.design.hardware
    pruned = (
        "not pruned"
        if setting.prune_ratio == 0
        else f"{setting.structure} pruned {percent(setting.prune_ratio, decimals=1)}"
    )
    style = (
        f"crossbar, {hardware.active_rows} active rows, {hardware.adc_bits}-bit ADC"
        if hardware.compute_style == "crossbar"
        else f"and-count, operands {hardware.operand}"
    )
    parts = [
        evaluation.design.network, pruned, f"W{setting.weight_bits} A{setting.activation_bits}", style,
        f"{hardware.subarray_rows} × {hardware.subarray_cols} sub-arrays",
        f"{counted(hardware.columns_per_sense_amplifier, 'column')} per sense amplifier", f"{hardware.cell} at {hardware.node_nm} nm",
        hardware.schedule,
    ]  # fmt: skip
    return " · ".join(parts)


def limits(evaluation: Evaluation, pipeline: Pipeline, tiles: Sequence[LayerTiles]) -> list[str]:
    """What time, area, energy and sub-arrays hang on: one sentence each, in Markdown."""
    return [
        _time(evaluation, pipeline),
        _share(evaluation, "area_m2", "area_m2", "Area"),
        _share(evaluation, "energy_per_frame_j", "energy_j", "Energy"),
        _cells(tiles),
    ]


def _time(evaluation: Evaluation, pipeline: Pipeline) -> str:
    slowest = pipeline.slowest
    name, duration = plain(slowest.name), si(slowest.duration_s, "s")
    copies = f" with {slowest.copies} copies" if slowest.copies > 1 else ""
    if pipeline.pipelined:
        others = sorted((stage.duration_s for stage in pipeline.stages), reverse=True)[1:]
        ahead = f"{significant(slowest.duration_s / others[0])} times the next slowest; " if others else ""
        first = (
            f"**Speed**: the slowest stage is **{name}**{copies}: it takes {duration}, {ahead}"
            f"it alone sets {quantity_text('frames_per_s', evaluation.metrics['frames_per_s'])}."
        )
    else:
        share = percent(slowest.duration_s / pipeline.latency_s, decimals=0)
        first = f"**Speed**: layers run one after another; the longest is **{name}**: {duration}, {share} of a frame."
    component, part = _largest(evaluation.breakdown["frame_latency_s"])
    return f"{first} Over all layers {percent(part, decimals=0)} of the time goes into {component}."


def _share(evaluation: Evaluation, metric: str, field: str, head: str) -> str:
    component, part = _largest(evaluation.breakdown[metric])
    layers = {layer["name"]: layer[field] for layer in evaluation.layers}
    layer, of_layer = _largest(layers)
    where = "what all layers share" if layer == SHARED else f"**{plain(layer)}**"
    return (
        f"**{head}**: {percent(part, decimals=0)} is {component}; by layer, {where} takes most of it: "
        f"{percent(of_layer, decimals=0)}."
    )


def _cells(tiles: Sequence[LayerTiles]) -> str:
    dense, kept = sum(item.dense for item in tiles), sum(item.kept for item in tiles)
    emptiest = min(tiles, key=lambda item: item.utilization_ratio)
    change = f"freed {counted(dense - kept, 'sub-array')} of the {dense:,} that the dense 8-bit network takes" if dense >= kept else (
        f"takes {counted(kept - dense, 'sub-array')} more than the dense 8-bit network's {dense:,}"
    )  # fmt: skip
    single = sum(item.kept == 1 for item in tiles)
    floor = f" {counted(single, 'layer')} cannot shrink further: one sub-array is the least." if single else ""
    return (
        f"**Sub-arrays**: compression {change}; the emptiest are those of **{plain(emptiest.name)}**, "
        f"{percent(emptiest.utilization_ratio, decimals=1)} of whose cells hold a weight bit.{floor}"
    )


def _largest(parts: Mapping[str, float]) -> tuple[str, float]:
    """The largest part in words, and its share of all."""
    name = max(parts, key=lambda part: parts[part])
    return name.replace("_", " "), parts[name] / sum(parts.values())


def advice(evaluation: Evaluation, steps: Sequence[Step]) -> list[str]:
    """The best single step for each goal that costs no more than half a point of accuracy, or that there is none."""
    return [_best(evaluation, steps, goal) for goal in GOALS]


def _best(evaluation: Evaluation, steps: Sequence[Step], goal: str) -> str:
    quantity = QUANTITIES[goal]
    gains = {
        place: gain_of(evaluation.metrics, step, goal)
        for place, step in enumerate(steps)
        if _is_harmless(evaluation.metrics, step)
    }
    head = {"area_m2": "Smaller", "energy_per_frame_j": "Less energy", "frames_per_s": "Faster"}[goal]
    place = max(gains, key=lambda item: gains[item], default=None)
    if place is None or gains[place] < LEAST_GAIN:
        return f"**{head}**: no single step helps by more than {percent(LEAST_GAIN - 1, decimals=0)} without losing accuracy."
    step = steps[place]
    price = [
        f"{QUANTITIES[name].label.lower()} {_times(1 / gain_of(evaluation.metrics, step, name))}"
        for name in GOALS
        if name != goal and gain_of(evaluation.metrics, step, name) < 1 / LEAST_GAIN
    ]
    costs = f" It costs {' and '.join(price)}." if price else ""
    return (
        f"**{head}**: {step_words(step)} gives {quantity.label.lower()} {quantity_text(goal, step.metrics[goal])} "
        f"({_times(gains[place])} better), {_accuracy(evaluation.metrics, step)}.{costs}"
    )  # fmt: skip


def gain_of(metrics: Mapping[str, Any], step: Step, goal: str) -> float:
    """How many times better a step makes a metric; below 1 where it makes it worse."""
    ratio = float(step.metrics[goal] / metrics[goal])
    return ratio if QUANTITIES[goal].better == "higher" else 1 / ratio


def step_words(step: Step) -> str:
    """A step as text: knob, from, to."""
    return f"{KNOBS[step.knob].lower().replace('adc', 'ADC')} {value_text(step.knob, step.before)} → {value_text(step.knob, step.after)}"


def value_text(knob: str, value: Any) -> str:
    """A knob's value as its control shows it."""
    if knob == "prune_ratio":
        return percent(value, decimals=1)
    return f"{value} nm" if knob == "node_nm" else str(value)


def _is_harmless(metrics: Mapping[str, Any], step: Step) -> bool:
    """Whether a step can be built, reads reliably and keeps the accuracy as far as it is known."""
    if not step.metrics or not step.reads_reliably:
        return False
    before = metrics["accuracy_ratio"]
    if before is None:
        return step.knob not in ("weight_bits", "activation_bits", "prune_ratio")
    return step.accuracy_ratio is not None and step.accuracy_ratio >= before - ACCURACY_LOSS_RATIO


def _accuracy(metrics: Mapping[str, Any], step: Step) -> str:
    if step.accuracy_ratio is None or metrics["accuracy_ratio"] is None:
        return "accuracy unknown as before"
    return f"accuracy {percent(step.accuracy_ratio)} ({step.accuracy_kind})"


def _times(ratio: float) -> str:
    return f"{significant(ratio)}×"


def pipeline_words(pipeline: Pipeline) -> str:
    """Fill, period and what is under way, in one sentence."""
    latency, period = si(pipeline.latency_s, "s"), si(pipeline.period_s, "s")
    if not pipeline.pipelined:
        return f"Frames follow one another: each takes {latency}, and only one layer works at a time."
    return (
        f"Fill: the first result comes after {latency}. Period: from then on one frame every {period}; "
        f"{significant(pipeline.frames_in_flight, 2)} frames are under way on average. Dotted lines: a frame enters."
    )


def area_words(evaluation: Evaluation) -> str:
    """The chip's area in a sentence."""
    return f"{area(evaluation.metrics['area_m2'])} in all. Click a layer to open it; the figures are the model's, not silicon's."
