"""Every graph of every size compiles for a GPU, on a machine that has none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gpu.compile_graphs import ARCHITECTURES, PARTS, SIZES


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("part", PARTS)
def test_a_part_compiles(part: str, size: str, arch: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.gpu.compile_graphs", part]
    done = subprocess.run(
        [*command, "--size", size, "--arch", arch, "--json", tmp_path / "json"],
        capture_output=True,
        text=True,
        env={**os.environ},
        check=False,
    )
    assert f"compiled {part}" in done.stdout, done.stderr[-2000:]
