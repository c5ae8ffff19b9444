"""How many CPU threads MAX works with.

MAX 26.7 makes one pool of threads a process, one for each core that the process may
use when its CPU is first asked for; `num_threads` of a session aborts the process. So
the cores are narrowed while the pool is made, and given back to every thread after.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from max.driver import CPU, Device

from max_whisper.errors import OptionError

_TASKS = Path("/proc/self/task")
_POOL = "Thread"
"""Part of the name of each thread of the pool, as the system shows it."""


def cpu(threads: int) -> Device:
    """MAX's CPU with so many threads; 0 leaves it to MAX, which takes every core.

    Raises `OptionError` if there are fewer cores, or if the process has a pool of
    another size already.
    """
    if threads == 0:
        return CPU()
    if not (hasattr(os, "sched_setaffinity") and _TASKS.is_dir()):
        raise OptionError(f"expected threads to be 0 on this system, found {threads}")
    if pool := _pool_size():
        _verify(threads, pool, "the threads that an earlier model of this process has")
        return CPU()
    cores = os.sched_getaffinity(0)
    if threads > len(cores):
        raise OptionError(
            f"expected at most {len(cores)} threads, one a core, found {threads}"
        )
    with _narrowed(cores, threads):
        device = CPU()
        _wait_for_pool(threads)
    _verify(threads, _pool_size(), "the threads that MAX made")
    return device


@contextmanager
def _narrowed(cores: set[int], count: int) -> Iterator[None]:
    """Within, the process may use `count` of its cores; after, all its threads may."""
    os.sched_setaffinity(0, sorted(cores)[:count])
    try:
        yield
    finally:
        for task in _TASKS.iterdir():
            os.sched_setaffinity(int(task.name), cores)


def _pool_size() -> int:
    """Threads of MAX's pool in this process; 0 before there is one."""
    names = [(task / "comm").read_text() for task in _TASKS.iterdir()]
    return sum(_POOL in name for name in names)


def _wait_for_pool(threads: int) -> None:
    """At most two seconds: threads are made at once, but name themselves."""
    for _ in range(200):
        if _pool_size() >= threads:
            return
        time.sleep(0.01)


def _verify(threads: int, found: int, what: str) -> None:
    if threads != found:
        raise OptionError(f"expected {what}, {found}, found {threads} asked for")
