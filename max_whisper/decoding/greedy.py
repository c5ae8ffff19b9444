"""The best token at each step, or a sample: `GreedyDecoder` of openai/whisper."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import numpy as np

from max_whisper.decoding.search import Hypothesis
from max_whisper.engine.protocol import Candidates


class GreedySearch:
    """Takes the first candidate of each of `group` rows: the best, or the sample."""

    sources: Sequence[int] | None = None

    def __init__(self, group: int, eot: int) -> None:
        self.rows: list[list[int]] = [[] for _ in range(group)]
        self._sums = np.zeros(group, np.float32)
        self._eot = eot

    def update(self, candidates: Candidates) -> bool:
        """Add a token to every row; a finished row goes on with the end token."""
        for row, tokens in enumerate(self.rows):
            if self._is_finished(tokens):
                tokens.append(self._eot)
            else:
                tokens.append(int(candidates.tokens[row, 0]))
                self._sums[row] += candidates.logprobs[row, 0]
        return all(map(self._is_finished, self.rows))

    def hypotheses(self) -> list[Hypothesis]:
        """Every row, finished or not."""
        return [
            Hypothesis(tuple(takewhile(self._is_not_end, tokens)), total)
            for tokens, total in zip(self.rows, self._sums.tolist(), strict=True)
        ]

    def _is_finished(self, tokens: Sequence[int]) -> bool:
        return bool(tokens) and tokens[-1] == self._eot

    def _is_not_end(self, token: int) -> bool:
        return token != self._eot
