"""Windows of many walks, decoded side by side; those that fail are tried again.

    walks ─▶ encode ─▶ queue ─▶ batch ─▶ will it do? ─▶ segments, next window
                         ▲                   │ no
                         └─ one step warmer ─┘

A text depends on its own window alone, so a batch of any size gives the same. A walk on
its own is a batch of one: `transcribe` of openai/whisper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from max_whisper.decoding.language import detect_language
from max_whisper.engine.protocol import EncodedWindow, Engine
from max_whisper.pipeline.journal import HeardWindow
from max_whisper.pipeline.queue import Attempt, Queue
from max_whisper.pipeline.walk import Walk
from max_whisper.tokenizer import Tokenizer
from max_whisper.transcript import Segment

Owner = TypeVar("Owner")


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
        if not ready and not queue:
            return
        _encode(engine, tokenizer, ready, queue)
        ready = []
        for owner, walk, heard in _listen(queue):
            yield owner, walk, walk.go_on(heard)
            if walk.window:
                ready.append((owner, walk))


def _remembered(walk: Walk) -> Iterator[list[Segment]]:
    """Go through the windows that are in the journal."""
    while heard := walk.remembered():
        yield walk.go_on(heard)


def _encode(
    engine: Engine,
    tokenizer: Tokenizer,
    walks: Sequence[tuple[Owner, Walk]],
    queue: Queue[Owner],
) -> None:
    """Encode the next window of each walk in one batch, and let them wait."""
    if not walks:
        return
    features = engine.encode(np.stack([walk.frames for _, walk in walks]))
    spoken: Sequence[dict[str, float] | None] = [None] * len(walks)
    if any(walk.options.multilingual for _, walk in walks):
        spoken = detect_language(engine, tokenizer, features)
    for index, (owner, walk) in enumerate(walks):
        asks = walk.options.multilingual
        decoding = walk.decoding(spoken[index] if asks else None)
        queue.put(Attempt(owner, walk, decoding), EncodedWindow(features, index))


def _listen(queue: Queue[Owner]) -> list[tuple[Owner, Walk, HeardWindow]]:
    """Decode until some windows are done; those that will not do wait again."""
    done: list[tuple[Owner, Walk, HeardWindow]] = []
    for decoded in queue.run():
        attempt = decoded.attempt
        if warmer := attempt.warmer(decoded.result):
            queue.try_again(decoded, warmer)
        else:
            heard = attempt.walk.listen(decoded.result, decoded.encoded)
            done.append((attempt.owner, attempt.walk, heard))
    return done
