"""`embed` from a vocabulary in int8: scale · int8 plus the learned position.

The matrix is the output projection's (`int8.mojo`); row `token` of it is lane
`token % 32` of panel `token // 32`, four weights in each line.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.gpu.host import DeviceContext
from std.memory import bitcast

from .matmul import PANEL


@extensibility.register("whisper_int8_embed")
struct Int8Embed:
    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        tokens: InputTensor[dtype=DType.int32, rank=2, ...],
        starts: InputTensor[dtype=DType.int32, rank=1, ...],
        panels: InputTensor[dtype=DType.int32, rank=3, ...],
        positions: InputTensor[dtype=DType.float32, rank=2, ...],
        ctx: DeviceContext,
    ) raises:
        var count = tokens.dim_size(1)
        var d = positions.dim_size(1)
        var last = positions.dim_size(0) - 1
        var quads = panels.dim_size(1) - 2
        for row in range(tokens.dim_size(0)):
            var start = Int(starts.unsafe_ptr().unsafe_offset(row).unsafe_load[width=1]())
            for i in range(count):
                var at = row * count + i
                var token = Int(
                    tokens.unsafe_ptr().unsafe_offset(at).unsafe_load[width=1]()
                )
                var lane = panels.unsafe_ptr().unsafe_offset(
                    token // PANEL * (quads + 2) * PANEL + token % PANEL
                )
                var scale = bitcast[DType.float32, 1](
                    lane.unsafe_offset(quads * PANEL).unsafe_load[width=1]()
                )
                var position = positions.unsafe_ptr().unsafe_offset(
                    min(last, start + i) * d
                )
                for j in range(d):
                    var quad = bitcast[DType.int8, 4](
                        lane.unsafe_offset(j // 4 * PANEL).unsafe_load[width=1]()
                    )
                    y.unsafe_ptr().unsafe_offset(at * d + j).unsafe_store(
                        quad[j % 4].cast[DType.float32]() * scale
                        + position.unsafe_offset(j).unsafe_load[width=1]()
                    )
