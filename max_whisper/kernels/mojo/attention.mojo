"""`attention`: softmax(q · kᵀ / √head_size) · v, where every query sees every position.

The encoder's self-attention and the decoder's cross-attention are this one operation;
what differs is how many queries share a window's keys and values.

    q            [batch, queries, heads · head_size]
    keys         [batch, heads, ⌈positions/32⌉, head_size, 32]    panels of kᵀ
    values       [batch, heads, ⌈head_size/32⌉, positions, 32]    panels of v

For a few queries at a time, one head's scores over all positions stay in the cache:

    q tile × key panels → scores (rows × positions) → exp → × value panels → out tile

The panels are made once a layer or once a window: see `memory.mojo`.
"""

from std.math import exp, sqrt
from std.memory.alloc import unsafe_alloc
from std.utils import StaticTuple

from .matmul import PANEL, ROWS, VECTORS, WIDTH, Vector, multiply
from .vectors import larger

comptime ROWS_PER_TASK = 8 * ROWS
comptime MINUS_INFINITY = Float32.MIN


@always_inline
def highest(scores: Pointer[Float32, _], count: Int) -> Float32:
    """The largest of `count` scores, whole panels; none of them is a NaN."""
    var best = StaticTuple[Vector, VECTORS](fill=Vector(MINUS_INFINITY))
    for j in range(0, count, PANEL):
        comptime for v in range(VECTORS):
            var x = scores.unsafe_offset(j + v * WIDTH).unsafe_load[width=WIDTH]()
            best[v] = larger(x, best[v])
    var found = best[0]
    comptime for v in range(1, VECTORS):
        found = larger(found, best[v])
    return found.reduce_max()


@always_inline
def soften(scores: Pointer[mut=True, Float32, _], positions: Int) -> Float32:
    """Turn one row of scores into exp(score - best); return one over their sum.

    The row is as long as its panels; past `positions` it becomes zero.
    """
    var end = (positions + PANEL - 1) // PANEL * PANEL
    for i in range(positions, end):
        scores.unsafe_offset(i).unsafe_store(MINUS_INFINITY)
    var most = highest(scores, end)
    var sums = Vector(0)
    for i in range(0, end, WIDTH):
        var e = exp(scores.unsafe_offset(i).unsafe_load[width=WIDTH]() - most)
        scores.unsafe_offset(i).unsafe_store(e)
        sums += e
    return 1 / sums.reduce_add()


@fieldwise_init
struct Sizes(Copyable, Movable):
    """The sizes of an attention; `width` is heads · head size."""

    var batches: Int
    var queries: Int
    var width: Int
    var heads: Int
    var size: Int
    var positions: Int


@always_inline
def tasks_of(sizes: Sizes) -> Int:
    """A few queries of one head each."""
    var row_tasks = (sizes.queries + ROWS_PER_TASK - 1) // ROWS_PER_TASK
    return sizes.batches * sizes.heads * row_tasks


# One copy of machine code serves encoder and decoder, whatever their shapes.
@no_inline
def attend(
    sizes: Sizes,
    task: Int,
    y: Pointer[mut=True, Float32, _],
    q: Pointer[Float32, _],
    keys: Pointer[Float32, _],
    values: Pointer[Float32, _],
):
    """One task of an attention."""
    var size = sizes.size
    var width = sizes.width
    var positions = sizes.positions
    var key_panels = (positions + PANEL - 1) // PANEL
    var value_panels = (size + PANEL - 1) // PANEL
    var padded = key_panels * PANEL
    var scale = 1 / sqrt(Float32(size))

    @always_inline
    def tile[
        rows: Int
    ](plane: Int, row: Int, scores: Pointer[mut=True, Float32, _]) {imm}:
        var batch = plane // sizes.heads
        var head = plane % sizes.heads
        var at = (batch * sizes.queries + row) * width + head * size
        for p in range(key_panels):
            var panel = keys.unsafe_offset((plane * key_panels + p) * size * PANEL)
            var acc = multiply[rows](q.unsafe_offset(at), width, panel, size)
            comptime for i in range(rows):
                comptime for v in range(VECTORS):
                    scores.unsafe_offset(
                        i * padded + p * PANEL + v * WIDTH
                    ).unsafe_store(acc[i * VECTORS + v] * scale)

        var shares = StaticTuple[Float32, rows](fill=0)
        comptime for i in range(rows):
            shares[i] = soften(scores.unsafe_offset(i * padded), positions)

        for p in range(value_panels):
            var panel = values.unsafe_offset(
                (plane * value_panels + p) * positions * PANEL
            )
            var acc = multiply[rows](scores, padded, panel, positions)
            comptime for i in range(rows):
                var sink = y.unsafe_offset(at + i * width + p * PANEL)
                comptime for v in range(VECTORS):
                    var value = acc[i * VECTORS + v] * shares[i]
                    comptime offset = v * WIDTH
                    var left = size - p * PANEL - offset
                    if left >= WIDTH:
                        sink.unsafe_offset(offset).unsafe_store(value)
                    else:
                        for lane in range(left):
                            sink.unsafe_offset(offset + lane).unsafe_store(value[lane])

    var row_tasks = (sizes.queries + ROWS_PER_TASK - 1) // ROWS_PER_TASK
    var plane = task // row_tasks
    var row = task % row_tasks * ROWS_PER_TASK
    var last = min(sizes.queries, row + ROWS_PER_TASK)
    var scores = unsafe_alloc[Float32](ROWS * padded)
    while row + ROWS <= last:
        tile[ROWS](plane, row, scores)
        row += ROWS
    var left = last - row
    comptime for rows in range(1, ROWS):
        if left == rows:
            tile[rows](plane, row, scores)
    scores.unsafe_free()
