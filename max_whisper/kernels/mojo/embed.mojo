"""`embed`: token embeddings plus learned positions, read from the packed vocabulary.

The embedding matrix is also the output projection, so it is kept once, as that
projection's panels: token `t` is column `t % 32` of panel `t // 32`.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.gpu.host import DeviceContext

from .matmul import PANEL


@extensibility.register("whisper_embed")
struct Embed:
    @staticmethod
    def execute[
        target: StaticString, weight_type: DType
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        tokens: InputTensor[dtype=DType.int32, rank=2, ...],
        starts: InputTensor[dtype=DType.int32, rank=1, ...],
        panels: InputTensor[dtype=weight_type, rank=3, ...],
        positions: InputTensor[dtype=DType.float32, rank=2, ...],
        ctx: DeviceContext,
    ) raises:
        var count = tokens.dim_size(1)
        var d = positions.dim_size(1)
        var last = positions.dim_size(0) - 1
        for row in range(tokens.dim_size(0)):
            var start = Int(starts.unsafe_ptr().unsafe_offset(row).unsafe_load[width=1]())
            for i in range(count):
                var at = row * count + i
                var token = Int(
                    tokens.unsafe_ptr().unsafe_offset(at).unsafe_load[width=1]()
                )
                var column = panels.unsafe_ptr().unsafe_offset(
                    token // PANEL * d * PANEL + token % PANEL
                )
                var position = positions.unsafe_ptr().unsafe_offset(
                    min(last, start + i) * d
                )
                for j in range(d):
                    y.unsafe_ptr().unsafe_offset(at * d + j).unsafe_store(
                        column.unsafe_offset(j * PANEL)
                        .unsafe_load[width=1]()
                        .cast[DType.float32]()
                        + position.unsafe_offset(j).unsafe_load[width=1]()
                    )


@extensibility.register("whisper_take")
struct Take:
    """One row of every batch: `y[b, 0] = x[b, rows[b]]`."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        rows: InputTensor[dtype=DType.int32, rank=1, ...],
        ctx: DeviceContext,
    ) raises:
        var d = x.dim_size(2)
        for b in range(x.dim_size(0)):
            var row = Int(rows.unsafe_ptr().unsafe_offset(b).unsafe_load[width=1]())
            var source = x.unsafe_ptr().unsafe_offset((b * x.dim_size(1) + row) * d)
            for i in range(d):
                y.unsafe_ptr().unsafe_offset(b * d + i).unsafe_store(
                    source.unsafe_offset(i).unsafe_load[width=1]()
                )
