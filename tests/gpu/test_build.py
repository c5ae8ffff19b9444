"""Every graph can be built for a GPU, whatever it takes to compile it."""

from __future__ import annotations

import pytest
from max.driver import CPU
from max.dtype import DType
from max.graph import DeviceRef

from max_whisper.engine.compile import Plan, build
from max_whisper.kernels.gpu_ops import GpuOps
from tests.gpu.compile_graphs import PARTS, config, module


@pytest.mark.parametrize("own_products", [False, True])
@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_built(part: str, own_products: bool) -> None:
    ops = GpuOps(DeviceRef.GPU(0), DType.float16, own_products)
    assert module(part, ops, config("tiny"))


def test_all_graphs_are_built_as_one_module() -> None:
    ops = GpuOps(DeviceRef.GPU(0), DType.float16, own_products=True)
    assert build(Plan(config("tiny"), ops, CPU()))
