"""An option as a field of a dataclass, the checks of its value, and their error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from math import inf, isfinite
from numbers import Integral, Real
from typing import Any

from max_whisper.errors import OptionError


def option(default: Any, help: str, **facts: Any) -> Any:
    """A field whose help text is read by the command line and the documentation.

    `facts` are more to know of it: `choices`, or `repeats`, that a flag may be given
    several times.
    """
    return field(default=default, metadata={"help": help, **facts})


def check_range(name: str, value: object, least: float, most: float = inf) -> None:
    """Raise `OptionError` unless `value` is a finite number in the range."""
    if isinstance(value, Real) and isfinite(value) and least <= float(value) <= most:
        return
    wanted = f"{least} or more" if most == inf else f"{least} to {most}"
    raise refused(name, wanted, value)


def check_positive(name: str, value: object) -> None:
    """Raise `OptionError` unless `value` is a finite number above 0."""
    if not (isinstance(value, Real) and isfinite(value) and float(value) > 0):
        raise refused(name, "a number above 0", value)


def check_whole(name: str, value: object, least: int, most: float = inf) -> None:
    """Raise `OptionError` unless `value` is a whole number in the range."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise refused(name, "a whole number", value)
    check_range(name, value, least, most)


def check_flag(name: str, value: object) -> None:
    """Raise `OptionError` unless `value` is True or False."""
    if not isinstance(value, bool):
        raise refused(name, "True or False", value)


def check_text(name: str, value: object) -> None:
    """Raise `OptionError` unless `value` is text."""
    if not isinstance(value, str):
        raise refused(name, "text", value)


def check_words(name: str, value: object) -> None:
    """Raise `OptionError` unless `value` is text or a sequence, as of token ids."""
    if not isinstance(value, Sequence) or isinstance(value, bytes):
        raise refused(name, "text or a list of token ids", value)


def refused(name: str, expected: str, found: object) -> OptionError:
    """The error for a value that the option `name` does not take."""
    return OptionError(
        f"expected {expected} for {name}, found {found!r}; change {name}"
    )
