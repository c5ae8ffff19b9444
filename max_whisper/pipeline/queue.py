"""Windows that wait for their decoding, and the batch that they join."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from max_whisper.decoding.batch import Batch, shared
from max_whisper.decoding.fallback import needs_fallback
from max_whisper.decoding.line import Line
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.result import DecodingResult
from max_whisper.engine.protocol import EncodedWindow, Engine
from max_whisper.pipeline.walk import Walk
from max_whisper.tokenizer import Tokenizer

Owner = TypeVar("Owner")


@dataclass(frozen=True, slots=True)
class Attempt(Generic[Owner]):
    """The decoding of a walk's window, at one of the temperatures."""

    owner: Owner
    walk: Walk
    decoding: DecodingOptions
    number: int = 0

    @property
    def options(self) -> DecodingOptions:
        """How the window is decoded this time."""
        return self.decoding.at(self.walk.options.temperature[self.number])

    def warmer(self, result: DecodingResult) -> Attempt[Owner] | None:
        """The next one; None if the result will do, or no temperature is left."""
        options = self.walk.options
        if self.number + 1 == len(options.temperature):
            return None
        if not needs_fallback(result, options):
            return None
        return replace(self, number=self.number + 1)


@dataclass(frozen=True, slots=True)
class Decoded(Generic[Owner]):
    """What came of an attempt; the window is there until the queue goes on."""

    attempt: Attempt[Owner]
    encoded: EncodedWindow
    result: DecodingResult


class Queue(Generic[Owner]):
    """Windows that wait, and the batch that they join when there is room in it.

    The one that waits longest is the next. If it does not go with the batch, this one
    ends first.
    """

    def __init__(self, engine: Engine, tokenizer: Tokenizer) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self._waiting: deque[tuple[Attempt[Owner], EncodedWindow]] = deque()
        self._batch: Batch | None = None
        self._attempts: dict[Line, Attempt[Owner]] = {}

    def __len__(self) -> int:
        """How many windows wait or are being decoded."""
        return len(self._waiting) + len(self._attempts)

    def put(self, attempt: Attempt[Owner], encoded: EncodedWindow) -> None:
        """Let a window wait."""
        self._waiting.append((attempt, encoded))

    def try_again(self, decoded: Decoded[Owner], attempt: Attempt[Owner]) -> None:
        """Let a window wait for another attempt; its place in the batch is free."""
        # A copy, unless it was the only window: then its batch is over.
        alone = self._engine.gather([decoded.encoded])
        self.put(attempt, EncodedWindow(alone, 0))

    def run(self) -> list[Decoded[Owner]]:
        """Decode until some windows are done."""
        if joining := self._next():
            self._join(joining)
        assert self._batch, "there is a window"
        batch = self._batch
        done = [
            Decoded(
                self._attempts.pop(line),
                batch.heard(line),
                line.result(self._tokenizer),
            )
            for line in batch.run()
        ]
        if not self._attempts:
            self._batch = None  # its memory is free while others are encoded
        return done

    def _next(self) -> list[tuple[Attempt[Owner], EncodedWindow]]:
        """Take the window that waits longest, and those that go with it.

        None, if it does not go with the batch that runs.
        """
        if not self._waiting:
            return []
        batch, kind = self._batch, shared(self._waiting[0][0].options)
        if batch and batch.shared != kind:
            return []
        room = batch.room if batch else len(self._waiting)
        joining: list[tuple[Attempt[Owner], EncodedWindow]] = []
        for _ in range(len(self._waiting)):
            window = self._waiting.popleft()
            joins = len(joining) < room and shared(window[0].options) == kind
            (joining if joins else self._waiting).append(window)
        return joining

    def _join(self, windows: Sequence[tuple[Attempt[Owner], EncodedWindow]]) -> None:
        """Let windows join the batch, or begin one."""
        features = self._engine.gather([encoded for _, encoded in windows])
        attempts = [attempt for attempt, _ in windows]
        options = [attempt.options for attempt in attempts]
        if self._batch is None:
            self._batch = Batch(self._engine, self._tokenizer, features, options)
            lines = self._batch.lines
        else:
            lines = self._batch.add(features, options)
        self._attempts.update(zip(lines, attempts, strict=True))
