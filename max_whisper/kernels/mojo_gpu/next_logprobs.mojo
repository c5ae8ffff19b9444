"""`next_logprobs` on a GPU: a block is a token, and looks through the vocabulary."""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.gpu import barrier, block_idx, grid_dim, thread_idx
from max.gpu.host import DeviceContext
from max.gpu.primitives import block
from std.math import exp, log

comptime THREADS = 256
comptime LOWEST = Float32.MIN_FINITE


def weigh[
    type: DType
](
    y: Pointer[Float32, MutAnyOrigin],
    logits: Pointer[Scalar[type], ImmutAnyOrigin],
    tokens: Pointer[Int32, ImmutAnyOrigin],
    end: Pointer[Int32, ImmutAnyOrigin],
    vocabulary: Int32,
):
    """The log probability of the next token after this one; 0 after the last."""
    var thread = Int(thread_idx.x)
    var token = Int(block_idx.x)
    var line = logits.unsafe_offset(token * Int(vocabulary))
    var count = Int(end[unsafe_offset=0])
    var peak = LOWEST
    for i in range(thread, count, THREADS):
        peak = max(peak, line[unsafe_offset=i].cast[DType.float32]())
    peak = block.max[block_size=THREADS](peak)
    # MAX's reduction does not wait until all have read before its room is used again.
    barrier()
    var total = Float32(0)
    for i in range(thread, count, THREADS):
        total += exp(line[unsafe_offset=i].cast[DType.float32]() - peak)
    total = block.sum[block_size=THREADS](total)
    if thread == 0:
        var found = Float32(0)
        if token + 1 < Int(grid_dim.x):
            var next = Int(tokens[unsafe_offset=token + 1])
            var logit = line[unsafe_offset=next].cast[DType.float32]()
            found = logit - peak - log(total)
        y[unsafe_offset=token] = found


@extensibility.register("whisper_gpu_next_logprobs")
struct NextLogprobs:
    """See `Ops.next_logprobs`."""

    @staticmethod
    def execute[
        target: StaticString, type: DType
    ](
        y: OutputTensor[dtype=DType.float32, rank=1, ...],
        logits: InputTensor[dtype=type, rank=3, ...],
        tokens: InputTensor[dtype=DType.int32, rank=2, ...],
        end: InputTensor[dtype=DType.int32, rank=1, ...],
        ctx: DeviceContext,
    ) raises:
        ctx.enqueue_function[weigh[type]](
            y.to_device_buffer(ctx),
            logits.to_device_buffer(ctx),
            tokens.to_device_buffer(ctx),
            end.to_device_buffer(ctx),
            Int32(logits.dim_size(2)),
            grid_dim=y.dim_size(0),
            block_dim=THREADS,
        )
