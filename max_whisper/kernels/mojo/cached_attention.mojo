"""`cached_attention`: the decoder's causal self-attention over a cache in place.

Row `r` brings queries, keys and values of new tokens, which stand at positions
`starts[r]`, `starts[r] + 1`, …  They are written to the cache at `slots[r]`. What row
`r` said at position `p`, now or before, lies at `cache[ancestors[r, p], p]`: a beam is a
path through one cache, and going on from another beam copies a row of this small table,
no keys and no values.

    cache      slot 0  │ k₀ k₁ k₂ k₃ …        ancestors of row 1:  0 0 1 1
               slot 1  │ k₀ k₁ k₂ k₃ …        row 1 reads          k₀ k₁ of slot 0
                            └ positions ▶                          k₂ k₃ of slot 1
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from extensibility import _MutableInputTensor as MutableInputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.math import exp, sqrt
from std.memory.alloc import unsafe_alloc

from .matmul import WIDTH, Vector


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


@always_inline
def copy(y: Pointer[mut=True, Float32, _], x: Pointer[Float32, _], n: Int):
    """Copy `n` values of x to y."""
    for i in range(n):
        y.unsafe_offset(i).unsafe_store(x.unsafe_offset(i).unsafe_load[width=1]())


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
        var tokens = q.dim_size(1)
        var width = q.dim_size(2)
        var size = width // heads
        var scale = 1 / sqrt(Float32(size))
        var capacity = key_cache.dim_size(1)
        var path = ancestors.dim_size(1)
        var qp = q.unsafe_ptr()
        var kp = k.unsafe_ptr()
        var vp = v.unsafe_ptr()
        var yp = y.unsafe_ptr()
        var key_memory = key_cache.unsafe_ptr()
        var value_memory = value_cache.unsafe_ptr()
        var slot_of = slots.unsafe_ptr()
        var start_of = starts.unsafe_ptr()
        var ancestor_of = ancestors.unsafe_ptr()

        def task(t: Int) {imm}:
            var row = t // heads
            var head = t % heads * size
            var slot = Int(slot_of.unsafe_offset(row).unsafe_load[width=1]())
            var start = Int(start_of.unsafe_offset(row).unsafe_load[width=1]())

            var count = min(tokens, capacity - start, path - start)
            for i in range(count):
                var source = (row * tokens + i) * width + head
                var sink = (slot * capacity + start + i) * width + head
                copy(key_memory.unsafe_offset(sink), kp.unsafe_offset(source), size)
                copy(value_memory.unsafe_offset(sink), vp.unsafe_offset(source), size)

            @always_inline
            def place(position: Int) {imm} -> Int:
                var owner = Int(
                    ancestor_of.unsafe_offset(row * path + position).unsafe_load[
                        width=1
                    ]()
                )
                return (owner * capacity + position) * width + head

            var scores = unsafe_alloc[Float32](start + count)
            for i in range(count):
                var at = (row * tokens + i) * width + head
                var length = start + i + 1
                var best = Float32.MIN
                for position in range(length):
                    var score = scale * dot(
                        qp.unsafe_offset(at),
                        key_memory.unsafe_offset(place(position)),
                        size,
                    )
                    scores.unsafe_offset(position).unsafe_store(score)
                    best = max(best, score)
                var sum = Float32(0)
                for position in range(length):
                    var e = exp(scores.unsafe_offset(position).unsafe_load[width=1]() - best)
                    scores.unsafe_offset(position).unsafe_store(e)
                    sum += e
                for j in range(size):
                    yp.unsafe_offset(at + j).unsafe_store(Float32(0))
                for position in range(length):
                    add_scaled(
                        yp.unsafe_offset(at),
                        value_memory.unsafe_offset(place(position)),
                        scores.unsafe_offset(position).unsafe_load[width=1]() / sum,
                        size,
                    )
            scores.unsafe_free()

        sync_parallelize(task, q.dim_size(0) * heads)
