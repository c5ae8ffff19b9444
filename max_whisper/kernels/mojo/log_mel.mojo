"""`log_mel`: samples to log10 of mel energies, one frame of 400 samples every 160.

The discrete Fourier transform of 400 = 20 · 20 points goes in two rounds of twenty
transforms of twenty points. With n = 20 a + b and k = c + 20 d:

    X[c + 20 d] = Σ_b  w₂₀^(b d) · ( w₄₀₀^(b c) · Σ_a x[20 a + b] · w₂₀^(a c) )

Frames stand side by side in the lanes of a vector, so every step is plain arithmetic
on vectors. Only the 201 bins of a real signal are made. What is normalised by the
maximum of the recording is done where that maximum is known, not here.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.math import log10
from std.memory.alloc import unsafe_alloc

from .matmul import WIDTH, Vector

comptime POINTS = 400
comptime ROOT = 20
comptime HOP = 160
comptime BINS = POINTS // 2 + 1


@extensibility.register("whisper_log_mel")
struct LogMel:
    """`turns` is `[400, 2]`: cosine and minus sine of 2π i / 400; `filters` is
    `[bins, 201]`; frame `f` begins at sample `160 f`.
    """

    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=2, ...],
        samples: InputTensor[dtype=DType.float32, rank=1, ...],
        window: InputTensor[dtype=DType.float32, rank=1, ...],
        turns: InputTensor[dtype=DType.float32, rank=2, ...],
        filters: InputTensor[dtype=DType.float32, rank=2, ...],
        ctx: DeviceContext,
    ) raises:
        var frames = y.dim_size(0)
        var mels = y.dim_size(1)
        var length = samples.dim_size(0)
        var sp = samples.unsafe_ptr()
        var wp = window.unsafe_ptr()
        var tp = turns.unsafe_ptr()
        var fp = filters.unsafe_ptr()
        var yp = y.unsafe_ptr()

        @always_inline
        def turn(i: Int) {imm} -> Tuple[Vector, Vector]:
            var pair = tp.unsafe_offset(i % POINTS * 2)
            return (
                Vector(pair.unsafe_load[width=1]()),
                Vector(pair.unsafe_offset(1).unsafe_load[width=1]()),
            )

        def task(t: Int) {imm}:
            var first = t * WIDTH
            var x = unsafe_alloc[Float32](POINTS * WIDTH)
            var re = unsafe_alloc[Float32](POINTS * WIDTH)
            var im = unsafe_alloc[Float32](POINTS * WIDTH)
            var power = unsafe_alloc[Float32](BINS * WIDTH)
            for i in range(POINTS):
                var scale = wp.unsafe_offset(i).unsafe_load[width=1]()
                for lane in range(WIDTH):
                    var at = (first + lane) * HOP + i
                    var value = Float32(0)
                    if at < length:
                        value = sp.unsafe_offset(at).unsafe_load[width=1]() * scale
                    x.unsafe_offset(i * WIDTH + lane).unsafe_store(value)

            for b in range(ROOT):
                for c in range(ROOT):
                    var sum_re = Vector(0)
                    var sum_im = Vector(0)
                    for a in range(ROOT):
                        var w = turn(a * c * ROOT)
                        var v = x.unsafe_offset((ROOT * a + b) * WIDTH).unsafe_load[
                            width=WIDTH
                        ]()
                        sum_re = v.fma(w[0], sum_re)
                        sum_im = v.fma(w[1], sum_im)
                    var w = turn(b * c)
                    var at = (b * ROOT + c) * WIDTH
                    re.unsafe_offset(at).unsafe_store(sum_re * w[0] - sum_im * w[1])
                    im.unsafe_offset(at).unsafe_store(sum_re * w[1] + sum_im * w[0])

            for k in range(BINS):
                var c = k % ROOT
                var d = k // ROOT
                var sum_re = Vector(0)
                var sum_im = Vector(0)
                for b in range(ROOT):
                    var w = turn(b * d * ROOT)
                    var at = (b * ROOT + c) * WIDTH
                    var r = re.unsafe_offset(at).unsafe_load[width=WIDTH]()
                    var i = im.unsafe_offset(at).unsafe_load[width=WIDTH]()
                    sum_re += r * w[0] - i * w[1]
                    sum_im += r * w[1] + i * w[0]
                power.unsafe_offset(k * WIDTH).unsafe_store(
                    sum_re * sum_re + sum_im * sum_im
                )

            for m in range(mels):
                var sum = Vector(0)
                for k in range(BINS):
                    var weight = fp.unsafe_offset(m * BINS + k).unsafe_load[width=1]()
                    if weight != 0:
                        sum = power.unsafe_offset(k * WIDTH).unsafe_load[
                            width=WIDTH
                        ]().fma(Vector(weight), sum)
                var level = log10(max(sum, Vector(1e-10)))
                for lane in range(min(WIDTH, frames - first)):
                    yp.unsafe_offset((first + lane) * mels + m).unsafe_store(level[lane])

            x.unsafe_free()
            re.unsafe_free()
            im.unsafe_free()
            power.unsafe_free()

        sync_parallelize(task, (frames + WIDTH - 1) // WIDTH)
