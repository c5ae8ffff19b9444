"""What a row's own text makes less likely, or forbids.

Penalty and n-grams are those of CTranslate2, of text tokens only: times come in pairs
by rule, and count neither as said nor as part of an n-gram. What stands in the prompt
has not been said, nor has the prefix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from max_whisper.decoding.forbidden import ForbiddenTexts
from max_whisper.decoding.options import DecodingOptions
from max_whisper.engine.protocol import Bounds
from max_whisper.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class TextRules:
    """Tokens below `eot` are text. Whatever is off costs nothing."""

    eot: int
    penalises: bool
    ngram_size: int
    forbidden: ForbiddenTexts

    @classmethod
    def plan(cls, tokenizer: Tokenizer, options: DecodingOptions) -> TextRules:
        """The rules that `options` ask for, in the tokens of a model."""
        return cls(
            eot=tokenizer.eot,
            penalises=options.repetition_penalty != 1,
            ngram_size=options.no_repeat_ngram_size,
            forbidden=ForbiddenTexts.of(tokenizer, options.suppressed_texts()),
        )

    def add_to(self, bounds: Bounds, sampled: Sequence[int]) -> Bounds:
        """`bounds`, and what follows from the text that a row has sampled."""
        if not (self.penalises or self.ngram_size or self.forbidden.last_tokens):
            return bounds
        text = [token for token in sampled if token < self.eot]
        banned = self.forbidden.banned(text) | repeating(text, self.ngram_size)
        return replace(
            bounds,
            said=tuple(sorted({*text})) if self.penalises else (),
            banned=tuple(sorted(banned)),
        )


def repeating(text: Sequence[int], size: int) -> set[int]:
    """The tokens that would complete an n-gram of `size` tokens that `text` has.

    >>> repeating([1, 2, 3, 1, 2], 3), repeating([1, 2, 1], 1), repeating([1, 2], 0)
    ({3}, {1, 2}, set())
    """
    if not 0 < size <= len(text):
        return set()
    last = [*text[len(text) - size + 1 :]]
    starts = range(len(text) - size + 1)
    return {text[i + size - 1] for i in starts if [*text[i : i + size - 1]] == last}
