"""`attention` in int8: softmax(q · kᵀ / √head_size) · v, as in `attention.mojo`.

    keys      [batch, heads, ⌈positions/32⌉, ⌈head_size/4⌉ + 2, 32]   panels of k
    values    [batch, heads, ⌈head_size/32⌉, ⌈positions/4⌉ + 2, 32]   panels of vᵀ

A few queries of one head go through the positions in spans that stay in the cache:

    q tile × key panels → scores → 2^(score - best of the span) → bytes × value panels

Spans are joined in float32, each weighed by 2^(its best - best so far); no score ever
leaves the cache. What a byte of a probability loses is relative to its own span.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.math import exp2, sqrt
from std.memory import bitcast
from std.memory.alloc import unsafe_alloc

from .attention import MINUS_INFINITY, Sizes
from .int8 import (
    Ints,
    OFFSET,
    ROWS8,
    VNNI,
    accumulate,
    floats,
    multiply_rows,
)
from .int8_rows import quantise, stride_of
from .matmul import PANEL, VECTORS, WIDTH, Vector

comptime SPAN = 16 * PANEL
comptime TILES_PER_TASK = 8
comptime LOG2_E = Float32(1.4426950408889634)

# What is kept of a row: the scale of its scores, the best of them so far and the sum of
# all bytes, and what the sums so far and the new span count when they are joined.
comptime STATE = 5
comptime BEST = 1
comptime TOTAL = 2
comptime OLD = 3
comptime NEW = 4

# Probabilities are unsigned where VNNI takes them so, and seven bits elsewhere.
comptime TOP = Float32(255 if VNNI else 127)


@no_inline
def score8[
    rows: Int
](
    scores: Pointer[mut=True, Float32, _],
    a: Pointer[Int32, _],
    stride: Int,
    panel: Pointer[Int32, _],
    quads: Int,
):
    """The scores of one panel of positions, in the scale of each query."""
    var acc = accumulate[rows, OFFSET](a, stride, panel, quads)
    comptime for v in range(VECTORS):
        var step = floats(panel, quads * PANEL + v * WIDTH)
        comptime for i in range(rows):
            scores.unsafe_offset(i * SPAN + v * WIDTH).unsafe_store(
                acc[i * VECTORS + v].cast[DType.float32]() * step
            )


@always_inline
def soften(
    bytes: Pointer[mut=True, Int32, _],
    scores: Pointer[Float32, _],
    count: Int,
    scale: Float32,
    best: Float32,
) -> Float32:
    """Bytes TOP · 2^(scale · score - best) of `count` scores, whole vectors; their sum.

    2^x is 2^round(x) · p(x - round(x)). Adding 2^23 · 1.5 rounds x and leaves the integer
    in the lowest bits; adding 2^23 does the same with the byte.
    """
    comptime ROUND = Float32(12582912)
    comptime WHOLE = Float32(8388608)
    var sums = Ints(0)
    for i in range(0, count, WIDTH):
        var x = scores.unsafe_offset(i).unsafe_load[width=WIDTH]()
        x = max(x.fma(Vector(scale), Vector(-best)), Vector(-40))
        var rounded = x + ROUND
        var f = x - (rounded - ROUND)
        var p = f.fma(Vector(0.05550411), Vector(0.24022651))
        p = f.fma(p, Vector(0.6931472))
        p = f.fma(p, Vector(1))
        var power = bitcast[DType.int32, WIDTH](p)
        power += bitcast[DType.int32, WIDTH](rounded) << 23
        var byte = bitcast[DType.float32, WIDTH](power).fma(Vector(TOP), Vector(WHOLE))
        var bits = bitcast[DType.int32, WIDTH](byte)
        sums += bits & 255
        bytes.unsafe_offset(i // 4).unsafe_store(
            bitcast[DType.int32, WIDTH // 4](bits.cast[DType.uint8]())
        )
    return sums.reduce_add().cast[DType.float32]()


# One copy of machine code serves encoder and decoder, whatever their shapes.
@no_inline
def attend8(
    sizes: Sizes,
    y: Pointer[mut=True, Float32, _],
    q: Pointer[Float32, _],
    keys: Pointer[Int32, _],
    values: Pointer[Int32, _],
):
    """The attention of `Int8Attention`, a few queries of one head at a time."""
    var size = sizes.size
    var width = sizes.width
    var positions = sizes.positions
    var key_panels = (positions + PANEL - 1) // PANEL
    var key_quads = (size + 3) // 4
    var key_line = (key_quads + 2) * PANEL
    var value_panels = (size + PANEL - 1) // PANEL
    var value_quads = (positions + 3) // 4
    var value_line = (value_quads + 2) * PANEL
    var padded = value_panels * PANEL
    var stride = stride_of(size)
    var scale = LOG2_E / sqrt(Float32(size))
    var rows_per_task = TILES_PER_TASK * ROWS8
    var row_tasks = (sizes.queries + rows_per_task - 1) // rows_per_task

    def task(t: Int) {imm}:
        var plane = t // row_tasks
        var first_row = t % row_tasks * rows_per_task
        var last_row = min(sizes.queries, first_row + rows_per_task)
        var a = unsafe_alloc[Int32](ROWS8 * stride)
        var bytes = unsafe_alloc[Int32](ROWS8 * SPAN // 4)
        var tile = unsafe_alloc[Int32](ROWS8 * PANEL)
        var scores = unsafe_alloc[Float32](ROWS8 * SPAN)
        var sums = unsafe_alloc[Float32](ROWS8 * padded)
        var states = unsafe_alloc[Float32](ROWS8 * STATE)

        @always_inline
        def begin(rows: Int, at: Int) {imm}:
            """Quantise the queries; nothing is summed yet."""
            for i in range(rows):
                var source = q.unsafe_offset(at + i * width)
                var step = quantise(a.unsafe_offset(i * stride), source, size)
                var state = states.unsafe_offset(i * STATE)
                state.unsafe_store(max(step * scale, 1e-30))
                state.unsafe_offset(BEST).unsafe_store(MINUS_INFINITY)
                state.unsafe_offset(TOTAL).unsafe_store(Float32(0))
            for j in range(0, rows * padded, WIDTH):
                sums.unsafe_offset(j).unsafe_store(Vector(0))

        @always_inline
        def score(rows: Int, first: Int, end: Int) {imm}:
            """Scores, not yet scaled, of the positions from `first` on."""
            for p in range(0, end, PANEL):
                var panel = keys.unsafe_offset(
                    (plane * key_panels + (first + p) // PANEL) * key_line
                )
                comptime for height in range(1, ROWS8 + 1):
                    if rows == height:
                        score8[height](
                            scores.unsafe_offset(p), a, stride, panel, key_quads
                        )
            for i in range(rows):
                for p in range(positions - first, end):
                    scores.unsafe_offset(i * SPAN + p).unsafe_store(MINUS_INFINITY)

        @always_inline
        def weigh(rows: Int, end: Int) {imm}:
            """Scores to bytes; what the sums so far and this span count from now on."""
            for i in range(rows):
                var line = scores.unsafe_offset(i * SPAN)
                var most = Vector(MINUS_INFINITY)
                for j in range(0, end, WIDTH):
                    most = max(most, line.unsafe_offset(j).unsafe_load[width=WIDTH]())
                var state = states.unsafe_offset(i * STATE)
                var step = state.unsafe_load[width=1]()
                var before = state.unsafe_offset(BEST).unsafe_load[width=1]()
                var best = most.reduce_max() * step
                var sum = soften(bytes.unsafe_offset(i * SPAN // 4), line, end, step, best)
                var less = exp2(-abs(best - before))
                var old = less if best > before else Float32(1)
                var new = Float32(1) if best > before else less
                var total = state.unsafe_offset(TOTAL).unsafe_load[width=1]()
                state.unsafe_offset(BEST).unsafe_store(max(before, best))
                state.unsafe_offset(TOTAL).unsafe_store(total * old + sum * new)
                state.unsafe_offset(OLD).unsafe_store(old)
                state.unsafe_offset(NEW).unsafe_store(new)

        @always_inline
        def join(rows: Int, first: Int) {imm}:
            """Add the span's share of the values."""
            var quads = min(SPAN // 4, value_quads - first // 4)
            for p in range(value_panels):
                var panel = values.unsafe_offset(
                    (plane * value_panels + p) * value_line + first // 4 * PANEL
                )
                multiply_rows[0](rows, tile, bytes, SPAN // 4, panel, quads)
                for i in range(rows):
                    var state = states.unsafe_offset(i * STATE)
                    var old = Vector(state.unsafe_offset(OLD).unsafe_load[width=1]())
                    var new = Vector(state.unsafe_offset(NEW).unsafe_load[width=1]())
                    for v in range(0, PANEL, WIDTH):
                        var sum = tile.unsafe_offset(i * PANEL + v)
                        var sink = sums.unsafe_offset(i * padded + p * PANEL + v)
                        var more = sum.unsafe_load[width=WIDTH]().cast[DType.float32]()
                        sink.unsafe_store(
                            sink.unsafe_load[width=WIDTH]().fma(old, more * new)
                        )

        @always_inline
        def finish(rows: Int, at: Int) {imm}:
            """The mean of the values, in their own scale."""
            for v in range(0, padded, WIDTH):
                var panel = (plane * value_panels + v // PANEL) * value_line
                var step = floats(values, panel + value_quads * PANEL + v % PANEL)
                for i in range(rows):
                    var total = states.unsafe_offset(i * STATE + TOTAL).unsafe_load[
                        width=1
                    ]()
                    var sum = sums.unsafe_offset(i * padded + v).unsafe_load[width=WIDTH]()
                    var mean = sum * (step / total)
                    var sink = y.unsafe_offset(at + i * width + v)
                    if v + WIDTH <= size:
                        sink.unsafe_store(mean)
                    else:
                        for lane in range(size - v):
                            sink.unsafe_offset(lane).unsafe_store(mean[lane])

        for row in range(first_row, last_row, ROWS8):
            var rows = min(ROWS8, last_row - row)
            var at = (plane // sizes.heads * sizes.queries + row) * width
            at += plane % sizes.heads * size
            begin(rows, at)
            for first in range(0, positions, SPAN):
                var end = min(SPAN, key_panels * PANEL - first)
                score(rows, first, end)
                weigh(rows, end)
                join(rows, first)
            finish(rows, at)

        a.unsafe_free()
        bytes.unsafe_free()
        tile.unsafe_free()
        scores.unsafe_free()
        sums.unsafe_free()
        states.unsafe_free()

    sync_parallelize(task, sizes.batches * sizes.heads * row_tasks)


@extensibility.register("whisper_int8_attention")
struct Int8Attention:
    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        q: InputTensor[dtype=DType.float32, rank=3, ...],
        keys: InputTensor[dtype=DType.int32, rank=5, ...],
        values: InputTensor[dtype=DType.int32, rank=5, ...],
        ctx: DeviceContext,
    ) raises:
        # Panels hold whole quads; their last line says how many positions are real.
        var last = values.unsafe_ptr().unsafe_offset((values.dim_size(3) - 1) * PANEL)
        var sizes = Sizes(
            batches=q.dim_size(0),
            queries=q.dim_size(1),
            width=q.dim_size(2),
            heads=keys.dim_size(1),
            size=q.dim_size(2) // keys.dim_size(1),
            positions=Int(last.unsafe_load[width=1]()),
        )
        attend8(
            sizes,
            y.unsafe_ptr(),
            q.unsafe_ptr(),
            keys.unsafe_ptr(),
            values.unsafe_ptr(),
        )
