"""What may be said next: OpenAI's logit filters as data for the engine.

`SuppressBlank` and `SuppressTokens` do not depend on what was said: they are masks, the
same for a whole decoding. `ApplyTimestampRules` does: it becomes four numbers for each
row and step. See `whisper/decoding.py` in openai/whisper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from max_whisper.audio.constants import FRAMES_PER_SECOND
from max_whisper.config import WhisperConfig
from max_whisper.decoding.options import DecodingOptions
from max_whisper.engine.protocol import Bounds, TokenRules
from max_whisper.errors import OptionError
from max_whisper.tokenizer import Tokenizer
from max_whisper.tokenizer.special_tokens import TIMESTAMPS


@dataclass(frozen=True, slots=True)
class TimestampRules:
    """What the rules of timestamps allow a row, given what it has sampled.

    Timestamps are the ids from `begin` up to `end`, the size of the vocabulary; none if
    both are equal. The first one is below `initial_end`.
    """

    eot: int
    begin: int
    end: int
    initial_end: int

    def bounds(self, sampled: Sequence[int]) -> Bounds:
        """What may follow the tokens that a row has sampled.

        The first token is a timestamp. Two in a row are followed by text; after text
        and a timestamp comes another one, or the end. Times never decrease, and text
        takes some time.
        """
        first = not sampled
        if self.begin == self.end:
            return Bounds(0, self.end, self.end, first)
        if first:
            return Bounds(self.begin, self.begin, self.initial_end, first)
        if sampled[-1] < self.begin:
            return Bounds(0, self._latest(sampled) + 1, self.end, first)
        if len(sampled) < 2 or sampled[-2] >= self.begin:
            return Bounds(0, self.end, self.end, first)
        return Bounds(self.eot, sampled[-1], self.end, first)

    def _latest(self, sampled: Sequence[int]) -> int:
        """The last timestamp, or the id before all of them."""
        before = self.begin - 1
        return next((t for t in reversed(sampled) if t > before), before)


def token_rules(
    tokenizer: Tokenizer,
    options: DecodingOptions,
    config: WhisperConfig,
    forbidden: Iterable[int] = (),
) -> TokenRules:
    """The masks of one decoding: `[vocab_size]`, true for what may not come.

    `forbidden` are tokens that may not come either.
    """
    suppressed = np.zeros(config.vocab_size, np.bool_)
    suppressed[_suppressed_ids(tokenizer, options, config.vocab_size)] = True
    suppressed[[*forbidden]] = True
    # A vocabulary may be filled up: what comes after the times is nothing.
    suppressed[tokenizer.timestamp_begin + len(TIMESTAMPS) :] = True
    suppressed_first = np.zeros(config.vocab_size, np.bool_)
    if options.suppress_blank:
        suppressed_first[[*tokenizer.encode(" "), tokenizer.eot]] = True
    begin = timestamp_rules(tokenizer, options, config).begin
    penalty = options.repetition_penalty
    return TokenRules(suppressed, suppressed_first, begin, penalty)


def timestamp_rules(
    tokenizer: Tokenizer, options: DecodingOptions, config: WhisperConfig
) -> TimestampRules:
    """The rules of timestamps of one decoding, without any if it has none."""
    end = config.vocab_size
    if options.without_timestamps:
        return TimestampRules(tokenizer.eot, end, end, end)
    begin = tokenizer.timestamp_begin
    if not options.max_initial_timestamp:
        return TimestampRules(tokenizer.eot, begin, end, end)
    window_seconds = config.num_frames / FRAMES_PER_SECOND
    precision = window_seconds / config.max_source_positions  # 0.02 s
    latest = begin + round(options.max_initial_timestamp / precision)
    return TimestampRules(tokenizer.eot, begin, end, min(latest + 1, end))


def _suppressed_ids(
    tokenizer: Tokenizer, options: DecodingOptions, vocab_size: int
) -> list[int]:
    """The ids that may never come; no option at all frees the special tokens too."""
    given = options.suppressed_ids()
    ids = list(given)
    if -1 in ids:
        ids = [token for token in ids if token >= 0] + [*tokenizer.non_speech_tokens]
    if given:
        ids += [tokenizer.transcribe, tokenizer.translate, tokenizer.sot]
        ids += [tokenizer.sot_prev, tokenizer.sot_lm, tokenizer.no_speech]
    if not options.without_timestamps:
        ids.append(tokenizer.no_timestamps)
    if max(ids, default=0) >= vocab_size:
        raise OptionError(
            f"expected suppress_tokens below {vocab_size}, the size of the vocabulary, "
            f"found {max(ids)}; are these the ids of another model?"
        )
    return ids
