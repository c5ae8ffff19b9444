"""What the decoder shall say of a scene: token by token, as Whisper was taught."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.tokenizer.tokenizer import Tokenizer
from training.scenes import Scene, Spoken

PROMPTED = 0.5
UNTIMED_PROMPT = 0.3
UNTIMED = 0.2
IGNORED = -100
MARGIN = 0.2
"""Seconds around a time in which it is heard."""
NOWHERE = (0, 0)
"""What is not said is not listened for."""
LATEST_FIRST = 1.0
"""Whisper's first timestamp is at most one second: a later one is said to be that."""
LATER = 0.15
"""Seconds into the window from which on a first segment begins later than with it."""
LONGEST_PROMPT = 223
"""As in use: all tokens of an earlier text that Whisper reads."""

POSITIONS_PER_SECOND = 50


class Said(NamedTuple):
    """A token, and from when to when the sound lies that it tells of, in seconds.

    `turn` is when what is heard comes to it, until that of another; None for times.
    """

    token: int
    start: float = 0.0
    end: float = 30.0
    turn: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """`tokens[i]` is read, `labels[i]` is to be said next, and `spans[i]` is where that
    is heard, in positions.

    `turns[t]` is the index of the label whose turn it is at position t: its sound, and
    the silence after it, so that times of words can be told.
    `start` is the position in Whisper's window at which the scene begins.
    The encoder's head is taught by `frames`, the token that is heard at each position.
    """

    tokens: Sequence[int]
    labels: Sequence[int]
    spans: Sequence[tuple[int, int]]
    turns: Sequence[int]
    frames: Sequence[int]
    start: int


def target(
    random: np.random.Generator,
    tokenizer: Tokenizer,
    scene: Scene,
    previous: Sequence[str],
) -> Target:
    """A scene's tokens; `previous` are texts that may stand before it as a prompt."""
    prompt = prompt_tokens(random, tokenizer, previous)
    frames = heard_tokens(tokenizer, scene)
    start = round(scene.offset * POSITIONS_PER_SECOND)
    ignored = [IGNORED] * len(prompt)
    if not scene.segments and scene.cut is None:
        tokens = [*prompt, tokenizer.sot, tokenizer.timestamp_begin]
        labels = [*ignored, tokenizer.no_speech, tokenizer.eot]
        spans = [NOWHERE] * len(prompt) + [positions(0, 30)] * 2
        return Target(tokens, labels, spans, [IGNORED] * len(frames), frames, start)
    timed = random.random() >= UNTIMED or scene.cut is not None
    said = (
        timed_tokens(tokenizer, scene, start)
        if timed
        else untimed_tokens(tokenizer, scene)
    )
    said.append(Said(tokenizer.eot, turn=None if timed else scene.words[-1].end))
    return Target(
        tokens=[*prompt, tokenizer.sot, *(s.token for s in said[:-1])],
        labels=[*ignored, *(s.token for s in said)],
        spans=[NOWHERE] * len(prompt) + [positions(s.start, s.end) for s in said],
        turns=turns(scene, said, len(prompt), len(frames)),
        frames=frames,
        start=start,
    )


def prompt_tokens(
    random: np.random.Generator, tokenizer: Tokenizer, previous: Sequence[str]
) -> list[int]:
    """Now and then an earlier text, which says nothing of this window.

    A window before this one leaves its times in the prompt, a user's prompt has none.
    """
    if random.random() >= PROMPTED:
        return []
    count = 1 + int(len(previous) * random.random() ** 2)
    texts = [tokenizer.encode(f" {text}") for text in previous[:count]]
    if random.random() < UNTIMED_PROMPT:
        said = [token for text in texts for token in text]
        return [tokenizer.sot_prev, *said[-LONGEST_PROMPT:]]
    prompt: list[int] = []
    steps = np.sort(random.integers(1501, size=2 * count))
    for text, start, end in zip(texts, steps[::2], steps[1::2], strict=True):
        begin = tokenizer.timestamp_begin
        prompt += [begin + int(start), *text, begin + int(end)]
    return [tokenizer.sot_prev, *prompt[-LONGEST_PROMPT:]]


