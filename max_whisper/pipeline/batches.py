"""Windows of many walks, decoded side by side; those that fail are tried again.

    walks ─▶ encode ─▶ waiting ─▶ decode a batch ─▶ will it do? ─▶ segments, next window
                          ▲                            │ no
                          └────── one step warmer ─────┘

A text depends on its own window alone, so a batch of any size gives the same. A walk on
its own is a batch of one: `transcribe` of openai/whisper.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from max_whisper.decoding.batch import Batch, shared
from max_whisper.decoding.fallback import needs_fallback
from max_whisper.decoding.language import detect_language
from max_whisper.decoding.line import Line
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.result import DecodingResult
from max_whisper.engine.protocol import EncodedWindow, Engine
from max_whisper.pipeline.walk import Walk
from max_whisper.tokenizer import Tokenizer
from max_whisper.transcript import Segment

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


def hear(
    engine: Engine,
    tokenizer: Tokenizer,
    walks: Iterable[tuple[Owner, Walk]],
    batch_size: int,
) -> Iterator[tuple[Owner, Walk, list[Segment]]]:
    """Go all walks, `batch_size` of them at a time, and yield the segments of windows.

    Those of one walk come in their order, and it is at its end when it has no window
    any more. Walks are asked for when there is room for them, with a window to hear. To
    cancel, close the iterator.
    """
    coming = iter(walks)
    ready: list[tuple[Owner, Walk]] = []
    queue: Queue[Owner] = Queue(engine, tokenizer)
    while True:
        while len(ready) + len(queue) < batch_size and (pair := next(coming, None)):
            yield from ((*pair, segments) for segments in _remembered(pair[1]))
            ready += [pair] if pair[1].window else []
        if not ready and not len(queue):
            return
        queue.waiting += _encode(engine, tokenizer, ready)
        ready = []
        for window, result in queue.run():
            if window.can_fall_back and needs_fallback(result, window.walk.options):
                queue.waiting.append(_alone(engine, window))
                continue
            heard = window.walk.listen(result, window.encoded)
            yield window.owner, window.walk, window.walk.go_on(heard)
            if window.walk.window:
                ready.append((window.owner, window.walk))


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


def _remembered(walk: Walk) -> Iterator[list[Segment]]:
    """Go through the windows that are in the journal."""
    while heard := walk.remembered():
        yield walk.go_on(heard)


def _alone(engine: Engine, window: Waiting[Owner]) -> Waiting[Owner]:
    """The next attempt at a window, which no longer keeps those encoded beside it."""
    features = engine.gather([window.encoded])
    encoded = EncodedWindow(features, 0)
    return replace(window, encoded=encoded, attempt=window.attempt + 1)


def _encode(
    engine: Engine, tokenizer: Tokenizer, walks: Sequence[tuple[Owner, Walk]]
) -> Iterator[Waiting[Owner]]:
    """The next window of each walk, encoded in one batch."""
    if not walks:
        return
    features = engine.encode(np.stack([walk.frames for _, walk in walks]))
    spoken: Sequence[dict[str, float] | None] = [None] * len(walks)
    if any(walk.options.multilingual for _, walk in walks):
        spoken = detect_language(engine, tokenizer, features)
    for index, (owner, walk) in enumerate(walks):
        asks = walk.options.multilingual
        decoding = walk.decoding(spoken[index] if asks else None)
        yield Waiting(owner, walk, EncodedWindow(features, index), decoding)
