"""One window of a batch: its rows, from their prompt to the result."""

from __future__ import annotations

from collections.abc import Sequence

from max_whisper.decoding.beam import BeamSearch
from max_whisper.decoding.greedy import GreedySearch
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.result import DecodingResult, compression_ratio
from max_whisper.decoding.search import Search, best
from max_whisper.decoding.task import DecodingTask
from max_whisper.engine.protocol import Bounds, Candidates
from max_whisper.tokenizer import Tokenizer


class Line:
    """Feeds the rows of one window, until its search ends or it has no more room.

    `silence` is how probable it is that nobody speaks in it. The rows of a window that
    is done are fed their end, until it leaves the batch.
    """

    def __init__(self, task: DecodingTask, eot: int, silence: float) -> None:
        self.is_done = False
        self._task = task
        self._silence = silence
        self._search = _search(task.options, eot)
        self._steps = 0
        self._eot = eot
        self._group = task.options.group

    @property
    def sources(self) -> Sequence[int] | None:
        """The row of the window that each goes on from; its own if None."""
        return None if self.is_done else self._search.sources

    def last_tokens(self) -> list[int]:
        """What each row has said last."""
        if self.is_done:
            return [self._eot] * self._group
        prompt = self._task.prompt
        return [row[-1] if row else prompt[-1] for row in self._search.rows]

    def bounds(self) -> list[Bounds]:
        """What each row may say next."""
        if self.is_done:
            return [Bounds(0, 0, self._eot + 1, first=False)] * self._group
        return [self._task.bounds(row) for row in self._search.rows]

    def temperatures(self) -> list[float]:
        """That at which each row draws its next token; 0 to take the best."""
        draws = self._task.is_sampled and not self.is_done
        return [self._task.options.temperature if draws else 0.0] * self._group

    def seeds(self) -> list[int]:
        """What each row draws its next token by."""
        return self._task.seeds(self._steps)

    def update(self, candidates: Candidates) -> None:
        """Say one token more in each row, unless the window is done."""
        if self.is_done:
            return
        self._steps += 1
        ended = self._search.update(candidates)
        self.is_done = ended or self._steps == self._task.steps

    def result(self, tokenizer: Tokenizer) -> DecodingResult:
        """The best of what was found."""
        options = self._task.options
        hypothesis = best(self._search.hypotheses(), options.length_penalty)
        text = tokenizer.decode(hypothesis.tokens).strip()
        return DecodingResult(
            tokens=hypothesis.tokens,
            text=text,
            avg_logprob=hypothesis.avg_logprob,
            no_speech_prob=self._silence,
            temperature=options.temperature,
            compression_ratio=compression_ratio(text),
            language=options.language or "en",
        )


def _search(options: DecodingOptions, eot: int) -> Search:
    if options.beam_size is None:
        return GreedySearch(options.group, eot)
    return BeamSearch(options.beam_size, options.max_finished, eot)
