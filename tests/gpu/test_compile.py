"""Encoder and decoder step compile for a GPU, on a machine that has none."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("graph", ["encode", "step"])
def test_a_graph_compiles_for_nvidia(graph: str) -> None:
    command = [sys.executable, "-m", "tests.gpu.compile_graphs", graph]
    done = subprocess.run(
        command, capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert f"compiled {graph}" in done.stdout, done.stderr[-2000:]