def timed_tokens(tokenizer: Tokenizer, scene: Scene, start: int) -> list[Said]:
    """`<|start|> text <|end|>` of every segment, and the start of one that is cut."""
    said: list[Said] = []
    for segment in scene.segments:
        limited = not said and start == 0
        begin = min(segment.start, LATEST_FIRST) if limited else segment.start
        said.append(timestamp(tokenizer, begin, start))
        said += text(tokenizer, scene, segment)
        said.append(timestamp(tokenizer, segment.end, start))
    if scene.cut is not None:
        said.append(timestamp(tokenizer, scene.cut, start))
    elif is_only_and_later(tokenizer, scene, said):
        said.append(said[-1])
    return said


def is_only_and_later(tokenizer: Tokenizer, scene: Scene, said: Sequence[Said]) -> bool:
    """Whether a single segment begins after a pause.

    Of such a window Whisper's rules keep the start only if its end is said twice, as
    where more comes: `<|0.80|> one two <|2.40|><|2.40|>`. It is heard on from there.
    """
    first = (said[0].token - tokenizer.timestamp_begin) / POSITIONS_PER_SECOND
    return len(scene.segments) == 1 and first > LATER


def untimed_tokens(tokenizer: Tokenizer, scene: Scene) -> list[Said]:
    """The text alone."""
    words = [s for segment in scene.segments for s in text(tokenizer, scene, segment)]
    return [Said(tokenizer.no_timestamps), *words]


def text(tokenizer: Tokenizer, scene: Scene, segment: Spoken) -> list[Said]:
    """A segment's tokens, each in its word."""
    words = [w for w in scene.words if segment.start <= w.start < segment.end]
    return [
        Said(piece.token, word.start, word.end, piece.start)
        for word in words
        for piece in pieces(tokenizer, word)
    ]


def turns(scene: Scene, said: Sequence[Said], before: int, count: int) -> list[int]:
    """Of `count` positions, those before the first word and after the last are nobody's
    unless the end of the text takes a turn; `before` labels are a prompt's.
    """
    found = np.full(count, IGNORED)
    for row, one in enumerate(said, before):
        if one.turn is not None:
            found[positions(one.turn, 30)[0] :] = row
    if scene.words and said[-1].turn is None:
        found[positions(0, scene.words[-1].end)[1] :] = IGNORED
    return [int(row) for row in found]


def heard_tokens(tokenizer: Tokenizer, scene: Scene) -> list[int]:
    """At each position the token in whose middle it is, end of text in silence.

    What may be either is ignored.
    """
    count = len(scene.samples) * POSITIONS_PER_SECOND // SAMPLE_RATE
    heard = np.full(count, tokenizer.eot)
    for word in scene.words:
        heard[slice(*positions(word.start, word.end))] = IGNORED
    for word in scene.words:
        for token, start, end, _ in pieces(tokenizer, word):
            length = end - start
            inner = positions(start + 0.3 * length, end - 0.2 * length)
            if length:
                heard[slice(*inner)] = token
    if scene.cut is not None:
        heard[positions(scene.cut, scene.cut)[0] :] = IGNORED
    return [int(token) for token in heard]


def pieces(tokenizer: Tokenizer, word: Spoken) -> Iterator[Said]:
    """The tokens of a word one after another, each as long as it has letters."""
    tokens = tokenizer.encode(f" {word.text}")
    letters = [len(re.findall(r"\w", tokenizer.decode([token]))) for token in tokens]
    ends = np.cumsum(letters) / max(1, sum(letters))
    begin, length = word.start, word.end - word.start
    for token, end in zip(tokens, ends, strict=True):
        finish = word.start + float(end) * length
        yield Said(token, begin, finish)
        begin = finish


def positions(start: float, end: float) -> tuple[int, int]:
    """From the position in which `start` lies to the first after `end`."""
    return int(start * POSITIONS_PER_SECOND), int(end * POSITIONS_PER_SECOND) + 1


def timestamp(tokenizer: Tokenizer, seconds: float, start: int) -> Said:
    """The token of a time, at most the window's end, which is heard around it."""
    step = min(1500, start + round(seconds * POSITIONS_PER_SECOND))
    token = tokenizer.timestamp_begin + step
    return Said(token, max(0.0, seconds - MARGIN), seconds + MARGIN)
