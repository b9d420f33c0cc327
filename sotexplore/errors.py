"""The one error that bad input raises, in the form every surface prints."""

import reprlib


class InputError(ValueError):
    """Bad input, told as `FIELD: what is wrong (got ..., allowed ...)`.

    Args:
        field: name of the offending field, dotted where nested (`hardware.subarray_rows`).
        problem: what is wrong, in a few words.
        got: the value that was given.
        allowed: what would have been accepted, as text.
    """

    def __init__(self, field: str, problem: str, *, got: object, allowed: str) -> None:
        self.field = field
        self.problem = problem
        self.got = got
        self.allowed = allowed
        super().__init__(f"{field}: {problem} (got {_one_line(got)}, allowed {allowed})")


def _one_line(value: object) -> str:
    if isinstance(value, str):
        text = " ".join(value[:200].split()) or repr(value)
    elif isinstance(value, list | tuple | dict | set):
        text = reprlib.repr(value)
    else:
        text = str(value)
    return text if len(text) <= 120 else text[:117] + "..."
