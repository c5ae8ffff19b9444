"""What the decoder shall say of a scene: token by token, as Whisper was taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from max_whisper.tokenizer.tokenizer import Tokenizer
from training.scenes import Scene, Spoken

PROMPTED = 0.25
UNTIMED = 0.15
IGNORED = -100
POSITIONS_PER_SECOND = 50


@dataclass(frozen=True, slots=True)
class Target:
    """`tokens[i]` is read, `labels[i]` is to be said next; `words` is text for CTC."""

    tokens: Sequence[int]
    labels: Sequence[int]
    words: Sequence[int]


def target(
    random: np.random.Generator,
    tokenizer: Tokenizer,
    scene: Scene,
    previous: Sequence[str],
) -> Target:
    """A scene's tokens; `previous` are texts that may stand before it as a prompt."""

    prompt = prompt_tokens(random, tokenizer, previous)
    if not scene.segments and scene.cut is None:
        zero = tokenizer.timestamp_begin
        tokens = [*prompt, tokenizer.sot, zero]
        labels = [IGNORED] * len(prompt) + [tokenizer.no_speech, tokenizer.eot]
        return Target(tokens, labels, [])
    timed = random.random() >= UNTIMED or scene.cut is not None
    said = timed_tokens(tokenizer, scene) if timed else untimed_tokens(tokenizer, scene)
    tokens = [*prompt, tokenizer.sot, *said]
    labels = [IGNORED] * len(prompt) + [*said, tokenizer.eot]
    words = [t for s in scene.segments for t in tokenizer.encode(f" {s.text}")]
    return Target(tokens, labels, words)


def prompt_tokens(
    random: np.random.Generator, tokenizer: Tokenizer, previous: Sequence[str]
) -> list[int]:
    """Now and then an earlier text, which says nothing of this window."""
    if random.random() >= PROMPTED:
        return []
    count = int(random.integers(1, len(previous) + 1))
    text = [t for p in previous[:count] for t in tokenizer.encode(f" {p}")]
    return [tokenizer.sot_prev, *text]


def timed_tokens(tokenizer: Tokenizer, scene: Scene) -> list[int]:
    """`<|start|> text <|end|>` of every segment, and the start of one that is cut."""
    tokens = [t for segment in scene.segments for t in one(tokenizer, segment)]
    if scene.cut is not None:
        tokens.append(timestamp(tokenizer, scene.cut))
    return tokens


def untimed_tokens(tokenizer: Tokenizer, scene: Scene) -> list[int]:
    """The text alone."""
    text = [t for s in scene.segments for t in tokenizer.encode(f" {s.text}")]
    return [tokenizer.no_timestamps, *text]


def one(tokenizer: Tokenizer, segment: Spoken) -> list[int]:
    return [
        timestamp(tokenizer, segment.start),
        *tokenizer.encode(f" {segment.text}"),
        timestamp(tokenizer, segment.end),
    ]


def timestamp(tokenizer: Tokenizer, seconds: float) -> int:
    """The token of a time, at most the window's end."""
    step = min(1500, round(seconds * POSITIONS_PER_SECOND))
    return tokenizer.timestamp_begin + step
