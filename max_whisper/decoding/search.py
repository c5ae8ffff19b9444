"""What a search is, and how the best of its hypotheses is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from max_whisper.engine.protocol import Candidates


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """Sampled tokens without the end token, and their summed log probability."""

    tokens: tuple[int, ...]
    sum_logprob: float

    @property
    def avg_logprob(self) -> float:
        """The mean for each token, the end token among them."""
        return self.sum_logprob / (len(self.tokens) + 1)


class Search(Protocol):
    """Goes from candidates to tokens, a step at a time, for the rows of one window."""

    @property
    def rows(self) -> Sequence[Sequence[int]]:
        """The tokens that each row has sampled."""

    @property
    def sources(self) -> Sequence[int] | None:
        """The row that each row goes on from; its own if None."""

    def update(self, candidates: Candidates) -> bool:
        """Choose every row's next token; true if the window is done."""

    def hypotheses(self) -> list[Hypothesis]:
        """What was found."""


def best(hypotheses: Sequence[Hypothesis], length_penalty: float | None) -> Hypothesis:
    """The likeliest for its length, the first of equals.

    As `MaximumLikelihoodRanker` in openai/whisper, which divides by zero where nothing
    was said; here that counts as one token.
    """

    def score(hypothesis: Hypothesis) -> float:
        length = len(hypothesis.tokens)
        if length_penalty is None:
            return hypothesis.sum_logprob / max(length, 1)
        penalty: float = ((5 + length) / 6) ** length_penalty
        return hypothesis.sum_logprob / penalty

    return max(hypotheses, key=score)
