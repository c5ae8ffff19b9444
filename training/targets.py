"""What the decoder shall say of a scene: token by token, as Whisper was taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.tokenizer.tokenizer import Tokenizer
from training.scenes import Scene, Spoken

PROMPTED = 0.25
UNTIMED = 0.15
IGNORED = -100
POSITIONS_PER_SECOND = 50


@dataclass(frozen=True, slots=True)
class Target:
    """`tokens[i]` is read, `labels[i]` is to be said next.

    The encoder's head is taught by `frames`, the token that is heard at each position,
    and where that is not known by `words`, all tokens of text for CTC (else None).
    """

    tokens: Sequence[int]
    labels: Sequence[int]
    words: Sequence[int] | None
    frames: Sequence[int]


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
        return Target(tokens, labels, None, heard_tokens(tokenizer, scene))
    timed = random.random() >= UNTIMED or scene.cut is not None
    said = timed_tokens(tokenizer, scene) if timed else untimed_tokens(tokenizer, scene)
    tokens = [*prompt, tokenizer.sot, *said]
    labels = [IGNORED] * len(prompt) + [*said, tokenizer.eot]
    whole = scene.blurred and scene.cut is None
    words = text_tokens(tokenizer, scene) if whole else None
    return Target(tokens, labels, words, heard_tokens(tokenizer, scene))


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
    return [tokenizer.no_timestamps, *text_tokens(tokenizer, scene)]


def text_tokens(tokenizer: Tokenizer, scene: Scene) -> list[int]:
    return [t for s in scene.segments for t in tokenizer.encode(f" {s.text}")]


def heard_tokens(tokenizer: Tokenizer, scene: Scene) -> list[int]:
    """At each position a word's token in the middle of it, end of text in silence.

    What may be either, or is not known, is ignored.
    """
    count = len(scene.samples) * POSITIONS_PER_SECOND // SAMPLE_RATE
    heard = np.full(count, tokenizer.eot)
    for span in (*scene.blurred, *scene.words):
        heard[slice(*positions(span.start, span.end))] = IGNORED
    for word in scene.words:
        [token] = tokenizer.encode(f" {word.text}")
        length = word.end - word.start
        inner = positions(word.start + 0.3 * length, word.end - 0.2 * length)
        heard[slice(*inner)] = token
    if scene.cut is not None:
        heard[positions(scene.cut, scene.cut)[0] :] = IGNORED
    return [int(token) for token in heard]


def positions(start: float, end: float) -> tuple[int, int]:
    """From the position in which `start` lies to the first after `end`."""
    return int(start * POSITIONS_PER_SECOND), int(end * POSITIONS_PER_SECOND) + 1


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
