"""A few queries of one head, and what they have gathered from the positions so far.

    scores[i, p] = scale[i] · (q[i] · k[p])                      of one span, `score`
    byte[i, p]   = 255 · 2^(scores[i, p] - best of the span)                  `weigh`
    sums[i]      = old · sums[i] + new · Σ_p byte[i, p] · v[p]                 `join`
    y[i]         = sums[i] · scale of v / total[i]                           `finish`

`old` and `new` are 2^(their best - the best of both), and total[i] is the sum of the
bytes, joined as sums are.
"""

from std.math import exp2, sqrt
from std.memory import bitcast
from std.memory.alloc import unsafe_alloc

from .attention import MINUS_INFINITY, Sizes, highest
from .int8 import (
    Ints,
    OFFSET,
    ROWS8,
    VNNI,
    accumulate,
    floats,
    multiply_rows,
)
from .matmul import PANEL, VECTORS, WIDTH, Vector
from .rows import quantise, stride_of
from .vectors import larger

comptime SPAN = 16 * PANEL
"""Positions whose scores stay in the cache."""

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
        var step = floats(panel.unsafe_offset(quads * PANEL + v * WIDTH))
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
        x = larger(x.fma(Vector(scale), Vector(-best)), Vector(-40))
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


struct Queries(Copyable, Movable):
    """Up to `ROWS8` rows; `keys` and `values` are the panels of their head."""

    var sizes: Sizes
    var rows: Int
    var stride: Int
    var padded: Int
    var a: Pointer[Int32, MutUntrackedOrigin]
    var bytes: Pointer[Int32, MutUntrackedOrigin]
    var tile: Pointer[Int32, MutUntrackedOrigin]
    var scores: Pointer[Float32, MutUntrackedOrigin]
    var sums: Pointer[Float32, MutUntrackedOrigin]
    var states: Pointer[Float32, MutUntrackedOrigin]

    def __init__(out self, sizes: Sizes):
        self.sizes = sizes.copy()
        self.rows = 0
        self.stride = stride_of(sizes.size)
        self.padded = (sizes.size + PANEL - 1) // PANEL * PANEL
        self.a = unsafe_alloc[Int32](ROWS8 * self.stride)
        self.bytes = unsafe_alloc[Int32](ROWS8 * SPAN // 4)
        self.tile = unsafe_alloc[Int32](ROWS8 * PANEL)
        self.scores = unsafe_alloc[Float32](ROWS8 * SPAN)
        self.sums = unsafe_alloc[Float32](ROWS8 * self.padded)
        self.states = unsafe_alloc[Float32](ROWS8 * STATE)

    def free(self):
        self.a.unsafe_free()
        self.bytes.unsafe_free()
        self.tile.unsafe_free()
        self.scores.unsafe_free()
        self.sums.unsafe_free()
        self.states.unsafe_free()

    def begin(mut self, rows: Int, q: Pointer[Float32, _]):
        """Quantise the queries; nothing is summed yet."""
        self.rows = rows
        var scale = LOG2_E / sqrt(Float32(self.sizes.size))
        for i in range(rows):
            var source = q.unsafe_offset(i * self.sizes.width)
            var line = self.a.unsafe_offset(i * self.stride)
            var step = quantise(line, source, self.sizes.size)
            var state = self.states.unsafe_offset(i * STATE)
            state.unsafe_store(max(step * scale, 1e-30))
            state.unsafe_offset(BEST).unsafe_store(MINUS_INFINITY)
            state.unsafe_offset(TOTAL).unsafe_store(Float32(0))
        for j in range(0, rows * self.padded, WIDTH):
            self.sums.unsafe_offset(j).unsafe_store(Vector(0))

    def score(self, keys: Pointer[Int32, _], first: Int, end: Int):
        """Scores, not yet scaled, of `end` positions from `first` on."""
        var quads = (self.sizes.size + 3) // 4
        for p in range(0, end, PANEL):
            var panel = keys.unsafe_offset((first + p) * (quads + 2))
            var sink = self.scores.unsafe_offset(p)
            comptime for height in range(1, ROWS8 + 1):
                if self.rows == height:
                    score8[height](sink, self.a, self.stride, panel, quads)
        for i in range(self.rows):
            for p in range(self.sizes.positions - first, end):
                self.scores.unsafe_offset(i * SPAN + p).unsafe_store(MINUS_INFINITY)

    def weigh(self, end: Int):
        """Scores to bytes; what the sums so far and this span count from now on."""
        for i in range(self.rows):
            var line = self.scores.unsafe_offset(i * SPAN)
            var state = self.states.unsafe_offset(i * STATE)
            var step = state.unsafe_load[width=1]()
            var before = state.unsafe_offset(BEST).unsafe_load[width=1]()
            var best = highest(line, end) * step
            var bytes = self.bytes.unsafe_offset(i * SPAN // 4)
            var sum = soften(bytes, line, end, step, best)
            var less = exp2(-abs(best - before))
            var old = less if best > before else Float32(1)
            var new = Float32(1) if best > before else less
            var total = state.unsafe_offset(TOTAL).unsafe_load[width=1]()
            state.unsafe_offset(BEST).unsafe_store(max(before, best))
            state.unsafe_offset(TOTAL).unsafe_store(total * old + sum * new)
            state.unsafe_offset(OLD).unsafe_store(old)
            state.unsafe_offset(NEW).unsafe_store(new)

    def join(self, values: Pointer[Int32, _], first: Int):
        """Add the share of the span that begins at `first`."""
        var all = (self.sizes.positions + 3) // 4
        var quads = min(SPAN // 4, all - first // 4)
        for p in range(0, self.padded, PANEL):
            var panel = values.unsafe_offset(p * (all + 2) + first // 4 * PANEL)
            multiply_rows[0](
                self.rows, self.tile, self.bytes, SPAN // 4, panel, quads
            )
            for i in range(self.rows):
                var state = self.states.unsafe_offset(i * STATE)
                var old = Vector(state.unsafe_offset(OLD).unsafe_load[width=1]())
                var new = Vector(state.unsafe_offset(NEW).unsafe_load[width=1]())
                for v in range(0, PANEL, WIDTH):
                    var found = self.tile.unsafe_offset(i * PANEL + v)
                    var more = found.unsafe_load[width=WIDTH]().cast[DType.float32]()
                    var sink = self.sums.unsafe_offset(i * self.padded + p + v)
                    var sum = sink.unsafe_load[width=WIDTH]()
                    sink.unsafe_store(sum.fma(old, more * new))

    def finish(self, y: Pointer[mut=True, Float32, _], values: Pointer[Int32, _]):
        """The mean of the values, in their own scale."""
        var quads = (self.sizes.positions + 3) // 4
        for v in range(0, self.padded, WIDTH):
            var panel = v // PANEL * (quads + 2) * PANEL
            var step = floats(values.unsafe_offset(panel + quads * PANEL + v % PANEL))
            for i in range(self.rows):
                var state = self.states.unsafe_offset(i * STATE)
                var total = state.unsafe_offset(TOTAL).unsafe_load[width=1]()
                var found = self.sums.unsafe_offset(i * self.padded + v)
                var mean = found.unsafe_load[width=WIDTH]() * (step / total)
                var sink = y.unsafe_offset(i * self.sizes.width + v)
                if v + WIDTH <= self.sizes.size:
                    sink.unsafe_store(mean)
                else:
                    for lane in range(self.sizes.size - v):
                        sink.unsafe_offset(lane).unsafe_store(mean[lane])
