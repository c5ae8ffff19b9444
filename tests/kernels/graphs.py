"""A small graph for each operation, all in one module: one compilation serves them.

Dimensions are symbolic wherever the operation allows it, so that a graph serves many
shapes; where it does not, the odd sizes below are what the tests are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from max.dtype import DType
from max.graph import (
    BufferType,
    Dim,
    KernelLibrary,
    Module,
    TensorValue,
)

from max_whisper.kernels.int8_ops import Int8Ops
from max_whisper.kernels.mojo_ops import MojoOps
from max_whisper.kernels.ops import Matrix, Ops
from tests.kernels.bench import Bench
from tests.kernels.block_graphs import add_blocks

ATTENTIONS = ((3, 20, 64), (2, 40, 33), (2, 7, 70))
"""Heads, head size and positions."""

CACHED_HEADS, CACHED_SIZE, CAPACITY = 2, 86, 12
ALIGNED, ALIGNED_SIZE = (0, 3), 20
"""Heads of four that count in an alignment, and their size."""
FRAMES = 37
CONVOLVED = (23, 20)
"""Frames with their padding, and channels in."""


HALF = "half."
HALVES = ("linear_gelu", "convolution_stride_add", "embed", "next_tokens")
"""Graphs that are made for weights in float16 too."""

INT8 = "int8."
LONG = (2, 64, 1133)
"""Heads, head size and positions of more than two spans of the int8 attention."""


def package(ops: Ops) -> list[Path]:
    """The kernels as one file, made once: from a folder every graph makes its own."""
    library = KernelLibrary()
    library.load_paths(ops.extensions)
    return library.library_paths()


def build(ops: Ops, extensions: Sequence[Path], *halves: Ops) -> Module:
    """The graphs of `ops`, and those of `HALVES` that `halves` make."""
    bench = Bench(ops, extensions)
    _add_weighted(bench)
    _add_attentions(bench)
    _add_next_tokens(bench)
    _add_others(bench)
    for half in halves:
        halved = Bench(half, extensions, bench.module, HALF, HALVES)
        _add_weighted(halved)
        _add_next_tokens(halved)
        add_blocks(replace(halved, wanted=()))
    if isinstance(ops, MojoOps):
        add_blocks(bench)
        build_int8(Bench(Int8Ops(), extensions, bench.module, INT8))
    return bench.module


def build_int8(bench: Bench) -> None:
    """The graphs of all that differs in int8."""
    _add_weighted(bench)
    _add_attentions(bench)
    _add_next_tokens(bench)
    add_blocks(bench)


def _add_weighted(bench: Bench) -> None:
    ops = bench.ops
    x, weight = bench.floats("batch", "length", "in"), bench.matrix("in")
    bias, add = bench.floats("out"), bench.floats("batch", "length", "out")
    once = bench.floats(1, "length", "out")

    def as_matrix(weight: TensorValue, bias: TensorValue) -> Matrix:
        """A matrix that comes as an argument; its bias knows how many rows it has."""
        return Matrix(weight, bias.shape[0], Dim("in"))  # type: ignore[arg-type]

    def linear(
        x: TensorValue, w: TensorValue, b: TensorValue, add: TensorValue | None = None
    ) -> TensorValue:
        return ops.linear(x, as_matrix(w, b), b, add=add)

    bench.add("linear", [x, weight, bias], linear)
    bench.add("linear_add", [x, weight, bias, add], linear)
    bench.add("linear_add_once", [x, weight, bias, once], linear)
    bench.add(
        "linear_unbiased",
        [x, weight, bias],
        lambda x, w, b: ops.linear(x, as_matrix(w, b), None),
    )
    bench.add(
        "linear_gelu",
        [x, weight, bias],
        lambda x, w, b: ops.linear(x, as_matrix(w, b), b, gelu=True),
    )

    norm = [bench.floats("in")] * 2
    bench.add(
        "projection",
        [x, *norm, weight, bias],
        lambda x, scale, shift, w, b: ops.projections(
            x, (scale, shift), [(as_matrix(w, b), b)], gelu=True
        ),
    )
    bench.add(
        "projections",
        [x, *norm, *[weight] * 3, *[bias] * 2],
        lambda x, scale, shift, q, k, v, b, c: ops.projections(
            x,
            (scale, shift),
            [(as_matrix(q, b), b), (as_matrix(k, b), None), (as_matrix(v, c), c)],
        ),
    )

    frames, channels = CONVOLVED
    sound, taps = bench.floats("batch", frames, channels), bench.matrix(3 * channels)
    positions = bench.floats(1, (frames - 2) // 2, "out")
    bench.add(
        "convolution",
        [sound, taps, bias],
        lambda x, w, b: ops.convolution(x, as_matrix(w, b), b),
    )
    bench.add(
        "convolution_stride_add",
        [bench.floats("batch", frames - 1, channels), taps, bias, positions],
        lambda x, w, b, add: ops.convolution(x, as_matrix(w, b), b, stride=2, add=add),
    )
    bench.add(
        "embed",
        [
            bench.ints("rows", "length"),
            bench.ints("rows"),
            bench.matrix("in"),
            bench.floats("positions", "in"),
        ],
        lambda t, s, w, p: ops.embed(t, s, Matrix(w, 0, 0), p),
    )


def _add_attentions(bench: Bench) -> None:
    ops = bench.ops
    for heads, size, positions in (*ATTENTIONS, LONG):
        memory = bench.floats("batch", positions, heads * size)
        bench.add(
            f"attention_{heads}_{size}_{positions}",
            [bench.floats("batch", "queries", heads * size), memory, memory],
            lambda q, k, v, heads=heads: ops.attention(q, *ops.memorise(k, v, heads)),
        )
    width = CACHED_HEADS * CACHED_SIZE
    bench.add(
        "cached_attention",
        [
            *[bench.floats("rows", "tokens", width)] * 3,
            *[BufferType(ops.cache_dtype, ["slots", CAPACITY, width], ops.device)] * 2,
            *(bench.ints("rows"), bench.ints("rows"), bench.ints("rows", "path")),
        ],
        lambda *values: ops.cached_attention(
            values[:3], values[3:5], values[5:], CACHED_HEADS
        ),
    )


def _add_next_tokens(bench: Bench) -> None:
    ops = bench.ops
    rules = [
        bench.ints(2, "vocabulary", dtype=DType.uint8),
        bench.ints("rows", 4),
        bench.ints(1),
        bench.floats("rows"),
        bench.ints("rows", dtype=DType.uint64),
        bench.floats(1),
        bench.ints("rows", "said"),
        bench.ints("rows", "banned"),
    ]
    bench.add(
        "next_tokens",
        [
            bench.floats("batch", "group", "width"),
            *[bench.floats("width")] * 2,
            bench.matrix("width", "vocabulary"),
            *rules,
        ],
        lambda x, norm, shift, embedding, *rules: ops.next_tokens(
            x, (norm, shift), Matrix(embedding, 0, 0), rules
        ),
    )


def _add_others(bench: Bench) -> None:
    ops = bench.ops
    x = bench.floats("batch", "length", "width")
    bench.add(
        "layer_norm",
        [x, bench.floats("width"), bench.floats("width")],
        ops.layer_norm,
    )
    bench.add("take", [x, bench.ints("batch")], ops.take)
    bench.add(
        "probe",
        [bench.floats("batch", 1, "vocabulary"), bench.ints("probed")],
        ops.probe,
    )
    width = 4 * ALIGNED_SIZE
    bench.add(
        "alignment",
        [bench.floats(1, "tokens", width), bench.floats(1, "positions", width)],
        lambda q, k: ops.alignment(q, k, ALIGNED, ALIGNED_SIZE),
    )
    bench.add(
        "next_logprobs",
        [
            bench.floats(1, "tokens", "vocabulary"),
            bench.ints(1, "tokens"),
            bench.ints(1),
        ],
        ops.next_logprobs,
    )
    bench.add(
        "log_mel",
        [
            bench.floats(160 * FRAMES + 240),
            bench.floats(400),
            bench.floats(400, 2),
            bench.floats("bins", 201),
        ],
        ops.log_mel,
    )
