"""The sub-arrays that a network is run on: compute style, sizes, converters."""

from dataclasses import dataclass

from sotexplore.design import Hardware
from sotexplore.errors import InputError
from sotexplore.hardware.counts import TWOS_COMPLEMENT, check_coding
from sotexplore.hardware.table import AND_COUNT, COMPUTE_STYLES, CROSSBAR, OPERANDS, STREAMED, WRITTEN

MAX_ADC_BITS = 12


@dataclass(frozen=True)
class Arrays:
    """Sub-arrays of one kind; sizes in cells."""

    compute_style: str = AND_COUNT
    subarray_rows: int = 256
    subarray_cols: int = 512
    columns_per_sense_amplifier: int = 1
    """Columns that share one sense amplifier, or one ADC in a crossbar."""
    adc_bits: int = 5
    """Crossbar only."""
    active_rows: int = 128
    """Crossbar only: rows driven at once."""
    operand: str = STREAMED
    """And-count only."""
    coding: str = TWOS_COMPLEMENT
    """Of signed weights, see `hardware.counts.CODINGS`."""
    full_scale_rows: int | None = None
    """Crossbar only: sum of products at the ADC's highest code, larger ones are clipped; None: a code per product."""

    def __post_init__(self) -> None:
        """Refuses what cannot be built."""
        _check_choice("compute_style", self.compute_style, COMPUTE_STYLES)
        _check_choice("operand", self.operand, OPERANDS)
        check_coding(self.coding)
        for name in ("subarray_rows", "subarray_cols", "columns_per_sense_amplifier"):
            _check_range(name, getattr(self, name), 1, None)
        if self.subarray_cols % self.columns_per_sense_amplifier:
            raise InputError(
                "hardware.columns_per_sense_amplifier", "must divide subarray_cols",
                got=self.columns_per_sense_amplifier, allowed="a divisor of subarray_cols",
            )  # fmt: skip
        if self.is_crossbar:
            _check_range("adc_bits", self.adc_bits, 1, MAX_ADC_BITS)
            _check_range("active_rows", self.active_rows, 1, self.subarray_rows)
            _check_range("full_scale_rows", self.full_scale, 1, None)

    @property
    def is_crossbar(self) -> bool:
        """Whether columns are summed and converted."""
        return self.compute_style == CROSSBAR

    @property
    def is_written(self) -> bool:
        """Whether operands are written into rows of the and-count sub-arrays."""
        return not self.is_crossbar and self.operand == WRITTEN

    @property
    def sensed(self) -> int:
        """Columns S that are sensed, or converted, at a time."""
        return self.subarray_cols // self.columns_per_sense_amplifier

    @property
    def full_scale(self) -> int:
        """Products at the ADC's highest code; unless given, one a code, as `hardware.margin.top_code` has it."""
        given = self.full_scale_rows
        return min(self.active_rows, (1 << self.adc_bits) - 1) if given is None else given

    @property
    def adc_codes(self) -> int:
        """Highest code of the ADC, whose step is max(1, full scale / (2^bits - 1)) products."""
        return min(self.full_scale, (1 << self.adc_bits) - 1)

    def weight_rows(self, input_bits: int) -> int:
        """Rows of a sub-array that hold weights.

        Raises:
            InputError: written operands leave none.
        """
        free = self.subarray_rows - (input_bits if self.is_written else 0)
        if free < 1:
            raise InputError(
                "hardware.subarray_rows", "written operands leave no row for weights",
                got=self.subarray_rows, allowed=f"more than the {input_bits} bits of an activation",
            )  # fmt: skip
        return free


def arrays_of(hardware: Hardware) -> Arrays:
    """The sub-arrays of a design."""
    return Arrays(
        compute_style=hardware.compute_style,
        subarray_rows=hardware.subarray_rows,
        subarray_cols=hardware.subarray_cols,
        columns_per_sense_amplifier=hardware.columns_per_sense_amplifier,
        adc_bits=hardware.adc_bits,
        active_rows=hardware.active_rows,
        operand=hardware.operand,
    )


def _check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"hardware.{name}", "unknown value", got=value, allowed=", ".join(allowed))


def _check_range(name: str, value: int, low: int, high: int | None) -> None:
    if value < low or (high is not None and value > high):
        allowed = f"{low} or more" if high is None else f"{low}..{high}"
        raise InputError(f"hardware.{name}", "out of range", got=value, allowed=allowed)
