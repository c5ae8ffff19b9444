"""`alignment`: where in the sound each token was heard, as some heads of a layer see it.

    q [1, tokens, D] · kᵀ [1, positions, D]  →  for each head:

    1  softmax over positions                       how much each token looks there
    2  (w - mean) / deviation over tokens           more than the other tokens do
    3  median of 7 positions, mirrored at the ends  without what flickers
    4  sum over the heads

As `find_alignment` in openai/whisper. The median is found by comparing pairs, for many
positions at once.

`next_logprobs` says how likely each token was when it came.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.math import exp, sqrt
from std.memory.alloc import unsafe_alloc
from std.utils import StaticTuple

from .cached_attention import dot
from .log_sum_exp import log_sum_exp, maximum
from .matmul import WIDTH, Vector

comptime REACH = 3
comptime TAPS = 2 * REACH + 1


@always_inline
def median[width: Int](
    taps: StaticTuple[SIMD[DType.float32, width], TAPS]
) -> SIMD[DType.float32, width]:
    """The fourth of seven, by thirteen comparisons (N. Devillard, Fast median search)."""
    var p = taps

    @always_inline
    def sort[a: Int, b: Int]() {mut p}:
        var low = min(p[a], p[b])
        p[b] = max(p[a], p[b])
        p[a] = low

    sort[0, 5]()
    sort[0, 3]()
    sort[1, 6]()
    sort[2, 4]()
    sort[0, 1]()
    sort[3, 5]()
    sort[2, 6]()
    sort[2, 3]()
    sort[3, 6]()
    sort[4, 5]()
    sort[1, 4]()
    sort[1, 3]()
    sort[3, 4]()
    return p[3]


@always_inline
def softmax(row: Pointer[mut=True, Float32, _], n: Int):
    """Scores to probabilities, in place."""
    var best = Float32.MIN
    for i in range(n):
        best = max(best, row.unsafe_offset(i).unsafe_load[width=1]())
    var sum = Float32(0)
    for i in range(n):
        var e = exp(row.unsafe_offset(i).unsafe_load[width=1]() - best)
        row.unsafe_offset(i).unsafe_store(e)
        sum += e
    for i in range(n):
        row.unsafe_offset(i).unsafe_store(row.unsafe_offset(i).unsafe_load[width=1]() / sum)


@always_inline
def standardise[
    width: Int
](column: Pointer[mut=True, Float32, _], tokens: Int, positions: Int):
    """`width` positions over all tokens, in place; where all look alike, zeros."""
    comptime Values = SIMD[DType.float32, width]
    var sum = Values(0)
    for t in range(tokens):
        sum += column.unsafe_offset(t * positions).unsafe_load[width=width]()
    var mean = sum / Float32(tokens)
    var squares = Values(0)
    for t in range(tokens):
        var apart = column.unsafe_offset(t * positions).unsafe_load[width=width]() - mean
        squares += apart * apart
    var deviation = sqrt(squares / Float32(tokens))
    for t in range(tokens):
        var apart = column.unsafe_offset(t * positions).unsafe_load[width=width]() - mean
        column.unsafe_offset(t * positions).unsafe_store(
            deviation.gt(0).select(apart / deviation, Values(0))
        )


@always_inline
def smooth(row: Pointer[Float32, _], at: Int, n: Int) -> Float32:
    """The median around one position near an end, where the row is mirrored."""
    var taps = StaticTuple[Float32, TAPS](fill=0)
    comptime for i in range(TAPS):
        var place = abs(at + i - REACH)
        place = place if place < n else 2 * (n - 1) - place
        taps[i] = row.unsafe_offset(place).unsafe_load[width=1]()
    return median[1](taps)


@always_inline
def smooth_many(row: Pointer[Float32, _], at: Int) -> Vector:
    """The medians around some positions that are not near an end."""
    var taps = StaticTuple[Vector, TAPS](fill=0)
    comptime for i in range(TAPS):
        taps[i] = row.unsafe_offset(at + i - REACH).unsafe_load[width=WIDTH]()
    return median[WIDTH](taps)


@extensibility.register("whisper_alignment")
struct Alignment:
    """`size` is that of a head; `heads` are those of this layer that count."""

    @staticmethod
    def execute[
        target: StaticString, size: Int
    ](
        y: OutputTensor[dtype=DType.float32, rank=2, ...],
        q: InputTensor[dtype=DType.float32, rank=3, ...],
        k: InputTensor[dtype=DType.float32, rank=3, ...],
        heads: InputTensor[dtype=DType.int32, rank=1, ...],
        ctx: DeviceContext,
    ) raises:
        var tokens = y.dim_size(0)
        var positions = y.dim_size(1)
        var width = q.dim_size(2)
        var count = heads.dim_size(0)
        var scale = 1 / sqrt(Float32(size))
        var qp = q.unsafe_ptr()
        var kp = k.unsafe_ptr()
        var yp = y.unsafe_ptr()
        var head_of = heads.unsafe_ptr()
        var weights = unsafe_alloc[Float32](count * tokens * positions)

        def look(t: Int) {imm}:
            var first = size * Int(
                head_of.unsafe_offset(t // tokens).unsafe_load[width=1]()
            )
            var row = weights.unsafe_offset(t * positions)
            var query = qp.unsafe_offset(t % tokens * width + first)
            for p in range(positions):
                var key = kp.unsafe_offset(p * width + first)
                row.unsafe_offset(p).unsafe_store(scale * dot(query, key, size))
            softmax(row, positions)

        def compare(t: Int) {imm}:
            var plane = weights.unsafe_offset(t * tokens * positions)
            var p = 0
            while p + WIDTH <= positions:
                standardise[WIDTH](plane.unsafe_offset(p), tokens, positions)
                p += WIDTH
            while p < positions:
                standardise[1](plane.unsafe_offset(p), tokens, positions)
                p += 1

        def gather(token: Int) {imm}:
            var sink = yp.unsafe_offset(token * positions)
            for p in range(positions):
                sink.unsafe_offset(p).unsafe_store(Float32(0))
            for head in range(count):
                var row = weights.unsafe_offset((head * tokens + token) * positions)
                var p = 0
                while p < positions:
                    var into = sink.unsafe_offset(p)
                    if p >= REACH and p + WIDTH + REACH <= positions:
                        into.unsafe_store(
                            into.unsafe_load[width=WIDTH]() + smooth_many(row, p)
                        )
                        p += WIDTH
                        continue
                    var here = row.unsafe_offset(p).unsafe_load[width=1]()
                    if positions > REACH:
                        here = smooth(row, p, positions)
                    into.unsafe_store(into.unsafe_load[width=1]() + here)
                    p += 1

        sync_parallelize(look, count * tokens)
        sync_parallelize(compare, count)
        sync_parallelize(gather, tokens)
        weights.unsafe_free()


@extensibility.register("whisper_next_logprobs")
struct NextLogprobs:
    """The log probability of each token after the one before, among the first `end`.

    Nothing follows the last one, which gets 0.
    """

    @staticmethod
    def execute[
        target: StaticString
    ](
        logprobs: OutputTensor[dtype=DType.float32, rank=1, ...],
        logits: InputTensor[dtype=DType.float32, rank=3, ...],
        tokens: InputTensor[dtype=DType.int32, rank=2, ...],
        end: InputTensor[dtype=DType.int32, rank=1, ...],
        ctx: DeviceContext,
    ) raises:
        var n = logits.dim_size(2)
        var count = logprobs.dim_size(0)
        var last = Int(end.unsafe_ptr().unsafe_load[width=1]())
        var lp = logits.unsafe_ptr()
        var tp = tokens.unsafe_ptr()
        var sink = logprobs.unsafe_ptr()

        def task(i: Int) {imm}:
            var row = lp.unsafe_offset(i * n)
            var token = Int(tp.unsafe_offset(i + 1).unsafe_load[width=1]())
            sink.unsafe_offset(i).unsafe_store(
                row.unsafe_offset(token).unsafe_load[width=1]()
                - log_sum_exp(row, 0, last, maximum(row, 0, last))
            )

        sync_parallelize(task, count - 1)
        sink.unsafe_offset(count - 1).unsafe_store(Float32(0))
