"""What each window reads of what was said before.

    hotwords … initial prompt … what was said …

As in openai/whisper, with the hotwords of faster-whisper. There they come on top of a
whole budget of other tokens; here both share one, and hotwords come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from max_whisper.config import WhisperConfig
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.tokenizer import Tokenizer


class PromptHistory:
    """The tokens said so far, the initial prompt first, and how many are forgotten.

    `budget` is the number of tokens that a prompt may hold; `hotwords` begin every
    prompt and are never forgotten.
    """

    def __init__(
        self,
        initial: Sequence[int],
        budget: int,
        *,
        carry: bool,
        hotwords: Sequence[int] = (),
    ) -> None:
        self._initial = list(initial)
        self._tokens = list(initial)
        self._forgotten = 0
        self._budget = budget
        self._carry = carry
        self._hotwords = hotwords[:budget]

    @classmethod
    def begin(
        cls, tokenizer: Tokenizer, options: TranscribeOptions, config: WhisperConfig
    ) -> PromptHistory:
        """A history with nothing said but the initial prompt, if there is one."""
        initial: list[int] = []
        if options.initial_prompt is not None:
            initial = tokenizer.encode(" " + options.initial_prompt.strip())
        return cls(
            initial,
            budget=config.max_target_positions // 2 - 1,
            carry=options.carry_initial_prompt,
            hotwords=_hotwords(tokenizer, options),
        )

    def prompt(self) -> tuple[int, ...]:
        """What the next window reads: hotwords, and all that is not forgotten.

        The decoding cuts it to the budget from the left. A carried prompt comes first
        and takes its part of the budget. Hotwords stay, so here the rest is cut.
        """
        if self._hotwords:
            return (*self._hotwords, *self._beside(len(self._hotwords)))
        if not self._carry:
            return tuple(self._tokens[self._forgotten :])
        # As in openai/whisper: if the initial prompt takes it all, `[-0:]` keeps all.
        room = self._budget - len(self._initial)
        return (*self._initial, *self._recent()[-room:])

    def add(self, tokens: Sequence[int]) -> None:
        """Remember what a window said."""
        self._tokens += tokens

    def forget(self) -> None:
        """Let later windows read nothing of what was said up to here."""
        self._forgotten = len(self._tokens)

    def anew(self) -> PromptHistory:
        """The same, with all that was said up to here forgotten."""
        other = copy(self)
        other.forget()
        return other

    def _beside(self, hotwords: int) -> list[int]:
        """What still fits beside so many hotwords, a carried prompt before the rest."""
        room = self._budget - hotwords
        if not self._carry:
            return _last(self._tokens[self._forgotten :], room)
        initial = _last(self._initial, room)
        return [*initial, *_last(self._recent(), room - len(initial))]

    def _recent(self) -> list[int]:
        """What was said and is not forgotten, without the initial prompt."""
        return self._tokens[max(len(self._initial), self._forgotten) :]


def _hotwords(tokenizer: Tokenizer, options: TranscribeOptions) -> list[int]:
    words = (options.hotwords or "").strip()
    if not words or options.decoding.prefix:
        return []
    return tokenizer.encode(f" {words}")


def _last(tokens: list[int], count: int) -> list[int]:
    """The last `count` tokens, none if it is 0."""
    return tokens[max(len(tokens) - count, 0) :]
