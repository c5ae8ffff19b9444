"""Every graph can be built for a GPU, whatever it takes to compile it."""

from __future__ import annotations

import pytest
from max.dtype import DType
from max.graph import DeviceRef

from max_whisper.kernels.plain_ops import PlainOps
from tests.gpu.compile_graphs import GRAPHS, config, module


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_graph_is_built(graph: str) -> None:
    assert module(graph, PlainOps(DeviceRef.GPU(0), DType.float16), config("tiny"))
