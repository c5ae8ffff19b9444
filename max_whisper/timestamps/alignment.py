"""When each word of a window was said, as `find_alignment` in openai/whisper.

The engine hears the window once more with its text; the path through what the alignment
heads saw says when the attention went on from token to token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from max_whisper.audio.constants import FRAMES_PER_SECOND
from max_whisper.engine.protocol import EncodedWindow, Engine
from max_whisper.timestamps.dtw import dtw
from max_whisper.timestamps.window import FRAMES_PER_POSITION
from max_whisper.tokenizer import Tokenizer
from max_whisper.tokenizer.words import split_to_words

POSITIONS_PER_SECOND = FRAMES_PER_SECOND // FRAMES_PER_POSITION


@dataclass(frozen=True, slots=True)
class WordTiming:
    """A word, its tokens, when it was said (seconds of the window) and how surely."""

    word: str
    tokens: tuple[int, ...]
    start: float
    end: float
    probability: float

    @property
    def duration(self) -> float:
        """How long it takes, in seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Heard:
    """A window, and how many mel frames of it are sound."""

    window: EncodedWindow
    frames: int


@dataclass(frozen=True, slots=True)
class Said:
    """What was said in it: tokens of text in a language, which followed the start."""

    text: Sequence[int]
    language: str | None
    sot_sequence: Sequence[int]


def find_alignment(
    engine: Engine, tokenizer: Tokenizer, heard: Heard, said: Said
) -> list[WordTiming]:
    """The words that were said, in order; times go up in steps of 20 ms.

    A text that is too long for the decoder to read is cut, and what is cut off has no
    words. In a window shorter than two positions all words are said at 0.
    """
    if not said.text:
        return []
    room = engine.config.max_target_positions - len(said.sot_sequence) - 2
    tokens = [*said.text[:room], tokenizer.eot]
    words, pieces = split_to_words(tokenizer, tokens, said.language)
    if len(pieces) <= 1:
        return []
    found = engine.align(
        heard.window,
        [*said.sot_sequence, tokenizer.no_timestamps, *tokens],
        positions=max(1, heard.frames // FRAMES_PER_POSITION),
        text_end=tokenizer.eot,
    )
    first = len(said.sot_sequence)
    probabilities = np.exp(found.logprobs[first + 1 : -1])
    rows, positions = dtw(-found.looks[first:-1])
    begins = positions[np.flatnonzero(np.diff(rows, prepend=-1))]
    bounds = np.cumsum([0, *map(len, pieces[:-1])])
    return [
        WordTiming(
            word=word,
            tokens=tuple(piece),
            start=int(begins[begin]) / POSITIONS_PER_SECOND,
            end=int(begins[end]) / POSITIONS_PER_SECOND,
            probability=float(np.mean(probabilities[begin:end])),
        )
        for word, piece, begin, end in zip(
            words, pieces, bounds[:-1], bounds[1:], strict=False
        )
    ]
