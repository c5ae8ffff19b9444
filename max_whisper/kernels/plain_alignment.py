"""`Ops.alignment` and `Ops.next_logprobs` from MAX's own operations."""

from __future__ import annotations

from collections.abc import Sequence

from max.dtype import DType
from max.graph import TensorValue, ops

MEDIAN_OF_7 = (
    *((0, 5), (0, 3), (1, 6), (2, 4), (0, 1), (3, 5), (2, 6)),
    *((2, 3), (3, 6), (4, 5), (1, 4), (1, 3), (3, 4)),
)
"""Pairs to sort, one after the other, until the fourth of seven is the median."""


def alignment(
    q: TensorValue, k: TensorValue, heads: Sequence[int], size: int
) -> TensorValue:
    """q `[1, T, D]` and k `[1, P, D]` to `[T, P]`, summed over `heads`."""
    q, k = (x.rebind([1, *x.shape[1:]]) for x in (q, k))
    parts = [slice(head * size, (head + 1) * size) for head in heads]
    queries, keys = (
        ops.cast(ops.concat([x[:, :, p] for p in parts], axis=0), DType.float32)
        for x in (q, k)
    )  # [H, T, S] and [H, P, S]
    scores = ops.matmul(queries, keys.transpose(1, 2)) * size**-0.5
    looks = ops.softmax(scores)
    apart = looks - ops.mean(looks, axis=1)
    deviation = ops.sqrt(ops.mean(apart * apart, axis=1))
    least = ops.constant(1e-30, DType.float32, q.device)
    compared = apart / ops.max(deviation, least)
    return ops.squeeze(ops.sum(_medians(compared), axis=0), 0)


def next_logprobs(
    logits: TensorValue, tokens: TensorValue, end: TensorValue
) -> TensorValue:
    """logits `[1, T, V]` and tokens `[1, T]` to `[T]`."""
    logits = logits.rebind([1, *logits.shape[1:]])
    raw = ops.cast(ops.squeeze(logits, 0), DType.float32)  # [T, V]
    never = ops.constant(-1e30, DType.float32, raw.device)
    is_text = ops.broadcast_to(ops.unsqueeze(_range(raw, 1), 0) < end, raw.shape)
    text = ops.logsoftmax(ops.where(is_text, raw, ops.broadcast_to(never, raw.shape)))
    rows = _range(raw, 0)
    last = ops.max(rows, axis=0)
    said = ops.squeeze(tokens, 0).rebind(rows.shape)
    following = ops.gather(said, ops.min(rows + 1, last), axis=0)
    chosen = ops.gather_nd(text, ops.stack([rows, following], axis=1))
    return ops.where(rows < last, chosen, chosen * 0)


def _range(x: TensorValue, axis: int) -> TensorValue:
    """0, 1, 2, … along an axis of x, as int32."""
    size = x.shape[axis]
    return ops.range(0, size, 1, out_dim=size, device=x.device, dtype=DType.int32)


def _medians(x: TensorValue) -> TensorValue:
    """The median of 7 along the last axis, which is mirrored at its ends.

    An axis of 3 or less is left as it is, as in openai/whisper.
    """
    places = _range(x, -1)
    last = ops.max(places, axis=0)
    taps = []
    for offset in range(-3, 4):
        place = ops.abs(places + offset)
        beyond = ops.max(place - last, place * 0)
        inside = ops.max(place - 2 * beyond, place * 0)
        taps.append(ops.gather(x, inside, axis=-1))
    for a, b in MEDIAN_OF_7:
        taps[a], taps[b] = ops.min(taps[a], taps[b]), ops.max(taps[a], taps[b])
    is_long = ops.broadcast_to(last >= 3, x.shape)
    return ops.where(is_long, taps[3], x)
