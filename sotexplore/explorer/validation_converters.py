"""Published analog-to-digital converters beside the model's: how far they lie apart."""

from typing import Final

from sotexplore.explorer.comparison import Comparison, first
from sotexplore.hardware import circuits, constants
from sotexplore.hardware.constants import Process

_ISAAC: Final = "Shafiee et al., ISAAC, ISCA 2016, doi 10.1109/ISCA.2016.12, table I"
_SCALED: Final = "scaled from ISAAC's as public tools do"
_FORMS: Final = "FORMS (Yuan et al., ISCA 2021) as public tools quote it"
_SURVEY: Final = "fit to an ADC survey at 1 GS/s, as public tools quote it"
# name, bits, node nm, energy pJ, area um2, kind, source
ADCS: Final = (
    ("ISAAC", 8, 32, 1.667, 1200.0, "textbook", _ISAAC),
    ("ISAAC scaled", 7, 32, 1.42, 845.0, "secondary", _SCALED),
    ("ISAAC scaled", 6, 32, 1.20, 627.0, "secondary", _SCALED),
    ("ISAAC scaled", 5, 32, 0.99, 477.0, "secondary", _SCALED),
    ("ISAAC scaled", 4, 32, 0.79, 361.0, "secondary", _SCALED),
    ("FORMS", 4, 32, 0.226, 284.0, "secondary", _FORMS),
    ("survey", 4, 45, 1.75, 5000.0, "secondary", _SURVEY),
    ("survey", 6, 45, 2.02, 5500.0, "secondary", _SURVEY),
    ("survey", 8, 45, 3.25, 6000.0, "secondary", _SURVEY),
)
_FITTED: Final = "the model's law goes through the 4- and 8-bit points: no independent check"
_SPREAD: Final = (
    "published converters of equal resolution differ up to 8x in energy and 18x in area; the model follows ISAAC's"
)


def adcs() -> list[Comparison]:
    """Energy of a conversion and area of each converter."""
    rows = []
    for name, bits, node_nm, energy_pj, area_um2, kind, source in ADCS:
        model = circuits.converter(float(bits), Process(float(node_nm), constants.nominal()))
        reason = _FITTED if name.startswith("ISAAC") else _SPREAD
        for quantity, unit, value, found in (
            ("energy of a conversion", "J", energy_pj * 1e-12, model.energy_j),
            ("area_m2", "m2", area_um2 * 1e-12, model.area_m2),
        ):
            label = f"ADC {name}, {bits} bits, {node_nm} nm"
            rows.append(Comparison(label, quantity, unit, value, first(found), kind, source, reason))
    return rows
