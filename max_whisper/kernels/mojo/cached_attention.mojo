"""`cached_attention`: the decoder's causal self-attention over a cache in place.

Row `r` brings queries, keys and values of new tokens, which stand at positions
`starts[r]`, `starts[r] + 1`, …  They are written to the cache at `slots[r]`. What row
`r` said at position `p`, now or before, lies in slot `ancestors[r, p]`, at p: a beam is a
path through one cache, and going on from another beam copies a row of this small table,
no keys and no values.

    cache      slot 0  │ k₀ k₁ k₂ k₃ …        ancestors of row 1:  0 0 1 1
               slot 1  │ k₀ k₁ k₂ k₃ …        row 1 reads          k₀ k₁ of slot 0
                            └ positions ▶                          k₂ k₃ of slot 1

In the memory of a slot, `[heads, capacity, head_size]`, a head's positions follow one
another, since it is read head by head.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from extensibility import _MutableInputTensor as MutableInputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.math import exp, sqrt
from std.memory.alloc import unsafe_alloc

from .matmul import WIDTH, Vector
from .vectors import copy


@always_inline
def dot(a: Pointer[Float32, _], b: Pointer[Float32, _], n: Int) -> Float32:
    """The inner product of two vectors of `n` values."""
    var acc = Vector(0)
    var i = 0
    while i + WIDTH <= n:
        acc = (
            a.unsafe_offset(i)
            .unsafe_load[width=WIDTH]()
            .fma(b.unsafe_offset(i).unsafe_load[width=WIDTH](), acc)
        )
        i += WIDTH
    var sum = acc.reduce_add()
    while i < n:
        sum += (
            a.unsafe_offset(i).unsafe_load[width=1]()
            * b.unsafe_offset(i).unsafe_load[width=1]()
        )
        i += 1
    return sum


@always_inline
def add_scaled(
    y: Pointer[mut=True, Float32, _], x: Pointer[Float32, _], scale: Float32, n: Int
):
    """Add scale · x to y, over `n` values."""
    var i = 0
    while i + WIDTH <= n:
        var sum = Vector(scale).fma(
            x.unsafe_offset(i).unsafe_load[width=WIDTH](),
            y.unsafe_offset(i).unsafe_load[width=WIDTH](),
        )
        y.unsafe_offset(i).unsafe_store(sum)
        i += WIDTH
    while i < n:
        y.unsafe_offset(i).unsafe_store(
            y.unsafe_offset(i).unsafe_load[width=1]()
            + scale * x.unsafe_offset(i).unsafe_load[width=1]()
        )
        i += 1


@fieldwise_init
struct Past(Copyable, Movable):
    """The sizes of a cache and of what reads it; `path` is the longest past of a row."""

    var tokens: Int
    var width: Int
    var heads: Int
    var capacity: Int
    var path: Int

    @always_inline
    def place(self, slot: Int, head: Int, position: Int) -> Int:
        """Where the keys or values of a head lie in the cache."""
        var line = (slot * self.heads + head) * self.capacity + position
        return line * (self.width // self.heads)


# One copy of machine code serves every shape.
@no_inline
def attend_past(
    past: Past,
    task: Int,
    y: Pointer[mut=True, Float32, _],
    q: Pointer[Float32, _],
    k: Pointer[Float32, _],
    v: Pointer[Float32, _],
    keys: Pointer[mut=True, Float32, _],
    values: Pointer[mut=True, Float32, _],
    slots: Pointer[Int32, _],
    starts: Pointer[Int32, _],
    ancestors: Pointer[Int32, _],
):
    """One head of one row: write its keys and values, then look back from each token."""
    var size = past.width // past.heads
    var scale = 1 / sqrt(Float32(size))
    var row = task // past.heads
    var head = task % past.heads
    var slot = Int(slots.unsafe_offset(row).unsafe_load[width=1]())
    var start = Int(starts.unsafe_offset(row).unsafe_load[width=1]())

    var count = min(past.tokens, past.capacity - start, past.path - start)
    for i in range(count):
        var source = (row * past.tokens + i) * past.width + head * size
        var sink = past.place(slot, head, start + i)
        copy(keys.unsafe_offset(sink), k.unsafe_offset(source), size)
        copy(values.unsafe_offset(sink), v.unsafe_offset(source), size)

    @always_inline
    def place(position: Int) {imm} -> Int:
        var owner = ancestors.unsafe_offset(row * past.path + position)
        return past.place(Int(owner.unsafe_load[width=1]()), head, position)

    var scores = unsafe_alloc[Float32](start + count + WIDTH)
    for i in range(count):
        var at = (row * past.tokens + i) * past.width + head * size
        var length = start + i + 1
        for position in range(length):
            var key = keys.unsafe_offset(place(position))
            var score = scale * dot(q.unsafe_offset(at), key, size)
            scores.unsafe_offset(position).unsafe_store(score)
        var sum = soften(scores, length)
        for j in range(size):
            y.unsafe_offset(at + j).unsafe_store(Float32(0))
        for position in range(length):
            var share = scores.unsafe_offset(position).unsafe_load[width=1]() / sum
            var value = values.unsafe_offset(place(position))
            add_scaled(y.unsafe_offset(at), value, share, size)
    scores.unsafe_free()


@always_inline
def soften(scores: Pointer[mut=True, Float32, _], count: Int) -> Float32:
    """Replace each score by exp(score - best); return their sum.

    There is room for a whole vector more.
    """
    var best = Float32.MIN
    for j in range(count):
        best = max(best, scores.unsafe_offset(j).unsafe_load[width=1]())
    for j in range(count, count + WIDTH):
        scores.unsafe_offset(j).unsafe_store(best)
    var sum = Float32(0)
    for j in range(0, count, WIDTH):
        var e = exp(scores.unsafe_offset(j).unsafe_load[width=WIDTH]() - best)
        scores.unsafe_offset(j).unsafe_store(e)
    for j in range(count):
        sum += scores.unsafe_offset(j).unsafe_load[width=1]()
    return sum


@extensibility.register("whisper_cached_attention")
struct CachedAttention:
    @staticmethod
    def execute[
        target: StaticString, heads: Int
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        key_cache: MutableInputTensor[dtype=DType.float32, rank=3, ...],
        value_cache: MutableInputTensor[dtype=DType.float32, rank=3, ...],
        q: InputTensor[dtype=DType.float32, rank=3, ...],
        k: InputTensor[dtype=DType.float32, rank=3, ...],
        v: InputTensor[dtype=DType.float32, rank=3, ...],
        slots: InputTensor[dtype=DType.int32, rank=1, ...],
        starts: InputTensor[dtype=DType.int32, rank=1, ...],
        ancestors: InputTensor[dtype=DType.int32, rank=2, ...],
        ctx: DeviceContext,
    ) raises:
        var past = Past(
            tokens=q.dim_size(1),
            width=q.dim_size(2),
            heads=heads,
            capacity=key_cache.dim_size(1),
            path=ancestors.dim_size(1),
        )
        var slot_of = slots.unsafe_ptr()
        var start_of = starts.unsafe_ptr()
        var ancestor_of = ancestors.unsafe_ptr()
        var yp = y.unsafe_ptr()
        var qp = q.unsafe_ptr()
        var kp = k.unsafe_ptr()
        var vp = v.unsafe_ptr()
        var keys = key_cache.unsafe_ptr()
        var values = value_cache.unsafe_ptr()

        def task(t: Int) {imm}:
            attend_past(
                past, t, yp, qp, kp, vp, keys, values, slot_of, start_of, ancestor_of
            )

        sync_parallelize(task, q.dim_size(0) * heads)
