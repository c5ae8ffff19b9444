"""One window among those that are decoded side by side: its rows, from start to end."""

from __future__ import annotations

from collections.abc import Sequence

from max_whisper.decoding.beam import BeamSearch
from max_whisper.decoding.greedy import GreedySearch
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.search import Hypothesis, Search
from max_whisper.decoding.task import DecodingTask
from max_whisper.engine.protocol import Bounds, Candidates


class Line:
    """Feeds the rows of one window, until its search ends or it has no more room.

    The rows of a window that is done are fed their end, until it leaves the batch.
    """

    def __init__(self, task: DecodingTask, eot: int) -> None:
        self.task = task
        self.is_done = False
        self._search = _search(task.options, eot)
        self._steps_left = task.steps
        self._eot = eot

    @property
    def sources(self) -> Sequence[int] | None:
        """The row of the window that each goes on from; its own if None."""
        return None if self.is_done else self._search.sources

    def last_tokens(self) -> list[int]:
        """What each row has said last."""
        if self.is_done:
            return [self._eot] * self.task.options.group
        prompt = self.task.prompt
        return [row[-1] if row else prompt[-1] for row in self._search.rows]

    def bounds(self) -> list[Bounds]:
        """What each row may say next."""
        if self.is_done:
            return [Bounds(0, 0, self._eot + 1, first=False)] * self.task.options.group
        return [self.task.bounds(row) for row in self._search.rows]

    def update(self, candidates: Candidates) -> None:
        """Say one token more in each row, unless the window is done."""
        if self.is_done:
            return
        self._steps_left -= 1
        ended = self._search.update(candidates)
        self.is_done = ended or self._steps_left == 0

    def hypotheses(self) -> list[Hypothesis]:
        """What was found."""
        return self._search.hypotheses()


def _search(options: DecodingOptions, eot: int) -> Search:
    if options.beam_size is None:
        return GreedySearch(options.group, eot)
    return BeamSearch(options.beam_size, options.max_finished, eot)
