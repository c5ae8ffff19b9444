"""Keys and values of an attention as panels, in float32; see `attention.mojo`."""


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
