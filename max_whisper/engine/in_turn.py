"""Verbs of an engine that wait for each other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar


class TakesTurns(Protocol):
    """`turn` is held by the verb that runs; on a CPU, where they may run side by side,
    it holds nobody.
    """

    turn: AbstractContextManager[object]


P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=TakesTurns)


def in_turn(
    verb: Callable[Concatenate[E, P], R],
) -> Callable[Concatenate[E, P], R]:
    """The verb, run only while no other verb of its engine runs."""

    @wraps(verb)
    def run(engine: E, /, *arguments: P.args, **options: P.kwargs) -> R:
        with engine.turn:
            return verb(engine, *arguments, **options)

    return run
