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
from std.utils import StaticTuple

from .matmul import WIDTH, Vector
from .vectors import copy, larger


comptime AT_ONCE = 4
"""Vectors of a value that are summed at once: those of a head of 64, with AVX-512."""


@always_inline
def dot[
    type: DType
](a: Pointer[Float32, _], b: Pointer[Scalar[type], _], n: Int) -> Float32:
    """The inner product of two vectors of `n` values."""
    var acc = Vector(0)
    var i = 0
    while i + WIDTH <= n:
        acc = (
            a.unsafe_offset(i)
            .unsafe_load[width=WIDTH]()
            .fma(
                b.unsafe_offset(i).unsafe_load[width=WIDTH]().cast[DType.float32](),
                acc,
            )
        )
        i += WIDTH
    var sum = acc.reduce_add()
    while i < n:
        sum += (
            a.unsafe_offset(i).unsafe_load[width=1]()
            * b.unsafe_offset(i).unsafe_load[width=1]().cast[DType.float32]()
        )
        i += 1
    return sum


@fieldwise_init
struct Past(Copyable, Movable):
    """The sizes of a cache and of what reads it; `path` is the longest past of a row.

    The rows of a `family` have much of their past in common, as beams do.
    """

    var rows: Int
    var family: Int
    var tokens: Int
    var width: Int
    var heads: Int
    var capacity: Int
    var path: Int

    @always_inline
    def size(self) -> Int:
        """Of a head."""
        return self.width // self.heads

    @always_inline
    def place(self, slot: Int, head: Int, position: Int) -> Int:
        """Where the keys or values of a head lie in the cache."""
        return ((slot * self.heads + head) * self.capacity + position) * self.size()

    def part_families(mut self, members: Int):
        """Let every row be for itself, if members had nothing to do without that."""
        if self.tasks() < 2 * members:
            self.family = 1

    @always_inline
    def tasks(self) -> Int:
        """One for each head of a family."""
        return self.rows // self.family * self.heads


# One copy of machine code serves every shape.
@no_inline
def attend_past[
    type: DType
](
    past: Past,
    task: Int,
    y: Pointer[mut=True, Float32, _],
    q: Pointer[Float32, _],
    k: Pointer[Float32, _],
    v: Pointer[Float32, _],
    keys: Pointer[mut=True, Scalar[type], _],
    values: Pointer[mut=True, Scalar[type], _],
    slots: Pointer[Int32, _],
    starts: Pointer[Int32, _],
    ancestors: Pointer[Int32, _],
):
    """One head of a family: for each row write its keys and values, then look back from
    each token.
    """
    var size = past.size()
    var head = task % past.heads
    var first = task // past.heads * past.family
    var scores = unsafe_alloc[Float32](past.path + WIDTH)
    for row in range(first, first + past.family):
        var slot = Int(slots.unsafe_offset(row).unsafe_load[width=1]())
        var start = Int(starts.unsafe_offset(row).unsafe_load[width=1]())
        var count = min(past.tokens, past.capacity - start, past.path - start)
        var path = ancestors.unsafe_offset(row * past.path)
        for i in range(count):
            var source = (row * past.tokens + i) * past.width + head * size
            var sink = past.place(slot, head, start + i)
            copy(keys.unsafe_offset(sink), k.unsafe_offset(source), size)
            copy(values.unsafe_offset(sink), v.unsafe_offset(source), size)
        for i in range(count):
            var at = (row * past.tokens + i) * past.width + head * size
            var length = start + i + 1
            score_past(past, head, length, scores, q.unsafe_offset(at), keys, path)
            soften(scores, length)
            gather_past(past, head, length, y.unsafe_offset(at), scores, values, path)
    scores.unsafe_free()


