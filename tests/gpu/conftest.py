"""Our GPU kernels, compiled for the GPU that is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from max.driver import CPU, Accelerator, Buffer, Device, accelerator_count
from max.dtype import DType
from max.engine import InferenceSession, Model
from max.graph import BufferType, DeviceRef, Graph, Module, TensorType, Type

from max_whisper.kernels.gpu_ops import GpuOps
from max_whisper.kernels.ops import Matrix
from tests.kernels.graphs import FRAMES

HEADS, SIZE, POSITIONS, CAPACITY = 3, 64, 1500, 448
WIDTH = HEADS * SIZE
PRODUCTS = ((96, 40), (1280, 1280))
"""Columns of x, and of what becomes of it."""


@pytest.fixture(scope="session")
def gpu() -> Device:
    if accelerator_count() == 0:
        pytest.skip("no GPU that MAX can use")
    return Accelerator()


@pytest.fixture(scope="session")
def models(gpu: Device) -> dict[str, Model]:
    """Graphs of one kernel each, in float32, but for products, which are in float16."""
    device = DeviceRef.from_device(gpu)
    ops = GpuOps(device, DType.float32)
    module = Module()
    _add_attention(module, ops)
    _add_cached_attention(module, ops)
    _add_best_tokens(module, ops)
    _add_log_mel(module, ops)
    if gpu.api == "cuda":
        _add_products(module, GpuOps(device, DType.float16, own_products=True))
    session = InferenceSession([gpu])
    compiled = session.compile(module, custom_extensions=ops.extensions)
    return session.init_all(compiled)


@pytest.fixture(scope="session")
def run(gpu: Device, models: dict[str, Model]) -> Callable[..., list[np.ndarray]]:
    """A graph by name, from arrays to arrays; a `Buffer` is passed as it is."""

    def run(name: str, *values: Any) -> list[np.ndarray]:
        inputs = [
            value
            if isinstance(value, Buffer)
            else Buffer.from_numpy(np.ascontiguousarray(value)).to(gpu)
            for value in values
        ]
        found = models[name].execute(*inputs)
        return [buffer.to(CPU()).to_numpy() for buffer in found]

    return run


def _add_attention(module: Module, ops: GpuOps) -> None:
    memory = ops.memory_types(HEADS, SIZE, POSITIONS)
    types = [TensorType(ops.dtype, ["batch", "tokens", WIDTH], ops.device), *memory]
    with _graph("attention", types, module, ops) as graph:
        graph.output(ops.attention(*(value.tensor for value in graph.inputs)))


def _add_cached_attention(module: Module, ops: GpuOps) -> None:
    new = TensorType(ops.dtype, ["rows", "tokens", WIDTH], ops.device)
    line = TensorType(DType.int32, ["rows"], ops.device)
    path = TensorType(DType.int32, ["rows", "path"], ops.device)
    cache = BufferType(ops.dtype, ["slots", CAPACITY, WIDTH], ops.device)
    types = [new, new, new, line, line, path, cache, cache]
    with _graph("cached_attention", types, module, ops) as graph:
        qkv, paths = ([v.tensor for v in graph.inputs[i : i + 3]] for i in (0, 3))
        caches = [value.buffer for value in graph.inputs[6:]]
        graph.output(ops.cached_attention(qkv, caches, paths, HEADS))


def _add_log_mel(module: Module, ops: GpuOps) -> None:
    shapes: list[list[str | int]] = [[160 * FRAMES + 240], [400], [400, 2]]
    shapes.append(["bins", 201])
    types = [TensorType(ops.dtype, shape, ops.device) for shape in shapes]
    with _graph("log_mel", types, module, ops) as graph:
        graph.output(ops.log_mel(*(value.tensor for value in graph.inputs)))


def _add_products(module: Module, ops: GpuOps) -> None:
    """`product_…`: as it is; with bias and GELU; with bias and addend."""
    for depth, columns in PRODUCTS:
        shapes = [["batch", "tokens", depth], [columns, depth], [columns]]
        shapes += [["batch", "tokens", columns]]
        types = [TensorType(ops.dtype, shape, ops.device) for shape in shapes]
        with _graph(f"product_{depth}_{columns}", types, module, ops) as graph:
            x, w, bias, add = (value.tensor for value in graph.inputs)
            matrix = Matrix(w, columns, depth)  # type: ignore[arg-type]
            graph.output(
                ops.linear(x, matrix, None),
                ops.linear(x, matrix, bias, gelu=True),
                ops.linear(x, matrix, bias, add=add),
            )


def _add_best_tokens(module: Module, ops: GpuOps) -> None:
    shapes: list[tuple[DType, list[str | int]]] = [
        (DType.float32, ["batch", "group", "vocabulary"]),
        (DType.uint8, [2, "ruled"]),
        (DType.int32, ["rows", 4]),
        (DType.int32, [1]),
        (DType.float32, ["rows"]),
        (DType.uint64, ["rows"]),
        (DType.float32, [1]),
        (DType.int32, ["rows", "said"]),
        (DType.int32, ["rows", "banned"]),
    ]
    types = [TensorType(dtype, shape, ops.device) for dtype, shape in shapes]
    with _graph("best_tokens", types, module, ops) as graph:
        logits, *rules = (value.tensor for value in graph.inputs)
        graph.output(*ops.best_tokens(logits, rules))


def _graph(name: str, types: Sequence[Type], module: Module, ops: GpuOps) -> Graph:
    extensions = ops.extensions
    return Graph(name, input_types=types, module=module, custom_extensions=extensions)
