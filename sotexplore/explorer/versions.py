"""What a number was computed with: the product's version, a digest of the constants, and both as the model's version."""

from functools import cache

import sotexplore
from sotexplore.explorer import constants_table
from sotexplore.hardware.cell import PRESETS
from sotexplore.hardware.technology import CONSTANTS
from sotexplore.store import content_key


@cache
def constants_digest() -> str:
    """16 hex digits over every constant and preset cell: name, value, unit, range, kind and source."""
    return content_key(
        {
            "circuits": constants_table.circuit_records(),
            "others": constants_table.other_records(),
            "technology": {str(node): constants_table.technology_records(node) for node in CONSTANTS},
            "cells": {name: constants_table.cell_records(name) for name in PRESETS},
        }
    )


@cache
def model_version() -> str:
    """16 hex digits over the package's version and the constants: the same where figures may be compared."""
    return content_key({"sotexplore": sotexplore.__version__, "constants": constants_digest()})


def versions() -> dict[str, str]:
    """The three versions by the names that files give them."""
    return {
        "sotexplore_version": sotexplore.__version__,
        "model_version": model_version(),
        "constants_digest": constants_digest(),
    }
