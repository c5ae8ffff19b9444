"""`log_mel` on a GPU: a block is one frame, a thread one frequency, then one mel bin.

In float32 throughout, which the matrix units are not: what they round off a loud
frequency would drown a quiet one.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.gpu import barrier, block_idx, thread_idx
from max.gpu.host import DeviceContext
from std.math import log
from std.memory import unsafe_stack_allocation

comptime THREADS = 256
comptime LENGTH = 400
comptime HOP = 160
comptime FREQUENCIES = LENGTH // 2 + 1
comptime LEAST = Float32(1e-10)
"""The energy of silence."""
comptime PER_DECADE = Float32(0.4342944819032518)


def transform(
    y: Pointer[Float32, MutAnyOrigin],
    samples: Pointer[Float32, ImmutAnyOrigin],
    window: Pointer[Float32, ImmutAnyOrigin],
    turns: Pointer[Float32, ImmutAnyOrigin],
    filters: Pointer[Float32, ImmutAnyOrigin],
    bins: Int32,
):
    """The mel energies of a frame."""
    var frame = Int(block_idx.x)
    var thread = Int(thread_idx.x)
    var sound = unsafe_stack_allocation[
        3 * LENGTH + FREQUENCIES, Float32, address_space=AddressSpace.SHARED
    ]()
    var cosines = sound.unsafe_offset(LENGTH)
    var sines = cosines.unsafe_offset(LENGTH)
    var power = sines.unsafe_offset(LENGTH)
    for i in range(thread, LENGTH, THREADS):
        var sample = samples[unsafe_offset=frame * HOP + i]
        sound[unsafe_offset=i] = sample * window[unsafe_offset=i]
        cosines[unsafe_offset=i] = turns[unsafe_offset=2 * i]
        sines[unsafe_offset=i] = turns[unsafe_offset=2 * i + 1]
    barrier()
    if thread < FREQUENCIES:
        var real = Float32(0)
        var imaginary = Float32(0)
        var turn = 0
        for i in range(LENGTH):
            var sample = sound[unsafe_offset=i]
            real += sample * cosines[unsafe_offset=turn]
            imaginary += sample * sines[unsafe_offset=turn]
            turn += thread
            if turn >= LENGTH:
                turn -= LENGTH
        power[unsafe_offset=thread] = real * real + imaginary * imaginary
    barrier()
    for bin in range(thread, Int(bins), THREADS):
        var filter = filters.unsafe_offset(bin * FREQUENCIES)
        var energy = Float32(0)
        for i in range(FREQUENCIES):
            energy += filter[unsafe_offset=i] * power[unsafe_offset=i]
        var place = frame * Int(bins) + bin
        y[unsafe_offset=place] = log(max(energy, LEAST)) * PER_DECADE


@extensibility.register("whisper_gpu_log_mel")
struct LogMel:
    """See `Ops.log_mel`."""

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
        ctx.enqueue_function[transform](
            y.to_device_buffer(ctx),
            samples.to_device_buffer(ctx),
            window.to_device_buffer(ctx),
            turns.to_device_buffer(ctx),
            filters.to_device_buffer(ctx),
            Int32(y.dim_size(1)),
            grid_dim=y.dim_size(0),
            block_dim=THREADS,
        )
