"""Whisper's rules, over a slice of a row's logits.

First the logits of what the row has said are penalised, as in CTranslate2:

    logit / penalty  if it is positive,  logit · penalty  if it is negative

Then, by four numbers (`Bounds` of the engine), a mask and a list of banned tokens:

    0        first_text     timestamp_begin     first_timestamp      end      vocabulary
    ├─ banned ─┼── allowed ──┼───── banned ──────┼──── allowed ──────┼─ banned ─┤

What may not come is minus infinity.
"""

from .log_sum_exp import NEVER
from .matmul import WIDTH, Vector
from .vectors import larger


@fieldwise_init
struct Slice(Copyable, Movable):
    """The tokens from `first` to before `last`; timestamps begin at `timestamps`."""

    var first: Int
    var last: Int
    var timestamps: Int

    @always_inline
    def size(self) -> Int:
        return self.last - self.first

    @always_inline
    def place(self, token: Int) -> Int:
        """Where a token is in the slice, or the end of it that is nearer."""
        return min(max(token - self.first, 0), self.size())


@always_inline
def obey(
    x: Pointer[mut=True, Float32, _],
    slice: Slice,
    mask: Pointer[UInt8, _],
    bound: SIMD[DType.int32, 4],
) -> SIMD[DType.float32, 2]:
    """Leave of the logits what mask and bounds allow; the best of text and timestamps."""
    var first_text = Int(bound[0])
    var end = Int(bound[2])
    var text = slice.place(first_text)
    var text_end = max(text, slice.place(min(slice.timestamps, end)))
    var time = slice.place(max(first_text, Int(bound[1]), slice.timestamps))
    time = max(text_end, time)
    var time_end = max(time, slice.place(end))
    forbid(x, 0, text)
    var best_text = allow(x, mask, text, text_end)
    forbid(x, text_end, time)
    var best_time = allow(x, mask, time, time_end)
    forbid(x, time_end, slice.size())
    return SIMD[DType.float32, 2](best_text, best_time)


@always_inline
def penalise(
    x: Pointer[mut=True, Float32, _],
    slice: Slice,
    penalty: Float32,
    tokens: Pointer[Int32, _],
    count: Int,
):
    """Penalise the logit of each listed token, once."""
    for j in range(count):
        var token = Int(tokens.unsafe_offset(j).unsafe_load[width=1]())
        if slice.first <= token < slice.last and not holds(tokens, j, token):
            var place = x.unsafe_offset(token - slice.first)
            var value = place.unsafe_load[width=1]()
            place.unsafe_store(value / penalty if value > 0 else value * penalty)


@always_inline
def holds(tokens: Pointer[Int32, _], count: Int, token: Int) -> Bool:
    """Whether a token is among the first `count`."""
    for j in range(count):
        if Int(tokens.unsafe_offset(j).unsafe_load[width=1]()) == token:
            return True
    return False


@always_inline
def ban(
    x: Pointer[mut=True, Float32, _],
    slice: Slice,
    tokens: Pointer[Int32, _],
    count: Int,
):
    """Forbid each listed token."""
    for j in range(count):
        var token = Int(tokens.unsafe_offset(j).unsafe_load[width=1]())
        if slice.first <= token < slice.last:
            x.unsafe_offset(token - slice.first).unsafe_store(NEVER)


@always_inline
def allow(
    x: Pointer[mut=True, Float32, _], mask: Pointer[UInt8, _], first: Int, last: Int
) -> Float32:
    """Forbid what is masked of first ≤ i < last; the best of what is left."""
    var bests = Vector(NEVER)
    var i = first
    while i + WIDTH <= last:
        var value = x.unsafe_offset(i).unsafe_load[width=WIDTH]()
        var free = mask.unsafe_offset(i).unsafe_load[width=WIDTH]().eq(0)
        value = free.select(value, Vector(NEVER))
        bests = larger(value, bests)
        x.unsafe_offset(i).unsafe_store(value)
        i += WIDTH
    var best = bests.reduce_max()
    while i < last:
        if mask.unsafe_offset(i).unsafe_load[width=1]() != 0:
            x.unsafe_offset(i).unsafe_store(NEVER)
        best = max(best, x.unsafe_offset(i).unsafe_load[width=1]())
        i += 1
    return best


@always_inline
def forbid(x: Pointer[mut=True, Float32, _], first: Int, last: Int):
    """Forbid first ≤ i < last."""
    var i = first
    while i + WIDTH <= last:
        x.unsafe_offset(i).unsafe_store(Vector(NEVER))
        i += WIDTH
    while i < last:
        x.unsafe_offset(i).unsafe_store(NEVER)
        i += 1
