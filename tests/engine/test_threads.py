"""How many threads MAX gets: each count in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="needs Linux, to narrow the cores"
)

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0


def run(program: str) -> str:
    """What a program prints that begins with everything it needs."""
    preamble = "import os\nfrom max_whisper.engine.threads import _pool_size, cpu\n"
    command = [sys.executable, "-c", preamble + program]
    # MAX leaves PYTHONEXECUTABLE behind, which hides the environment from a child.
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(command, capture_output=True, text=True, env=clean)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("threads", range(1, min(CORES, 3) + 1))
def test_the_pool_is_as_large_as_asked_for_and_may_use_every_core(threads: int) -> None:
    program = f"""
cores = os.sched_getaffinity(0)
cpu({threads})
print(_pool_size(), all(
    os.sched_getaffinity(int(t)) == cores for t in os.listdir("/proc/self/task")
))
"""
    assert run(program).split() == [str(threads), "True"]


def test_zero_is_a_thread_for_each_core() -> None:
    program = "import time; cpu(0); time.sleep(1); print(_pool_size())"
    assert int(run(program)) == CORES


def test_more_threads_than_cores_is_an_error() -> None:
    program = f"""
try:
    cpu({CORES + 1})
except Exception as error:
    print(error)
"""
    assert f"expected at most {CORES} threads" in run(program)


def test_the_api_leaves_the_choice_open_until_a_model_is_loaded() -> None:
    program = "import time; import max_whisper.api; time.sleep(1); print(_pool_size())"
    assert run(program).split() == ["0"]


@pytest.mark.skipif(CORES < 2, reason="needs two cores, to ask for one of them")
def test_another_number_later_is_an_error_and_the_same_is_not() -> None:
    program = """
cpu(1)
cpu(1)
try:
    cpu(2)
except Exception as error:
    print(error)
"""
    assert "an earlier model of this process has, 1, found 2" in run(program)
