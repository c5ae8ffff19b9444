"""What each window reads of what was said before."""

from __future__ import annotations

from collections.abc import Sequence

from max_whisper.config import WhisperConfig
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.tokenizer import Tokenizer


class PromptHistory:
    """The tokens said so far, the initial prompt first, and how many are forgotten.

    `budget` is the number of tokens that a prompt may hold.
    """

    def __init__(self, initial: Sequence[int], budget: int, *, carry: bool) -> None:
        self._initial = list(initial)
        self._tokens = list(initial)
        self._forgotten = 0
        self._budget = budget
        self._carry = carry

    @classmethod
    def begin(
        cls, tokenizer: Tokenizer, options: TranscribeOptions, config: WhisperConfig
    ) -> PromptHistory:
        """A history with nothing said but the initial prompt, if there is one."""
        initial: list[int] = []
        if options.initial_prompt is not None:
            initial = tokenizer.encode(" " + options.initial_prompt.strip())
        budget = config.max_target_positions // 2 - 1
        return cls(initial, budget, carry=options.carry_initial_prompt)

    def prompt(self) -> tuple[int, ...]:
        """What the next window reads: all that is not forgotten.

        The decoding cuts it to the budget from the left. A carried prompt comes first
        and takes its part of the budget.
        """
        if not self._carry:
            return tuple(self._tokens[self._forgotten :])
        recent = self._tokens[max(len(self._initial), self._forgotten) :]
        # As in openai/whisper: if the initial prompt takes it all, `[-0:]` keeps all.
        return (*self._initial, *recent[-(self._budget - len(self._initial)) :])

    def add(self, tokens: Sequence[int]) -> None:
        """Remember what a window said."""
        self._tokens += tokens

    def forget(self) -> None:
        """Let later windows read nothing of what was said up to here."""
        self._forgotten = len(self._tokens)
