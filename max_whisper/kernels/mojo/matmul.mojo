"""The register tile on which every matrix product here is built.

    a: rows × k, row-major        b: a panel, k × 32        acc: rows × 32, in registers

          ── k ──▶                 ┌────────┐
        ┌──────────┐             k │ 32 wide│
   rows │ a[i, p]  │      ×        │ b[p, :]│      =   acc[i, :] += a[i, p] * b[p, :]
        └──────────┘               └────────┘

A matrix of weights is kept as panels of 32 columns, so that the inner loop reads memory
in a straight line: `panels[n // 32, p, n % 32] = weight[n, p]`.
"""

from std.sys import simd_width_of, size_of
from std.sys.intrinsics import PrefetchOptions, prefetch
from std.utils import StaticTuple

comptime WIDTH = simd_width_of[DType.float32]()
comptime PANEL = 32
comptime VECTORS = PANEL // WIDTH
comptime Vector = SIMD[DType.float32, WIDTH]

# 24 accumulators of 32 registers with AVX-512 or NEON, 12 of 16 with AVX2.
comptime ROWS = 24 // VECTORS if WIDTH != 8 else 12 // VECTORS


comptime AHEAD = 64
"""Lines of a panel that are asked of memory before they are needed: a processor asks for
what follows by itself, but not beyond a page, and a step waits for its weights."""
comptime CACHE_LINE = 64


@always_inline
def fetch_line[
    type: DType
](panel: Pointer[Scalar[type], _], line: Int):
    """Ask for the line that is `AHEAD` of this one."""
    comptime step = CACHE_LINE // size_of[type]()
    comptime for i in range(0, PANEL, step):
        prefetch[PrefetchOptions().for_read().high_locality().to_data_cache()](
            panel.unsafe_offset((line + AHEAD) * PANEL + i)
        )


@always_inline
def multiply[
    rows: Int, weight_type: DType
](
    a: Pointer[Float32, _],
    stride: Int,
    panel: Pointer[Scalar[weight_type], _],
    k: Int,
) -> StaticTuple[Vector, rows * VECTORS]:
    """`rows` rows of `a`, `stride` apart, times one panel: the tile, vector by vector."""
    var acc = StaticTuple[Vector, rows * VECTORS](fill=Vector(0))
    for p in range(k):
        fetch_line(panel, p)
        var b = StaticTuple[Vector, VECTORS](fill=Vector(0))
        comptime for v in range(VECTORS):
            b[v] = (
                panel.unsafe_offset(p * PANEL + v * WIDTH)
                .unsafe_load[width=WIDTH]()
                .cast[DType.float32]()
            )
        comptime for i in range(rows):
            var x = Vector(a.unsafe_offset(i * stride + p).unsafe_load[width=1]())
            comptime for v in range(VECTORS):
                acc[i * VECTORS + v] = x.fma(b[v], acc[i * VECTORS + v])
    return acc
