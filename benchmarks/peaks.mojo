"""What the machine can do at most, as JSON: products of registers, and bytes read.

    mojo run -I max_whisper/kernels benchmarks/peaks.mojo

The best of several rounds, on all threads; nothing is read for the products but the
registers, and memory is read once through, in blocks that no cache holds.
"""

from std.memory.alloc import unsafe_alloc
from std.sys import num_physical_cores
from std.time import perf_counter_ns
from std.utils import StaticTuple

from max.algorithm import sync_parallelize
from mojo.int8 import Ints, dot
from mojo.matmul import Vector, WIDTH

comptime ROUNDS = 7
comptime CHAINS = 24
"""Accumulators: enough that none is waited for."""
comptime STEPS = 4_000_000
comptime BYTES = 512 * 1024 * 1024


@no_inline
def int8_products(seed: Int32) -> Int32:
    var acc = StaticTuple[Ints, CHAINS](fill=Ints(0))
    comptime for c in range(CHAINS):
        acc[c] = Ints(seed + Int32(c))  # else all chains were one
    var w = Ints(seed)
    for i in range(STEPS):
        var a = Ints(seed + Int32(i))
        comptime for c in range(CHAINS):
            acc[c] = dot(acc[c], a, w)
    var sum = Ints(0)
    comptime for c in range(CHAINS):
        sum += acc[c]
    return sum.reduce_add()


@no_inline
def float_products(seed: Float32) -> Float32:
    var acc = StaticTuple[Vector, CHAINS](fill=Vector(0))
    comptime for c in range(CHAINS):
        acc[c] = Vector(seed + Float32(c))  # else all chains were one
    var w = Vector(seed)
    for i in range(STEPS):
        var a = Vector(seed + Float32(i))
        comptime for c in range(CHAINS):
            acc[c] = a.fma(w, acc[c])
    var sum = Vector(0)
    comptime for c in range(CHAINS):
        sum += acc[c]
    return sum.reduce_add()


@no_inline
def total(x: Pointer[Int32, _], count: Int) -> Int32:
    var acc = StaticTuple[Ints, 8](fill=Ints(0))
    for i in range(0, count, 8 * WIDTH):
        comptime for c in range(8):
            acc[c] += x.unsafe_offset(i + c * WIDTH).unsafe_load[width=WIDTH]()
    var sum = Ints(0)
    comptime for c in range(8):
        sum += acc[c]
    return sum.reduce_add()


def main() raises:
    var threads = num_physical_cores()
    var found = unsafe_alloc[Int32](threads)
    var count = BYTES // 4
    var memory = unsafe_alloc[Int32](count)
    for i in range(count):
        memory.unsafe_offset(i).unsafe_store(Int32(i))

    def int8_work(t: Int) {imm}:
        found.unsafe_offset(t).unsafe_store(int8_products(Int32(t)))

    def float_work(t: Int) {imm}:
        found.unsafe_offset(t).unsafe_store(Int32(float_products(Float32(t)) > 0))

    def reading(t: Int) {imm}:
        var share = count // threads
        found.unsafe_offset(t).unsafe_store(total(memory.unsafe_offset(t * share), share))

    var best = StaticTuple[Int, 3](fill=Int.MAX)
    for _ in range(ROUNDS):
        var begin = Int(perf_counter_ns())
        sync_parallelize(int8_work, threads)
        var a = Int(perf_counter_ns())
        sync_parallelize(float_work, threads)
        var b = Int(perf_counter_ns())
        sync_parallelize(reading, threads)
        var c = Int(perf_counter_ns())
        best[0] = min(best[0], a - begin)
        best[1] = min(best[1], b - a)
        best[2] = min(best[2], c - b)
    var lanes = threads * STEPS * CHAINS * WIDTH
    print('{"threads":', threads, end="")
    print(', "int8_gops":', Float64(8 * lanes) / Float64(best[0]), end="")
    print(', "float32_gflops":', Float64(2 * lanes) / Float64(best[1]), end="")
    print(', "read_gb_s":', Float64(BYTES) / Float64(best[2]), end="}\n")
    found.unsafe_free()
    memory.unsafe_free()
