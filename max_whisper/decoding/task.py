"""All that is settled before the first token: prompt, rules and number of steps."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral

from max_whisper.config import WhisperConfig
from max_whisper.decoding.language import resolve_language
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.prompt import initial_tokens, sample_length
from max_whisper.decoding.rules import TimestampRules, timestamp_rules, token_rules
from max_whisper.decoding.text_rules import TextRules
from max_whisper.engine.protocol import Bounds, Probe, TokenRules
from max_whisper.errors import OptionError
from max_whisper.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class DecodingTask:
    """One decoding, ready to run on any windows.

    `steps` is the number of tokens to sample at most. `silence` asks for the log
    probability of silence, which the model gives right after the start token.
    """

    options: DecodingOptions
    prompt: tuple[int, ...]
    rules: TokenRules
    timestamps: TimestampRules
    texts: TextRules
    silence: Probe
    steps: int

    @classmethod
    def plan(
        cls, tokenizer: Tokenizer, options: DecodingOptions, config: WhisperConfig
    ) -> DecodingTask:
        """Check `options` and work out what follows from them.

        Raises `OptionError` for options that exclude each other or that the model
        cannot honour, and if a multilingual model is not told the language.
        """
        options.verify_together()
        _verify_ids(options, config.vocab_size)
        options = replace(options, language=_known_language(tokenizer, options))
        context = config.max_target_positions
        prompt = initial_tokens(tokenizer, options, context)
        texts = TextRules.plan(tokenizer, options)
        # The text may grow to one token more than the decoder can read.
        room = context + 1 - len(prompt)
        return cls(
            options=options,
            prompt=prompt,
            rules=token_rules(tokenizer, options, config, texts.forbidden.outright),
            timestamps=timestamp_rules(tokenizer, options, config),
            texts=texts,
            silence=Probe((tokenizer.no_speech,), (prompt.index(tokenizer.sot),)),
            steps=min(sample_length(options, context), room),
        )

    def bounds(self, sampled: Sequence[int]) -> Bounds:
        """What may follow the tokens that a row has sampled."""
        return self.texts.add_to(self.timestamps.bounds(sampled), sampled)

    @property
    def is_sampled(self) -> bool:
        """Whether tokens are drawn; if not, the best are taken."""
        return self.options.temperature > 0 and self.options.beam_size is None

    def seeds(self, step: int) -> list[int]:
        """What draws the tokens of a step, for each row of the window.

        They differ from step to step and from row to row, but neither from call to call
        nor with what else is decoded beside the window.
        """
        key = f"{self.options.seed} {self.options.temperature} {step}"
        rows = range(self.options.group)
        return [zlib.crc32(f"{key} {row}".encode()) for row in rows]


def _verify_ids(options: DecodingOptions, vocab_size: int) -> None:
    """Raise `OptionError` unless all ids in prompt and prefix are the model's."""
    for name in ("prompt", "prefix"):
        words = getattr(options, name) or ()
        for token in () if isinstance(words, str) else words:
            if not (isinstance(token, int | Integral) and 0 <= int(token) < vocab_size):
                raise OptionError(
                    f"expected token ids below {vocab_size}, the size of the "
                    f"vocabulary, in {name}, found {token!r}; are these the ids of "
                    "another model?"
                )


def _known_language(tokenizer: Tokenizer, options: DecodingOptions) -> str:
    language = resolve_language(tokenizer, options)
    if language is None:
        raise OptionError(
            "expected a language for a multilingual model, found none; give language "
            "or detect it first"
        )
    return language