@always_inline
def score_past[
    type: DType
](
    past: Past,
    head: Int,
    length: Int,
    scores: Pointer[mut=True, Float32, _],
    q: Pointer[Float32, _],
    keys: Pointer[Scalar[type], _],
    path: Pointer[Int32, _],
):
    """The score of every position."""
    var scale = 1 / sqrt(Float32(past.size()))
    for position in range(length):
        var owner = Int(path.unsafe_offset(position).unsafe_load[width=1]())
        var key = keys.unsafe_offset(past.place(owner, head, position))
        scores.unsafe_offset(position).unsafe_store(scale * dot(q, key, past.size()))


@always_inline
def soften(scores: Pointer[mut=True, Float32, _], count: Int):
    """Replace each score by its share, exp(score - best) / Σ exp(score - best).

    There is room for a whole vector more.
    """
    scores.unsafe_offset(count).unsafe_store(Vector(Float32.MIN))
    var bests = Vector(Float32.MIN)
    for j in range(0, count, WIDTH):
        bests = larger(scores.unsafe_offset(j).unsafe_load[width=WIDTH](), bests)
    var best = bests.reduce_max()
    var sum = Float32(0)
    for j in range(0, count, WIDTH):
        var e = exp(scores.unsafe_offset(j).unsafe_load[width=WIDTH]() - best)
        scores.unsafe_offset(j).unsafe_store(e)
    for j in range(count):
        sum += scores.unsafe_offset(j).unsafe_load[width=1]()
    for j in range(0, count, WIDTH):
        var place = scores.unsafe_offset(j)
        place.unsafe_store(place.unsafe_load[width=WIDTH]() / sum)


@always_inline
def gather_past[
    type: DType
](
    past: Past,
    head: Int,
    length: Int,
    y: Pointer[mut=True, Float32, _],
    shares: Pointer[Float32, _],
    values: Pointer[Scalar[type], _],
    path: Pointer[Int32, _],
):
    """The sum of all values, each by its share."""

    @always_inline
    def gather[width: Int, count: Int](lane: Int) {imm}:
        """So many vectors from a lane on, in registers."""
        comptime Lanes = SIMD[DType.float32, width]
        var sums = StaticTuple[Lanes, count](fill=Lanes(0))
        for position in range(length):
            var owner = Int(path.unsafe_offset(position).unsafe_load[width=1]())
            var share = Lanes(shares.unsafe_offset(position).unsafe_load[width=1]())
            var value = values.unsafe_offset(past.place(owner, head, position) + lane)
            comptime for i in range(count):
                var some = value.unsafe_offset(i * width).unsafe_load[width=width]()
                sums[i] = share.fma(some.cast[DType.float32](), sums[i])
        comptime for i in range(count):
            y.unsafe_offset(lane + i * width).unsafe_store(sums[i])

    var lane = 0
    while lane + AT_ONCE * WIDTH <= past.size():
        gather[WIDTH, AT_ONCE](lane)
        lane += AT_ONCE * WIDTH
    while lane + WIDTH <= past.size():
        gather[WIDTH, 1](lane)
        lane += WIDTH
    while lane < past.size():
        gather[1, 1](lane)
        lane += 1


@extensibility.register("whisper_cached_attention")
struct CachedAttention:
    @staticmethod
    def execute[
        target: StaticString, cache_type: DType, heads: Int
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        key_cache: MutableInputTensor[dtype=cache_type, rank=3, ...],
        value_cache: MutableInputTensor[dtype=cache_type, rank=3, ...],
        q: InputTensor[dtype=DType.float32, rank=3, ...],
        k: InputTensor[dtype=DType.float32, rank=3, ...],
        v: InputTensor[dtype=DType.float32, rank=3, ...],
        slots: InputTensor[dtype=DType.int32, rank=1, ...],
        starts: InputTensor[dtype=DType.int32, rank=1, ...],
        ancestors: InputTensor[dtype=DType.int32, rank=2, ...],
        ctx: DeviceContext,
    ) raises:
        var past = Past(
            rows=q.dim_size(0),
            family=1,
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
            attend_past[cache_type](
                past, t, yp, qp, kp, vp, keys, values, slot_of, start_of, ancestor_of
            )

        sync_parallelize(task, past.tasks())
