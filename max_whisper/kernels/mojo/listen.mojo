"""What hears: keys and values are packed once, and every query attends to them all.

`memory_type` says how they are kept: see `attention.mojo` and `int8_attention.mojo`.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext

from .attention import Sizes
from .block_parts import (
    attend_part,
    attend_tasks,
    pack_channels,
    pack_keys_part,
    positions_in,
)
from .matmul import PANEL
from .memory import Heads


@extensibility.register("whisper_pack_keys")
struct PackKeys:
    """Keys `[batch, positions, heads · head_size]` to panels of positions."""

    @staticmethod
    def execute[
        target: StaticString, memory_type: DType
    ](
        panels: OutputTensor[dtype=memory_type, rank=5, ...],
        k: InputTensor[dtype=DType.float32, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        var heads = Heads(k.dim_size(1), k.dim_size(2), panels.dim_size(1))
        var lines = panels.dim_size(3)
        var count = heads.key_panels()
        var source = k.unsafe_ptr()
        var sink = panels.unsafe_ptr()

        def task(t: Int) {imm}:
            var first = t % count * PANEL
            pack_keys_part[memory_type](
                sink.unsafe_offset(t * lines * PANEL),
                source.unsafe_offset(heads.place(t // count, first, 0)),
                heads.width,
                heads.size(),
                heads.positions - first,
            )

        sync_parallelize(task, k.dim_size(0) * heads.heads * count)


@extensibility.register("whisper_pack_values")
struct PackValues:
    """Values `[batch, positions, heads · head_size]` to panels of channels."""

    @staticmethod
    def execute[
        target: StaticString, memory_type: DType
    ](
        panels: OutputTensor[dtype=memory_type, rank=5, ...],
        v: InputTensor[dtype=DType.float32, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        var heads = Heads(v.dim_size(1), v.dim_size(2), panels.dim_size(1))
        var lines = panels.dim_size(3)
        var source = v.unsafe_ptr()
        var sink = panels.unsafe_ptr()

        def task(t: Int) {imm}:
            pack_channels[memory_type](heads, sink, lines, source, t)

        sync_parallelize(task, v.dim_size(0) * heads.heads * heads.value_panels())


@extensibility.register("whisper_attention")
struct Attention:
    """Queries `[batch, queries, heads · head_size]` to as many means of values."""

    @staticmethod
    def execute[
        target: StaticString, memory_type: DType
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        q: InputTensor[dtype=DType.float32, rank=3, ...],
        keys: InputTensor[dtype=memory_type, rank=5, ...],
        values: InputTensor[dtype=memory_type, rank=5, ...],
        ctx: DeviceContext,
    ) raises:
        var yp = y.unsafe_ptr()
        var qp = q.unsafe_ptr()
        var kp = keys.unsafe_ptr()
        var vp = values.unsafe_ptr()
        var sizes = Sizes(
            batches=q.dim_size(0),
            queries=q.dim_size(1),
            width=q.dim_size(2),
            heads=keys.dim_size(1),
            size=q.dim_size(2) // keys.dim_size(1),
            positions=positions_in[memory_type](vp, values.dim_size(3)),
        )

        def task(t: Int) {imm}:
            attend_part[memory_type](sizes, t, yp, qp, kp, vp)

        sync_parallelize(task, attend_tasks[memory_type](sizes))
