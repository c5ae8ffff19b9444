"""What is said goes to standard error, and results to standard output."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
from max_whisper.cli.messages import progress_bars
from max_whisper.cli.prints import print_line
with progress_bars(["a.wav", "b.wav"]) as bars:
    print_line("said")
    bars.finish(0)
"""


def test_results_are_not_printed_on_the_terminal_that_shows_the_bars() -> None:
    pty = pytest.importorskip("pty")
    ours, its = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            stdout=subprocess.PIPE,
            stderr=its,
            env={**os.environ, "TERM": "xterm"},
            check=True,
        )
        shown = os.read(ours, 1 << 16).decode()
    finally:
        os.close(its)
        os.close(ours)
    assert done.stdout.decode() == "said\n"
    assert "2 files" in shown
    assert "said" not in shown
