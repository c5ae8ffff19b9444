"""`probe`: log probabilities of a few tokens, without any rule."""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.gpu.host import DeviceContext

from .log_sum_exp import log_sum_exp, maximum


@extensibility.register("whisper_probe")
struct Probe:
    """One after `[batch, 1, vocabulary]` logits: `[batch, probed]`."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        logprobs: OutputTensor[dtype=DType.float32, rank=2, ...],
        logits: InputTensor[dtype=DType.float32, rank=3, ...],
        tokens: InputTensor[dtype=DType.int32, rank=1, ...],
        ctx: DeviceContext,
    ) raises:
        var n = logits.dim_size(2)
        var count = tokens.dim_size(0)
        for row in range(logits.dim_size(0)):
            var source = logits.unsafe_ptr().unsafe_offset(row * n)
            var total = log_sum_exp(source, 0, n, maximum(source, 0, n))
            for j in range(count):
                var token = Int(tokens.unsafe_ptr().unsafe_offset(j).unsafe_load[width=1]())
                logprobs.unsafe_ptr().unsafe_offset(row * count + j).unsafe_store(
                    source.unsafe_offset(token).unsafe_load[width=1]() - total
                )
