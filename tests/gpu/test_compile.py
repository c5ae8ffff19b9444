"""Every graph of every size compiles for a GPU, on a machine that has none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gpu.compile_graphs import ARCHITECTURES, GRAPHS, SIZES


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("graph", GRAPHS)
def test_a_graph_compiles(graph: str, size: str, arch: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.gpu.compile_graphs", graph]
    done = subprocess.run(
        [*command, "--size", size, "--arch", arch, "--json", tmp_path / "json"],
        capture_output=True,
        text=True,
        env={**os.environ},
        check=False,
    )
    assert f"compiled {graph}" in done.stdout, done.stderr[-2000:]
