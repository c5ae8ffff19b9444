"""The segments of one recording, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import TypeAlias

from max_whisper.engine.protocol import Engine
from max_whisper.pipeline.batches import hear
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.recording import Progress, Recording
from max_whisper.tokenizer import Tokenizer
from max_whisper.transcript import Segment, Transcript

OnProgress: TypeAlias = Callable[[Progress], None]


def chosen_batch(engine: Engine, options: TranscribeOptions) -> int:
    """How many windows are decoded side by side."""
    size = options.batch_size
    return engine.batch_size if isinstance(size, str) else size


def transcribe(
    engine: Engine,
    tokenizer: Tokenizer,
    recording: Recording,
    options: TranscribeOptions,
    progress: OnProgress | None = None,
) -> Generator[Segment, None, None]:
    """Yield the segments of a recording in their order, as they are heard.

    `progress` is called after each window, silent ones too. To cancel, close the
    iterator or raise in `progress`.
    """
    walks = ((recording, walk) for walk in recording.walks)
    batch_size = chosen_batch(engine, options)
    try:
        for _, walk, segments in hear(engine, tokenizer, walks, batch_size):
            yield from recording.add(walk, segments)
            if progress:
                progress(recording.progress)
    finally:
        recording.close()


class SegmentStream(Iterator[Segment]):
    """The segments of one recording, each yielded as soon as it is known.

    Known from the start are `language` (a code), `language_probability` (None if it was
    not asked), `duration` (seconds of sound) and `speech_duration` (those that are
    transcribed; None without `vad_filter`). Close it, or use it in a `with`, if it is
    not read to its end.
    """

    def __init__(
        self,
        segments: Generator[Segment, None, None],
        recording: Recording,
        tokenizer: Tokenizer,
    ) -> None:
        self.language, self.language_probability = recording.language
        self.duration = recording.duration
        self.speech_duration = recording.speech_duration
        self._segments = segments
        self._recording = recording
        self._tokenizer = tokenizer
        self._heard: list[Segment] = []

    def __next__(self) -> Segment:
        segment = next(self._segments)
        self._heard.append(segment)
        return segment

    def close(self) -> None:
        """End it before its end, and leave its journal to others."""
        self._segments.close()
        self._recording.close()

    def __enter__(self) -> SegmentStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def transcript(self) -> Transcript:
        """Transcribe what is left and return all; after `close`, what was read."""
        for _ in self:
            pass
        return self._recording.transcript(self._tokenizer, self._heard)
