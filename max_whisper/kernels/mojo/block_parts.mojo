"""What a block is made of, in float32 or in int8: the type of its weights, or of what it
hears, says which.
"""

from .attention import Sizes, attend, tasks_of
from .int8_attention import attend8, positions_of, tasks_of8
from .int8_memory import pack_keys8, pack_values8
from .int8_product import multiply_bytes
from .job import Job, Part
from .linear import multiply_floats
from .matmul import PANEL
from .memory import Heads, pack_keys, pack_values
from .rows import Rows


@always_inline
def rows_of[type: DType](capacity: Int, k: Int) -> Rows:
    """Room for rows that are multiplied by weights of a type."""
    return Rows(capacity, k, in_bytes=type == DType.int32)


@always_inline
def multiply_part[
    type: DType
](
    job: Job,
    part: Part,
    y: Pointer[mut=True, Float32, _],
    x: Rows,
    panels: Pointer[Scalar[type], _],
    bias: Pointer[Float32, _],
    addend: Pointer[Float32, _],
):
    """Rows, the first of which is the part's, times some panels of a matrix."""
    comptime if type == DType.int32:
        var bytes = panels.unsafe_bitcast[Int32]()
        multiply_bytes(job, part, y, x, bytes, bias, addend)
    else:
        multiply_floats[type](job, part, y, x.floats(), panels, bias, addend)


@always_inline
def positions_in[type: DType](values: Pointer[Scalar[type], _], lines: Int) -> Int:
    """How many positions packed values have, which lie in so many lines."""
    comptime if type == DType.int32:
        return positions_of(values.unsafe_bitcast[Int32](), lines)
    else:
        return lines


@always_inline
def attend_tasks[type: DType](sizes: Sizes) -> Int:
    """How many tasks `attend_part` has."""
    comptime if type == DType.int32:
        return tasks_of8(sizes)
    else:
        return tasks_of(sizes)


@always_inline
def attend_part[
    type: DType
](
    sizes: Sizes,
    task: Int,
    y: Pointer[mut=True, Float32, _],
    q: Pointer[Float32, _],
    keys: Pointer[Scalar[type], _],
    values: Pointer[Scalar[type], _],
):
    """One task of an attention to packed keys and values."""
    comptime if type == DType.int32:
        var k = keys.unsafe_bitcast[Int32]()
        attend8(sizes, task, y, q, k, values.unsafe_bitcast[Int32]())
    else:
        var k = keys.unsafe_bitcast[Float32]()
        attend(sizes, task, y, q, k, values.unsafe_bitcast[Float32]())


@always_inline
def pack_keys_part[
    type: DType
](
    panel: Pointer[mut=True, Scalar[type], _],
    k: Pointer[Float32, _],
    width: Int,
    size: Int,
    count: Int,
):
    """Some positions of a head as a panel."""
    comptime if type == DType.int32:
        pack_keys8(panel.unsafe_bitcast[Int32](), k, width, size, count)
    else:
        pack_keys(panel.unsafe_bitcast[Float32](), k, width, size, count)


@always_inline
def pack_heads[
    type: DType
](
    heads: Heads,
    keys: Pointer[mut=True, Scalar[type], _],
    lines: Int,
    k: Pointer[Float32, _],
    batch: Int,
    p: Int,
):
    """Panel p of every head of a window; k begins with its first position."""
    for head in range(heads.heads):
        var panel = (batch * heads.heads + head) * heads.key_panels() + p
        pack_keys_part[type](
            keys.unsafe_offset(panel * lines * PANEL),
            k.unsafe_offset(head * heads.size()),
            heads.width,
            heads.size(),
            min(PANEL, heads.positions - p * PANEL),
        )


@always_inline
def pack_channels[
    type: DType
](
    heads: Heads,
    values: Pointer[mut=True, Scalar[type], _],
    lines: Int,
    v: Pointer[Float32, _],
    t: Int,
):
    """Panel t of all windows and heads: some channels of one, at all positions."""
    var channel = t % heads.value_panels() * PANEL
    var panel = values.unsafe_offset(t * lines * PANEL)
    var source = v.unsafe_offset(heads.place(t // heads.value_panels(), 0, channel))
    var count = min(PANEL, heads.size() - channel)
    comptime if type == DType.int32:
        var bytes = panel.unsafe_bitcast[Int32]()
        pack_values8(bytes, source, heads.width, count, heads.positions)
    else:
        var floats = panel.unsafe_bitcast[Float32]()
        pack_values(floats, source, heads.width, count, heads.positions)
