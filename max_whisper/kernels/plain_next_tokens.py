"""`Ops.next_tokens` from MAX's own operations, after the logits."""

from __future__ import annotations

from collections.abc import Sequence

from max.dtype import DType
from max.graph import Dim, TensorValue, ops

from max_whisper.kernels.limits import MAX_CANDIDATES
from max_whisper.kernels.ops import NO_TOKEN
from max_whisper.kernels.plain_random import uniform_numbers

NEVER = -1e30
"""A number that no logit reaches, where minus infinity would spread."""


def next_tokens(logits: TensorValue, rules: Sequence[TensorValue]) -> list[TensorValue]:
    """Logits `[B, G, V]` to tokens and log probabilities `[B · G, G + 1]`.

    What is beyond the best `MAX_CANDIDATES` is the last of them again.
    """
    batch, group, vocabulary = logits.shape
    allowed, temperatures, seeds = _ruled(
        logits.reshape([batch * group, vocabulary]), rules
    )
    scores = _heat(allowed, temperatures, seeds)
    _, best = ops.top_k(scores, MAX_CANDIDATES, axis=-1)
    last = ops.constant(MAX_CANDIDATES - 1, DType.int32, logits.device)
    found = ops.gather(best, ops.min(_range(group + 1, logits), last), axis=1)
    chosen = ops.gather_nd(allowed, ops.unsqueeze(found, 2), batch_dims=1)
    never = ops.broadcast_to(_scalar(float("-inf"), chosen), chosen.shape)
    logprobs = chosen - _log_sum_exp(allowed)
    logprobs = ops.where(chosen > _scalar(NEVER / 2, chosen), logprobs, never)
    return [ops.cast(found, DType.int32), logprobs]


def _ruled(
    logits: TensorValue, rules: Sequence[TensorValue]
) -> tuple[TensorValue, TensorValue, TensorValue]:
    """What may come of `[R, V]`; temperatures and seeds, which are no rules."""
    masks, bounds, timestamp_begin, temperatures, seeds, penalty, *lists = rules
    rows, vocabulary = logits.shape
    bounds = bounds.rebind([rows, 4])
    ids = ops.unsqueeze(_range(vocabulary, logits), 0)
    first_text, first_timestamp, end, is_first = (
        bounds[:, i : i + 1] for i in range(4)
    )
    is_timestamp = ids >= timestamp_begin
    masked = ops.where(is_first > 0, masks[1:2], masks[0:1]) > 0
    early = (ids < first_text) | (is_timestamp & (ids < first_timestamp))
    said, banned = (_listed(tokens, logits) for tokens in lists)
    raw = ops.cast(logits, DType.float32)
    raw = ops.where(said, ops.where(raw > 0, raw / penalty, raw * penalty), raw)
    allowed = _ban(raw, masked | early | (ids >= end) | banned)

    timestamps = _log_sum_exp(_ban(allowed, ~is_timestamp))
    text = ops.max(_ban(allowed, is_timestamp), axis=-1)
    allowed = _ban(allowed, (timestamps > text) & ~is_timestamp)
    return allowed, temperatures, seeds


def _ban(x: TensorValue, banned: TensorValue) -> TensorValue:
    """x with `NEVER` wherever `banned` is true."""
    banned = ops.broadcast_to(banned, x.shape)
    return ops.where(banned, ops.broadcast_to(_scalar(NEVER, x), x.shape), x)


def _listed(tokens: TensorValue, logits: TensorValue) -> TensorValue:
    """Lists `[R, n]` of tokens as a mask `[R, V]`; `NO_TOKEN` stands for none."""
    rows, shape = logits.shape[0], logits.shape
    tokens = tokens.rebind([rows, tokens.shape[1]])
    line = ops.unsqueeze(_range(rows, logits), 1)
    places = ops.stack([line + tokens * 0, ops.max(tokens, 0)], axis=2)
    none = ops.broadcast_to(ops.constant(0, DType.int32, logits.device), shape)
    marks = ops.cast(tokens > NO_TOKEN, DType.int32)
    return ops.scatter_nd_max(none, marks, places) > 0


def _log_sum_exp(x: TensorValue) -> TensorValue:
    """Over the last axis, which stays with a length of one."""
    best = ops.max(x, axis=-1)
    return best + ops.log(ops.sum(ops.exp(x - best), axis=-1))


def _heat(x: TensorValue, temperatures: TensorValue, seeds: TensorValue) -> TensorValue:
    """x where a row is at temperature 0, else x / temperature plus Gumbel noise."""
    rows, heats = (
        ops.unsqueeze(v.rebind([x.shape[0]]), 1) for v in (seeds, temperatures)
    )
    uniform = uniform_numbers(rows, ops.unsqueeze(_range(x.shape[1], x), 0))
    cool = ops.broadcast_to(heats <= 0, x.shape)
    warmth = ops.max(heats, _scalar(1e-6, x))
    return ops.where(cool, x, x / warmth - ops.log(-ops.log(uniform)))


def _range(size: Dim, like: TensorValue) -> TensorValue:
    """0, 1, 2, … as int32, `[size]`, where `like` is."""
    return ops.range(0, size, 1, out_dim=size, device=like.device, dtype=DType.int32)


def _scalar(value: float, like: TensorValue) -> TensorValue:
    return ops.constant(value, DType.float32, like.device)
