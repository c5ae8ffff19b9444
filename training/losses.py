"""How wrong the decoder and the encoder's head are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.targets import IGNORED

SHARES = {"said": 1.0, "looks": 1.0, "turns": 0.5, "frames": 1.0}
"""What each loss counts for."""
SMOOTHING = 0.05
NEARBY = (0.04, 0.12, 0.2, 0.28, 0.2, 0.12, 0.04)
"""A time that is 20 ms off is nearly right: how right, from -60 to 60 ms."""


def decoder_loss(logits: Tensor, labels: Tensor, timestamp_begin: int) -> Tensor:
    """Cross entropy over text and times, logits `[S, V]`, labels `[S]`."""
    logprobs = functional.log_softmax(logits.float(), dim=-1)
    is_time = labels >= timestamp_begin
    text = functional.nll_loss(logprobs[~is_time], labels[~is_time], reduction="sum")
    smooth = -logprobs[~is_time].mean(dim=-1).sum()
    times = near_times(logprobs[is_time], labels[is_time], timestamp_begin)
    total = (1 - SMOOTHING) * text + SMOOTHING * smooth + times
    return total / len(labels)


def near_times(logprobs: Tensor, times: Tensor, timestamp_begin: int) -> Tensor:
    """Cross entropy against a small hill around each time."""
    last = logprobs.shape[-1] - 1
    offsets = torch.arange(len(NEARBY)) - len(NEARBY) // 2
    around = (times[:, None] + offsets).clamp(timestamp_begin, last)
    weights = torch.tensor(NEARBY)
    return -(logprobs.gather(1, around) * weights).sum()


def frame_loss(logits: Tensor, frames: Tensor) -> Tensor:
    """What was said at each position where that is known: logits `[B, T, classes]`."""
    logits = logits.transpose(1, 2).float()
    return functional.cross_entropy(logits, frames, ignore_index=IGNORED)


def look_loss(looks: Tensor, spans: Tensor) -> Tensor:
    """How much of the attention `[layers, B, N, T]` is outside `spans [B, N, 2]`.

    From text alone the decoder takes long to learn where to listen.
    """
    places = torch.arange(looks.shape[-1])
    inside = (places >= spans[..., :1]) & (places < spans[..., 1:])
    mass = looks.masked_fill(~inside, -30.0).logsumexp(dim=-1)
    return -mass[:, spans[..., 1] > 0].mean()


def turn_loss(looks: Tensor, turns: Tensor) -> Tensor:
    """How little the label whose turn it is looks at a position, beside the others.

    `looks [layers, B, N, T]`, `turns [B, T]`. Times of words are found by comparing
    just that, in silence as well (see `max_whisper.timestamps.alignment`).
    """
    is_turn = turns[:, None] == torch.arange(looks.shape[2])[:, None]
    takes_turns = is_turn.any(dim=-1, keepdim=True)
    shares = looks.masked_fill(~takes_turns, -1e4).log_softmax(dim=2)
    own = shares[:, is_turn]
    return -own.sum() / max(1, own.numel())
