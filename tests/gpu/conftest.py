"""Our GPU kernels, compiled for the GPU that is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from max.driver import CPU, Accelerator, Buffer, Device, accelerator_count
from max.dtype import DType
from max.engine import InferenceSession, Model
from max.graph import BufferType, DeviceRef, Graph, Module, TensorType, Type
from max.graph import ops as in_graph

from max_whisper.kernels.gpu_ops import GpuOps
from max_whisper.kernels.ops import Matrix
from tests.kernels.graphs import FRAMES

HEADS, SIZE, POSITIONS, CAPACITY = 3, 64, 1500, 448
WIDTH = HEADS * SIZE
PRODUCTS = ((96, 40), (1280, 1280), (5120, 1280), (384, 51_872))
"""Columns of x, and of what becomes of it."""
HALVES = {"float16": DType.float16, "bfloat16": DType.bfloat16}
ALIGNED = (0, 2)
"""Heads that are compared in an alignment."""


@pytest.fixture(scope="session")
def gpu() -> Device:
    if accelerator_count() == 0:
        if "MAX_WHISPER_TEST_NEEDS_GPU" in os.environ:
            pytest.fail("expected a GPU that MAX can use, found none")
        pytest.skip("no GPU that MAX can use")
    return Accelerator()


@pytest.fixture(scope="session")
def models(gpu: Device) -> dict[str, Model]:
    """Graphs of one kernel each: in float32, and what is made for half precision in
    both of its kinds, between casts, since NumPy has no bfloat16.
    """
    device = DeviceRef.from_device(gpu)
    ops = GpuOps(device, DType.float32)
    module = Module()
    _add_attention(module, ops)
    _add_cached_attention(module, ops)
    _add_best_tokens(module, ops)
    _add_log_mel(module, ops)
    _add_alignment(module, ops)
    _add_next_logprobs(module, ops)
    if gpu.api == "cuda":
        for name, half in HALVES.items():
            halves = GpuOps(device, half, own_products=True)
            _add_products(module, halves, name)
            _add_attention(module, halves, f"{name}.")
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


def _add_attention(module: Module, ops: GpuOps, prefix: str = "") -> None:
    memory = ["batch", POSITIONS, HEADS, SIZE]
    shapes = [["batch", "tokens", WIDTH], memory, memory]
    types = [TensorType(DType.float32, shape, ops.device) for shape in shapes]
    with _graph(f"{prefix}attention", types, module, ops) as graph:
        values = (in_graph.cast(v.tensor, ops.dtype) for v in graph.inputs)
        graph.output(in_graph.cast(ops.attention(*values), DType.float32))


def _add_alignment(module: Module, ops: GpuOps) -> None:
    shapes = [[1, "tokens", WIDTH], [1, "positions", WIDTH]]
    types = [TensorType(ops.dtype, shape, ops.device) for shape in shapes]
    with _graph("alignment", types, module, ops) as graph:
        q, k = (value.tensor for value in graph.inputs)
        graph.output(ops.alignment(q, k, ALIGNED, SIZE))


def _add_next_logprobs(module: Module, ops: GpuOps) -> None:
    types = [
        TensorType(DType.float32, [1, "tokens", "vocabulary"], ops.device),
        TensorType(DType.int32, [1, "tokens"], ops.device),
        TensorType(DType.int32, [1], ops.device),
    ]
    with _graph("next_logprobs", types, module, ops) as graph:
        graph.output(ops.next_logprobs(*(value.tensor for value in graph.inputs)))


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


def _add_products(module: Module, ops: GpuOps, name: str) -> None:
    """As they are; with bias and GELU; with bias and addend; as logits."""
    for depth, columns in PRODUCTS:
        shapes = [["batch", "tokens", depth], [columns, depth], [columns]]
        shapes += [["batch", "tokens", columns]]
        types = [TensorType(DType.float32, shape, ops.device) for shape in shapes]
        with _graph(f"{name}.product_{depth}_{columns}", types, module, ops) as graph:
            values = [in_graph.cast(v.tensor, ops.dtype) for v in graph.inputs]
            x, w, bias, add = values
            matrix = Matrix(w, columns, depth)  # type: ignore[arg-type]
            made = (
                ops.linear(x, matrix, None),
                ops.linear(x, matrix, bias, gelu=True),
                ops.linear(x, matrix, bias, add=add),
                ops.logits(x, matrix),
            )
            graph.output(*(in_graph.cast(y, DType.float32) for y in made))


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
