"""Rows of activations as they are, or in a byte a value, each with its scale.

    x ≈ scale · byte,   scale = max |x| / 127
"""

from std.memory import bitcast
from std.memory.alloc import unsafe_alloc

from .int8 import Ints, OFFSET
from .layer_norm import normalise
from .matmul import WIDTH, Vector
from .vectors import copy, larger


@always_inline
def stride_of(k: Int) -> Int:
    """Quads that `quantise` writes for a row of `k` values: whole vectors of floats."""
    return (k + WIDTH - 1) // WIDTH * (WIDTH // 4)


@always_inline
def quads_of[offset: Int](bytes: Vector) -> SIMD[DType.int32, WIDTH // 4]:
    """Whole numbers within ±127, offset, and packed by four."""
    var packed = (bytes.cast[DType.int32]() + Ints(offset)).cast[DType.uint8]()
    return bitcast[DType.int32, WIDTH // 4](packed)


@always_inline
def quantise[
    offset: Int = OFFSET
](
    y: Pointer[mut=True, Int32, _], x: Pointer[Float32, _], k: Int
) -> Float32:
    """`k` values as quads, `offset` added to each byte; return their scale."""
    var whole = k // WIDTH * WIDTH
    var tail = Vector(0)
    for i in range(whole, k):
        tail[i - whole] = x.unsafe_offset(i).unsafe_load[width=1]()
    var most = abs(tail)
    for i in range(0, whole, WIDTH):
        most = larger(abs(x.unsafe_offset(i).unsafe_load[width=WIDTH]()), most)
    var best = most.reduce_max()
    var steps = 127 / best if best > 1e-30 else Float32(0)

    @always_inline
    def write(i: Int, value: Vector) {imm}:
        y.unsafe_offset(i // 4).unsafe_store(quads_of[offset](round(value * steps)))

    for i in range(0, whole, WIDTH):
        write(i, x.unsafe_offset(i).unsafe_load[width=WIDTH]())
    if whole < k:
        write(whole, tail)
    return best / 127


struct Rows(Copyable, Movable):
    """Up to `capacity` rows of `k` values, in bytes or as float32, one after the other."""

    var memory: Pointer[Int32, MutUntrackedOrigin]
    var scales: Pointer[Float32, MutUntrackedOrigin]
    var k: Int
    var in_bytes: Bool
    var stride: Int

    def __init__(out self, capacity: Int, k: Int, *, in_bytes: Bool):
        self.k = k
        self.in_bytes = in_bytes
        self.stride = stride_of(k) if in_bytes else k
        self.memory = unsafe_alloc[Int32](capacity * self.stride)
        self.scales = unsafe_alloc[Float32](capacity)

    def free(self):
        self.memory.unsafe_free()
        self.scales.unsafe_free()

    @always_inline
    def row(self, i: Int) -> Pointer[Int32, MutUntrackedOrigin]:
        """Where row i begins."""
        return self.memory.unsafe_offset(i * self.stride)

    @always_inline
    def since(self, i: Int) -> Self:
        """The same rows without the first `i`; not to be freed."""
        var rows = self.copy()
        rows.memory = self.row(i)
        rows.scales = self.scales.unsafe_offset(i)
        return rows^

    @always_inline
    def floats(self) -> Pointer[Float32, MutUntrackedOrigin]:
        """The rows, if they are not in bytes."""
        return self.memory.unsafe_bitcast[Float32]()

    def put(self, i: Int, x: Pointer[Float32, _]):
        """Keep row i."""
        if self.in_bytes:
            self.scales.unsafe_offset(i).unsafe_store(quantise(self.row(i), x, self.k))
        else:
            copy(self.row(i).unsafe_bitcast[Float32](), x, self.k)

    def put_normalised(
        self,
        i: Int,
        x: Pointer[Float32, _],
        weight: Pointer[Float32, _],
        bias: Pointer[Float32, _],
    ):
        """Keep the layer norm of row i."""
        if not self.in_bytes:
            var line = self.row(i).unsafe_bitcast[Float32]()
            normalise(line, x, weight, bias, self.k)
            return
        var line = unsafe_alloc[Float32](self.k)
        normalise(line, x, weight, bias, self.k)
        self.put(i, line)
        line.unsafe_free()
