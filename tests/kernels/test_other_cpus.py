"""The int8 kernels for processors without the instructions of this one."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from math import prod
from pathlib import Path

import numpy as np
import pytest
from max.driver import CPU
from max.engine import InferenceSession

from max_whisper.kernels.int8_ops import Int8Ops
from max_whisper.kernels.package import KERNELS
from tests.kernels.block_graphs import HEADS, POSITIONS
from tests.kernels.conftest import Kernels
from tests.kernels.graphs import LONG
from tests.kernels.test_blocks import shapes, weights
from tests.kernels.test_int8 import numbers, product
from tests.numpy_whisper import attention, gelu

PRODUCT = """
from std.memory.alloc import unsafe_alloc
from mojo.int8 import OFFSET, multiply8
from mojo.matmul import PANEL

def main():
    var a = unsafe_alloc[Int32](64)
    var panel = unsafe_alloc[Int32](18 * PANEL)
    var tile = unsafe_alloc[Int32](4 * PANEL)
    multiply8[4, OFFSET](tile, a, 16, panel, 16)
    print(tile.unsafe_load[width=1]())
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def compiled_for(cpu: str, folder: Path) -> Path:
    file = folder / "int8.mef"
    command = [sys.executable, "-m", "tests.kernels.compile_for", cpu, str(file)]
    # MAX sets PYTHONEXECUTABLE behind Python's back, which a child must not see.
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert file.exists(), done.stderr[-2000:]
    return file


def test_a_product_is_dot_products_on_neon(tmp_path: Path) -> None:
    """MAX compiles graphs for its own family of processors only, Mojo for any."""
    source, assembly = tmp_path / "product.mojo", tmp_path / "product.s"
    source.write_text(PRODUCT)
    command = [str(Path(sys.executable).with_name("mojo")), "build", "--emit", "asm"]
    command += ["-I", str(KERNELS.parent), "-o", str(assembly), str(source)]
    command += ["--target-triple", "aarch64-unknown-linux-gnu"]
    command += ["--target-cpu", "neoverse-n1"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "sdot" in assembly.read_text()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="needs an x86 CPU")
@pytest.mark.parametrize("cpu", ["x86-64-v3", "x86-64-v2"])
def test_they_do_the_same_without_vnni(cpu: str, tmp_path: Path) -> None:
    session = InferenceSession([CPU()])
    models = session.init_all(session.compile(compiled_for(cpu, tmp_path)))
    int8 = Kernels("mojo-int8", Int8Ops(), models)
    for rows in (1, 5, 30):
        x, w, b = numbers(1, 1, rows, 70), numbers(2, 45, 70), numbers(3, 45)
        found = int8("linear_gelu", x, int8.pack(w), b)
        expected = gelu(product(x, w) + b)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=3e-5)

    heads, size, positions = LONG
    q = numbers(1, 2, 13, heads * size)
    k, v = (numbers(seed, 2, positions, heads * size) for seed in (2, 3))
    found = int8(f"attention_{heads}_{size}_{positions}", q, k, v)
    expected = [attention(*window, heads) for window in zip(q, k, v, strict=True)]
    assert np.linalg.norm(found - expected) / np.linalg.norm(expected) < 0.03

    width = prod(HEADS["wide"])
    given = [*weights(int8, shapes(width, hears=False))]
    x = numbers(1, 2, POSITIONS, width)
    block, apart = (int8(f"wide_encoder{name}", x, *given) for name in ("", "_apart"))
    np.testing.assert_array_equal(block, apart)
