"""Keys and values of an attention as panels, in float32; see `attention.mojo`."""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext

from .matmul import PANEL


@fieldwise_init
struct Heads(Copyable, Movable):
    """Keys or values `[positions, width]` of so many heads, and their panels."""

    var positions: Int
    var width: Int
    var heads: Int

    @always_inline
    def size(self) -> Int:
        """Of a head."""
        return self.width // self.heads

    @always_inline
    def key_panels(self) -> Int:
        """Panels of 32 positions of a head."""
        return (self.positions + PANEL - 1) // PANEL

    @always_inline
    def value_panels(self) -> Int:
        """Panels of 32 channels of a head."""
        return (self.size() + PANEL - 1) // PANEL

    @always_inline
    def place(self, plane: Int, position: Int, channel: Int) -> Int:
        """Where a position of a head lies, where `plane` counts heads of all batches."""
        var row = plane // self.heads * self.positions + position
        return row * self.width + plane % self.heads * self.size() + channel


@no_inline
def pack_keys(
    panel: Pointer[mut=True, Float32, _],
    k: Pointer[Float32, _],
    width: Int,
    size: Int,
    count: Int,
):
    """`count` positions of a head, `width` apart, as a panel; zeros after them."""
    for row in range(PANEL):
        for i in range(size):
            var value = Float32(0)
            if row < count:
                value = k.unsafe_offset(row * width + i).unsafe_load[width=1]()
            panel.unsafe_offset(i * PANEL + row).unsafe_store(value)


@no_inline
def pack_values(
    panel: Pointer[mut=True, Float32, _],
    v: Pointer[Float32, _],
    width: Int,
    channels: Int,
    positions: Int,
):
    """Up to 32 `channels` of all positions, `width` apart, as a panel; zeros after them."""
    for position in range(positions):
        var sink = panel.unsafe_offset(position * PANEL)
        var row = v.unsafe_offset(position * width)
        for i in range(channels):
            sink.unsafe_offset(i).unsafe_store(row.unsafe_offset(i).unsafe_load[width=1]())
        for i in range(channels, PANEL):
            sink.unsafe_offset(i).unsafe_store(Float32(0))


@extensibility.register("whisper_pack_keys")
struct PackKeys:
    """Keys `[batch, positions, heads · head_size]` to panels of kᵀ."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        panels: OutputTensor[dtype=DType.float32, rank=5, ...],
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
            pack_keys(
                sink.unsafe_offset(t * lines * PANEL),
                source.unsafe_offset(heads.place(t // count, first, 0)),
                heads.width,
                heads.size(),
                heads.positions - first,
            )

        sync_parallelize(task, k.dim_size(0) * heads.heads * count)


@extensibility.register("whisper_pack_values")
struct PackValues:
    """Values `[batch, positions, heads · head_size]` to panels of v."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        panels: OutputTensor[dtype=DType.float32, rank=5, ...],
        v: InputTensor[dtype=DType.float32, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        var heads = Heads(v.dim_size(1), v.dim_size(2), panels.dim_size(1))
        var lines = panels.dim_size(3)
        var count = heads.value_panels()
        var source = v.unsafe_ptr()
        var sink = panels.unsafe_ptr()

        def task(t: Int) {imm}:
            var channel = t % count * PANEL
            pack_values(
                sink.unsafe_offset(t * lines * PANEL),
                source.unsafe_offset(heads.place(t // count, 0, channel)),
                heads.width,
                min(PANEL, heads.size() - channel),
                heads.positions,
            )

        sync_parallelize(task, v.dim_size(0) * heads.heads * count)
