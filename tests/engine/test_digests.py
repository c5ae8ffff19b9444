"""Threads, processes and what came before change no bit of what an engine yields."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_nothing_but_the_window_matters(compiled: Path, dtype: str) -> None:
    counts = sorted({1, min(2, os.cpu_count() or 1)})
    found = [digests(dtype, threads) for threads in (*counts, counts[-1])]
    for first, second, again in found:
        assert first == again != second
        assert [first, second, again] == found[0]


def digests(dtype: str, threads: int) -> list[str]:
    """Those of a process of its own, which finds the graphs compiled."""
    command = [sys.executable, "-m", "tests.engine.digests", dtype, str(threads)]
    # MAX leaves PYTHONEXECUTABLE behind, which hides the environment from a child.
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=clean, cwd=root
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
