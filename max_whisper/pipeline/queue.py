"""Windows that wait for their decoding, and the batch that they join."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from max_whisper.decoding.batch import Batch, shared
from max_whisper.decoding.line import Line
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.result import DecodingResult
from max_whisper.engine.protocol import EncodedWindow, Engine
from max_whisper.pipeline.walk import Walk
from max_whisper.tokenizer import Tokenizer

Owner = TypeVar("Owner")


@dataclass(frozen=True, slots=True)
class Waiting(Generic[Owner]):
    """A window that waits for its decoding, at one of the temperatures."""

    owner: Owner
    walk: Walk
    encoded: EncodedWindow
    decoding: DecodingOptions
    attempt: int = 0

    @property
    def options(self) -> DecodingOptions:
        """How it is decoded this time."""
        return self.decoding.at(self.walk.options.temperature[self.attempt])

    @property
    def can_fall_back(self) -> bool:
        """Whether a warmer temperature is left."""
        return self.attempt + 1 < len(self.walk.options.temperature)


class Queue(Generic[Owner]):
    """Windows that wait, and the batch that they join when there is room in it.

    The one that waits longest is the next. If it does not go with the batch, this one
    ends first.
    """

    def __init__(self, engine: Engine, tokenizer: Tokenizer) -> None:
        self.waiting: deque[Waiting[Owner]] = deque()
        self._engine = engine
        self._tokenizer = tokenizer
        self._batch: Batch | None = None
        self._windows: dict[Line, Waiting[Owner]] = {}

    def __len__(self) -> int:
        """How many windows wait or are being decoded."""
        return len(self.waiting) + len(self._windows)

    def run(self) -> list[tuple[Waiting[Owner], DecodingResult]]:
        """Decode until some windows are done."""
        if not self._windows:
            self._batch = None
        if joining := self._next():
            features = self._engine.gather([window.encoded for window in joining])
            options = [window.options for window in joining]
            if self._batch is None:
                self._batch = Batch(self._engine, self._tokenizer, features, options)
                lines = self._batch.lines
            else:
                lines = self._batch.add(features, options)
            self._windows.update(zip(lines, joining, strict=True))
        assert self._batch, "there is a window"
        done = self._batch.run()
        return [
            (self._windows.pop(line), line.result(self._tokenizer)) for line in done
        ]

    def try_again(self, window: Waiting[Owner]) -> None:
        """Let a window wait for its next attempt.

        It no longer keeps those that were encoded beside it.
        """
        encoded = EncodedWindow(self._engine.gather([window.encoded]), 0)
        attempt = window.attempt + 1
        self.waiting.append(replace(window, encoded=encoded, attempt=attempt))

    def _next(self) -> list[Waiting[Owner]]:
        """Take the windows that wait longest, as many as can join the batch."""
        if not self.waiting:
            return []
        batch = self._batch
        kind = batch.shared if batch else shared(self.waiting[0].options)
        room = batch.room if batch else len(self.waiting)
        found: list[Waiting[Owner]] = []
        while self.waiting and len(found) < room:
            if shared(self.waiting[0].options) != kind:
                break
            found.append(self.waiting.popleft())
        return found
