"""How one window is decoded: the fields of OpenAI's `DecodingOptions`, checked.

Differences from openai/whisper: no `fp16` (the engine knows its precision), a `seed`
for sampling, and numbers out of range are refused at once. `max_new_tokens`,
`repetition_penalty` and `no_repeat_ngram_size` are those of faster-whisper, and
`suppress_text` is our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from operator import index
from typing import Any

from max_whisper.errors import OptionError
from max_whisper.kernels.limits import MAX_CANDIDATES
from max_whisper.option import (
    check_flag,
    check_positive,
    check_range,
    check_text,
    check_whole,
    check_words,
    option,
    refused,
)

MAX_BEAM_SIZE = MAX_CANDIDATES - 1
TASKS = ("transcribe", "translate")


OPTIONAL: tuple[tuple[Any, ...], ...] = (
    ("sample_len", check_whole, 1),
    ("max_new_tokens", check_whole, 1),
    ("best_of", check_whole, 1),
    ("beam_size", check_whole, 1, MAX_BEAM_SIZE),
    ("patience", check_range, 0),
    ("length_penalty", check_range, 0, 1),
    ("max_initial_timestamp", check_range, 0),
    ("language", check_text),
    ("prompt", check_words),
    ("prefix", check_words),
)
"""Fields that may be None, and what they are checked by if they are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingOptions:
    """The choices for one window of sound.

    Raises `OptionError` for a value out of range. Whether the fields fit together is
    asked by `verify_together`, since a transcription holds beam size and best-of side
    by side and takes what each temperature needs with `at`.
    """

    task: str = option(
        "transcribe", "transcribe in the language spoken, or translate to English"
    )
    language: str | None = option(
        None, "language of the sound, by code or name; detected if not given"
    )
    temperature: float = option(0.0, "temperature of sampling; 0 takes the best token")
    sample_len: int | None = option(
        None, "tokens to decode in a window, at most; half the context if not given"
    )
    max_new_tokens: int | None = option(
        None, "sample_len as in faster-whisper: it does not shorten the prefix"
    )
    best_of: int | None = option(
        None, "candidates to sample, if the temperature is not 0"
    )
    beam_size: int | None = option(
        None, f"beams of the search, 1 to {MAX_BEAM_SIZE}, if the temperature is 0"
    )
    patience: float | None = option(
        None, "finished beams to wait for, as a multiple of the beam size"
    )
    length_penalty: float | None = option(
        None, "alpha of the length penalty, 0 to 1; the plain length if not given"
    )
    prompt: str | Sequence[int] | None = option(
        None, "text or tokens that came before the window"
    )
    prefix: str | Sequence[int] | None = option(
        None, "text or tokens that the window's own text begins with"
    )
    suppress_tokens: str | Sequence[int] | None = option(
        "-1", "token ids never to say, by commas; -1 is all that nobody speaks"
    )
    suppress_text: str | Sequence[str] | None = option(
        None,
        "a text never to say, with and without a capital and a space before it; may be "
        "given several times",
        repeats=True,
    )
    repetition_penalty: float = option(
        1.0, "how much less likely is a text token that the window has said; 1 is off"
    )
    no_repeat_ngram_size: int = option(
        0, "never say so many text tokens in a row twice in a window; 0 is off"
    )
    suppress_blank: bool = option(True, "never begin with a blank or with the end")
    without_timestamps: bool = option(False, "decode text only, without times")
    max_initial_timestamp: float | None = option(
        1.0, "latest time of the first timestamp, in seconds; 0 is any"
    )
    seed: int = option(0, "seed of sampling: equal calls give equal text")

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise refused("task", "transcribe or translate", self.task)
        check_range("temperature", self.temperature, 0)
        check_whole("seed", self.seed, 0)
        check_positive("repetition_penalty", self.repetition_penalty)
        check_whole("no_repeat_ngram_size", self.no_repeat_ngram_size, 0)
        check_flag("suppress_blank", self.suppress_blank)
        check_flag("without_timestamps", self.without_timestamps)
        for name, check, *limits in OPTIONAL:
            if getattr(self, name) is not None:
                check(name, getattr(self, name), *limits)
        self._check_lengths()
        self._check_patience()
        self.suppressed_ids()
        self.suppressed_texts()

    def _check_lengths(self) -> None:
        if self.sample_len is not None and self.max_new_tokens is not None:
            raise OptionError(
                f"expected sample_len or max_new_tokens, found sample_len="
                f"{self.sample_len} and max_new_tokens={self.max_new_tokens}; leave "
                "one out"
            )

    def _check_patience(self) -> None:
        if self.patience is not None and self.beam_size is None:
            raise OptionError(
                f"expected beam_size with patience, found patience={self.patience} "
                "alone; give beam_size too"
            )
        if self.beam_size is not None and self.max_finished < 1:
            raise OptionError(
                "expected a patience that waits for one beam at least, "
                f"found {self.patience} times beam_size={self.beam_size}; raise either"
            )

    @property
    def group(self) -> int:
        """Rows that are decoded side by side for one window."""
        return self.beam_size or self.best_of or 1

    @property
    def max_finished(self) -> int:
        """Finished beams at which a search ends."""
        return round((self.beam_size or 1) * (self.patience or 1.0))

    def suppressed_ids(self) -> tuple[int, ...]:
        """`suppress_tokens` as numbers; -1 stands for all that nobody speaks."""
        given = self.suppress_tokens
        try:
            if isinstance(given, str):
                ids = tuple(map(int, given.split(","))) if given else ()
            else:
                ids = () if given is None else tuple(map(index, given))
        except (TypeError, ValueError):
            ids = (-2,)
        if any(token < -1 for token in ids):
            raise refused("suppress_tokens", "token ids or -1, by commas", given)
        return ids

    def suppressed_texts(self) -> tuple[str, ...]:
        """`suppress_text` as texts: one text is a list of one."""
        given = self.suppress_text
        texts = () if given is None else given
        texts = (texts,) if isinstance(texts, str) else texts
        if isinstance(texts, Sequence) and not isinstance(texts, bytes):
            texts = tuple(texts)
            if all(isinstance(text, str) and text.strip() for text in texts):
                return texts
        raise refused("suppress_text", "a text or several, none of them empty", given)

    def at(self, temperature: float) -> DecodingOptions:
        """These options for one attempt: beams at 0, best-of above it."""
        if temperature > 0:
            return replace(self, temperature=temperature, beam_size=None, patience=None)
        return replace(self, temperature=temperature, best_of=None)

    def verify_together(self) -> None:
        """Raise `OptionError` for fields that exclude each other."""
        if self.beam_size is not None and self.best_of is not None:
            raise OptionError(
                f"expected beam_size or best_of, found beam_size={self.beam_size} and "
                f"best_of={self.best_of}; leave one out"
            )
        if self.temperature == 0 and self.best_of is not None:
            raise OptionError(
                "expected a temperature above 0 for best_of, found temperature=0 and "
                f"best_of={self.best_of}; raise the temperature or leave best_of out"
            )


THRESHOLDS = (
    "compression_ratio_threshold",
    "logprob_threshold",
    "no_speech_threshold",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackOptions:
    """When a text will do, and what to try if it will not.

    A threshold of None is not asked. Raises `OptionError` for values out of range.
    """

    temperature: tuple[float, ...] = option(
        (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
        "temperatures to try in turn until a text passes the thresholds",
    )
    compression_ratio_threshold: float | None = option(
        2.4, "a text that compresses better than this repeats itself: try again"
    )
    logprob_threshold: float | None = option(
        -1.0, "a text with a lower average log probability is unsure: try again"
    )
    no_speech_threshold: float | None = option(
        0.6, "an unsure window with a higher probability of no speech is silence"
    )

    def __post_init__(self) -> None:
        if not self.temperature:
            raise refused("temperature", "one temperature at least", self.temperature)
        for temperature in self.temperature:
            check_range("temperature", temperature, 0)
        for name in THRESHOLDS:
            if not isinstance(getattr(self, name), Real | None):
                raise refused(name, "a number or None", getattr(self, name))
