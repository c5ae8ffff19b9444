"""Beam search with patience: `BeamSearchDecoder` of openai/whisper.

Every beam offers its best `beam_size + 1` continuations. Ranked together, those that
end are set aside and the next `beam_size` others live on. The search of a window is
done when `max_finished` have ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from max_whisper.decoding.search import Hypothesis
from max_whisper.engine.protocol import Candidates

Tokens: TypeAlias = tuple[int, ...]
Ranked: TypeAlias = tuple[Tokens, tuple[float, int]]
"""A sequence with its score and the row it goes on from."""


class BeamSearch:
    """The rows of the window are its beams."""

    def __init__(self, beam_size: int, max_finished: int, eot: int) -> None:
        self.rows: Sequence[Tokens] = [()] * beam_size
        self.sources: Sequence[int] | None = None
        self._sums = np.zeros(beam_size, np.float32)
        self._finished: dict[Tokens, float] = {}
        self._beam_size = beam_size
        self._max_finished = max_finished
        self._eot = eot

    def update(self, candidates: Candidates) -> bool:
        """Replace the beams by their best continuations."""
        # Sums are float32, as in openai/whisper: ties and near ties fall the same way.
        scores = self._sums[:, np.newaxis] + candidates.logprobs
        beams, ended = self._divide(self._ranked(candidates.tokens, scores))
        self._finish(ended)
        self.rows = [tokens for tokens, _ in beams]
        self.sources = [source for _, (_, source) in beams]
        self._sums = np.array([score for _, (score, _) in beams], np.float32)
        return len(self._finished) >= self._max_finished

    def hypotheses(self) -> list[Hypothesis]:
        """What has ended, filled up to `beam_size` with the best of what has not."""
        self._fill_up()
        return [Hypothesis(t[:-1], total) for t, total in self._finished.items()]

    def _ranked(
        self, tokens: NDArray[np.int32], scores: NDArray[np.float32]
    ) -> Iterator[Ranked]:
        """All continuations, best first; equal sequences are one."""
        width = min(self._beam_size + 1, tokens.shape[1])
        offers = tokens[:, :width].ravel().tolist()
        worth = scores[:, :width].ravel().tolist()
        found: set[Tokens] = set()
        for place in sorted(range(len(worth)), key=worth.__getitem__, reverse=True):
            row = place // width
            sequence = (*self.rows[row], offers[place])
            if sequence not in found:
                found.add(sequence)
                yield sequence, (worth[place], row)

    def _divide(self, ranked: Iterable[Ranked]) -> tuple[list[Ranked], list[Ranked]]:
        """The best `beam_size` that go on, and those that end and outrank them.

        Where too few may go on, copies at minus infinity, which never win, fill up.
        """
        beams: list[Ranked] = []
        ended: list[Ranked] = []
        for item in ranked:
            tokens, (score, _) = item
            ends = tokens[-1] == self._eot and score > -inf
            (ended if ends else beams).append(item)
            if len(beams) == self._beam_size:
                break
        tokens, (_, source) = (beams or ended)[0]
        copies = self._beam_size - len(beams)
        return beams + [(tokens, (-inf, source))] * copies, ended

    def _finish(self, ended: Iterable[Ranked]) -> None:
        for tokens, (score, _) in ended:
            if len(self._finished) >= self._max_finished:
                break
            self._finished[tokens] = score

    def _fill_up(self) -> None:
        for beam in np.argsort(self._sums)[::-1].tolist():
            if len(self._finished) >= self._beam_size:
                break
            # A copy at minus infinity comes after its original.
            tokens = (*self.rows[beam], self._eot)
            self._finished.setdefault(tokens, float(self._sums[beam]))
