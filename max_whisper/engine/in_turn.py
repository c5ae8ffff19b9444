"""Verbs of engines that wait for each other, and what they raise on a GPU."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache, wraps
from threading import RLock
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from max.driver import Device

from max_whisper.engine.gpu_errors import gpu_errors


class TakesTurns(Protocol):
    """`turn` is held by the verb that runs; `runs_on` is the device."""

    turn: AbstractContextManager[object]
    runs_on: str


P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=TakesTurns)


def in_turn(
    verb: Callable[Concatenate[E, P], R],
) -> Callable[Concatenate[E, P], R]:
    """The verb, run only while no other verb with the same turn runs."""

    @wraps(verb)
    def run(engine: E, /, *arguments: P.args, **options: P.kwargs) -> R:
        with engine.turn, gpu_errors(engine.runs_on):
            return verb(engine, *arguments, **options)

    return run


def turn_on(device: Device) -> AbstractContextManager[object]:
    """All engines on a GPU share one, since while one captures a graph there, none may
    wait for it; on a CPU, where verbs may run side by side, it holds nobody.
    """
    return nullcontext() if device.is_host else _turn_on_gpu(device.id)


@cache
def _turn_on_gpu(number: int) -> AbstractContextManager[object]:
    return RLock()
