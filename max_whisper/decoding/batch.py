"""Windows that are decoded side by side, from prompts to ends.

options ─▶ task ─▶ prompt ─▶ (bounds ─▶ step ─▶ search) … ─▶ end
                     ▲                                        │
                     └───────── another window ◀──────────────┘

None of them knows the others: each has its own prompt, search, temperature and end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from max_whisper.decoding.line import Line
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.task import DecodingTask
from max_whisper.engine.protocol import (
    AudioFeatures,
    EncodedWindow,
    Engine,
    Probe,
    Sampling,
)
from max_whisper.tokenizer import Tokenizer

ENOUGH = 0.25
"""The part of a batch that is worth another window's place, or a smaller batch."""


class Batch:
    """The windows of `features`, each with the options at its place; see `shared`.

    They are the batch's own from then on: other windows are written over those that are
    done.
    Raises `OptionError` for options that exclude each other or that the model cannot
    honour, and if a multilingual model is not told the language.
    """

    def __init__(
        self,
        engine: Engine,
        tokenizer: Tokenizer,
        features: AudioFeatures,
        options: Sequence[DecodingOptions],
    ) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self.shared = shared(options[0])
        tasks, prompts, probe = self._plan(options)
        group = tasks[0].options.group
        self._state = engine.prefill(
            features, prompts, tasks[0].rules, group=group, probe=probe
        )
        self.lines = self._begin(tasks, range(len(tasks)))

    @property
    def room(self) -> int:
        """How many windows are done, whose places others may take."""
        return sum(line.is_done for line in self.lines)

    def add(
        self, features: AudioFeatures, options: Sequence[DecodingOptions]
    ) -> list[Line]:
        """Begin with other windows, for which there must be room."""
        tasks, prompts, probe = self._plan(options)
        done = [place for place, line in enumerate(self.lines) if line.is_done]
        places = done[: len(tasks)]
        self._state = self._engine.swap(
            self._state, places, features, prompts, probe=probe
        )
        lines = self._begin(tasks, places)
        for place, line in zip(places, lines, strict=True):
            self.lines[place] = line
        return lines

    def run(self) -> list[Line]:
        """Say tokens until some windows are done, and return these; none at the end."""
        going = [i for i, line in enumerate(self.lines) if not line.is_done]
        if not going:
            return []
        running = [self.lines[i] for i in going]
        if self.room >= ENOUGH * len(self.lines):
            self._state = self._engine.keep(self._state, going)
            self.lines = [*running]
        enough = min(len(running), ENOUGH * len(self.lines))
        while sum(line.is_done for line in running) < enough:
            self._step()
        return [line for line in running if line.is_done]

    def heard(self, line: Line) -> EncodedWindow:
        """The window of a line, until another one takes its place."""
        return EncodedWindow(self._state.features, self.lines.index(line))

    def _plan(
        self, options: Sequence[DecodingOptions]
    ) -> tuple[list[DecodingTask], list[tuple[int, ...]], Probe]:
        """The task of each window, their prompts, and where they ask for silence."""
        config = self._engine.config
        tasks = [DecodingTask.plan(self._tokenizer, each, config) for each in options]
        positions = tuple(p for task in tasks for p in task.silence.positions)
        probe = replace(tasks[0].silence, positions=positions)
        return tasks, [task.prompt for task in tasks], probe

    def _begin(
        self, tasks: Sequence[DecodingTask], places: Sequence[int]
    ) -> list[Line]:
        silences = np.exp(self._state.probes[[*places], 0]).tolist()
        pairs = zip(tasks, silences, strict=True)
        return [Line(task, self._tokenizer.eot, silence) for task, silence in pairs]

    def _step(self) -> None:
        """One token more for every row."""
        lines, group = self.lines, self._state.group
        candidates = self._engine.step(
            self._state,
            [token for line in lines for token in line.last_tokens()],
            [bounds for line in lines for bounds in line.bounds()],
            sources=_sources(lines, group),
            sampling=_sampling(lines),
        )
        for window, line in enumerate(lines):
            line.update(candidates.part(window * group, group))


def shared(options: DecodingOptions) -> tuple[int, DecodingOptions]:
    """What must be the same for windows to be decoded side by side: rows and rules."""
    own = replace(options, prompt=None, prefix=None, language=None)
    search = replace(own, temperature=0.0, beam_size=None, best_of=None, patience=None)
    return options.group, search


def _sources(lines: Sequence[Line], group: int) -> list[int] | None:
    """The row of the state that each row goes on from; its own if None."""
    if all(line.sources is None for line in lines):
        return None
    return [
        window * group + source
        for window, line in enumerate(lines)
        for source in line.sources or range(group)
    ]


def _sampling(lines: Sequence[Line]) -> Sampling | None:
    """How to draw the tokens of a step; None to take the best."""
    temperatures = [t for line in lines for t in line.temperatures()]
    if not any(temperatures):
        return None
    return Sampling(temperatures, [seed for line in lines for seed in line.seeds()])
