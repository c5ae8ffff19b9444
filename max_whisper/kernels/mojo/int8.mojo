"""The int8 register tile: four products a lane and instruction.

    a: rows × k, in quads of four bytes        a panel: k/4 × 32 quads       acc: int32

          ── k ──▶                 ┌────────┐
        ┌──────────┐           k/4 │ 32 wide│
   rows │ a[i, q]  │      ×        │ w[q, :]│      =   acc[i, :] += Σ₄ a[i, q] · w[q, :]
        └──────────┘               └────────┘

A matrix of weights `[n, k]` is quantised by row, `w ≈ scale[n] · int8`, and packed once:
`panels[n // 32, q, n % 32]` holds weights `4 q … 4 q + 3` of row n in the bytes of an
int32. Two more lines of a panel are the bits of its 32 scales and its 32 sums of weights.

What multiplies in one instruction differs from one CPU to another, the packed weights
do not. VNNI multiplies unsigned by signed bytes, so there activations are kept with
128 added, and 128 · Σ w is taken off where the accumulators begin.
"""

from std.memory import bitcast
from std.sys import CompilationTarget, llvm_intrinsic
from std.utils import StaticTuple

from .matmul import PANEL, VECTORS, WIDTH, fetch_line

comptime Ints = SIMD[DType.int32, WIDTH]
comptime Shorts = SIMD[DType.int16, 2 * WIDTH]
comptime VNNI = CompilationTarget.has_vnni() and WIDTH >= 8
comptime OFFSET = 128 if VNNI else 0

# As many rows as leave registers for a panel's line and one quad of a.
comptime ROWS8 = 24 // VECTORS if WIDTH != 8 else 12 // VECTORS


@always_inline
def dot(acc: Ints, a: Ints, w: Ints) -> Ints:
    """Lane by lane, add the four products of the bytes of `a` and `w`."""
    comptime if VNNI and WIDTH == 16:
        return llvm_intrinsic["llvm.x86.avx512.vpdpbusd.512", Ints](
            acc, bitcast[DType.uint8, 4 * WIDTH](a), bitcast[DType.int8, 4 * WIDTH](w)
        )
    elif VNNI:
        return llvm_intrinsic["llvm.x86.avx512.vpdpbusd.256", Ints](
            acc, bitcast[DType.uint8, 4 * WIDTH](a), bitcast[DType.int8, 4 * WIDTH](w)
        )
    elif CompilationTarget.has_neon_int8_dotprod() and WIDTH == 4:
        return llvm_intrinsic["llvm.aarch64.neon.sdot.v4i32.v16i8", Ints](
            acc, bitcast[DType.int8, 4 * WIDTH](a), bitcast[DType.int8, 4 * WIDTH](w)
        )
    else:
        return pairs(pairs(acc, low(a), low(w)), high(a), high(w))


@always_inline
def low(x: Ints) -> Shorts:
    """Bytes 0 and 2 of every lane, as int16: exact, where bytes would saturate."""
    return bitcast[DType.int16, 2 * WIDTH](x) << 8 >> 8


@always_inline
def high(x: Ints) -> Shorts:
    """Bytes 1 and 3 of every lane, as int16."""
    return bitcast[DType.int16, 2 * WIDTH](x) >> 8


@always_inline
def pairs(acc: Ints, a: Shorts, w: Shorts) -> Ints:
    """Lane by lane, add the two products of int16."""
    comptime if CompilationTarget.has_avx2() and WIDTH == 8:
        return acc + llvm_intrinsic["llvm.x86.avx2.pmadd.wd", Ints](a, w)
    elif CompilationTarget.has_avx512f() and WIDTH == 16:
        return acc + llvm_intrinsic["llvm.x86.avx512.pmaddw.d.512", Ints](a, w)
    else:
        var first = bitcast[DType.int32, WIDTH](a)
        var second = bitcast[DType.int32, WIDTH](w)
        var lower = (first << 16 >> 16) * (second << 16 >> 16)
        return acc + lower + (first >> 16) * (second >> 16)


@always_inline
def accumulate[
    rows: Int, offset: Int
](
    a: Pointer[Int32, _], stride: Int, panel: Pointer[Int32, _], quads: Int
) -> StaticTuple[Ints, rows * VECTORS]:
    """`rows` rows of `a`, `stride` quads apart, times one panel: the tile, in registers.

    `offset` is what was added to every byte of `a`: `OFFSET`, or nothing.
    """
    var acc = StaticTuple[Ints, rows * VECTORS](fill=Ints(0))
    comptime if offset:
        comptime for v in range(VECTORS):
            var sums = panel.unsafe_offset((quads + 1) * PANEL + v * WIDTH)
            var start = Ints(-offset) * sums.unsafe_load[width=WIDTH]()
            comptime for i in range(rows):
                acc[i * VECTORS + v] = start
    for q in range(quads):
        fetch_line(panel, q)
        var w = StaticTuple[Ints, VECTORS](fill=Ints(0))
        comptime for v in range(VECTORS):
            w[v] = panel.unsafe_offset(q * PANEL + v * WIDTH).unsafe_load[width=WIDTH]()
        comptime for i in range(rows):
            var x = Ints(a.unsafe_offset(i * stride + q).unsafe_load[width=1]())
            comptime for v in range(VECTORS):
                acc[i * VECTORS + v] = dot(acc[i * VECTORS + v], x, w[v])
    return acc


@no_inline
def multiply8[
    rows: Int, offset: Int
](
    tile: Pointer[mut=True, Int32, _],
    a: Pointer[Int32, _],
    stride: Int,
    panel: Pointer[Int32, _],
    quads: Int,
):
    """The tile in memory, `[rows, 32]`."""
    var acc = accumulate[rows, offset](a, stride, panel, quads)
    comptime for i in range(rows * VECTORS):
        tile.unsafe_offset(i * WIDTH).unsafe_store(acc[i])


@always_inline
def multiply_rows[
    offset: Int = OFFSET
](
    rows: Int,
    tile: Pointer[mut=True, Int32, _],
    a: Pointer[Int32, _],
    stride: Int,
    panel: Pointer[Int32, _],
    quads: Int,
):
    """`multiply8` for a number of rows that is known only now, up to `ROWS8`."""
    comptime for height in range(1, ROWS8 + 1):
        if rows == height:
            multiply8[height, offset](tile, a, stride, panel, quads)


@always_inline
def floats[
    width: Int = WIDTH
](scales: Pointer[Int32, _]) -> SIMD[DType.float32, width]:
    """Some of the scales that lie in a panel as int32."""
    return bitcast[DType.float32, width](scales.unsafe_load[width=width]())
