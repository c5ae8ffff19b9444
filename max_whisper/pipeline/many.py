"""Many recordings, whose windows share batches; each is told of when it is finished."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from max_whisper.audio.load import AudioSource
from max_whisper.engine.protocol import Engine
from max_whisper.errors import AudioError, OutputError
from max_whisper.pipeline.batches import hear
from max_whisper.pipeline.journal import JournalPlan
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.recording import Progress, Recording, open_recording
from max_whisper.pipeline.stream import chosen_batch
from max_whisper.pipeline.walk import Walk
from max_whisper.tokenizer import Tokenizer
from max_whisper.transcript import Segment, Transcript

OnFileProgress: TypeAlias = Callable[[int, Progress], None]
"""Called with the place of a recording among all, and how far it is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of many recordings: its transcript, or why there is none.

    `index` is its place among all, from 0 on; `source` is what was given for it.
    """

    index: int
    source: AudioSource
    transcript: Transcript | None = None
    error: AudioError | OutputError | None = None


class Underway:
    """A recording that is being heard, and what has been said in it."""

    def __init__(self, index: int, source: AudioSource, recording: Recording) -> None:
        self.index = index
        self.recording = recording
        self._source = source
        self._segments: list[Segment] = []

    def add(self, walk: Walk, segments: list[Segment]) -> None:
        """Take what a walk has heard."""
        self._segments += self.recording.add(walk, segments)

    def outcome(self, tokenizer: Tokenizer) -> Outcome:
        """The end of it."""
        self.recording.close()
        written = self.recording.transcript(tokenizer, self._segments)
        return Outcome(self.index, self._source, written)


class ManyRecordings:
    """Opens recordings when there is room for their walks, and collects outcomes."""

    def __init__(
        self,
        engine: Engine,
        tokenizer: Tokenizer,
        sources: Iterable[tuple[AudioSource, JournalPlan | None]],
        options: TranscribeOptions,
    ) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self._sources = sources
        self._options = options
        self._over: list[Outcome] = []
        self._underway: set[Underway] = set()

    def outcomes(self, progress: OnFileProgress | None = None) -> Iterator[Outcome]:
        """Yield them as they come, which need not be in the order of the sources."""
        batch_size = chosen_batch(self._engine, self._options)
        heard = hear(self._engine, self._tokenizer, self._walks(), batch_size)
        try:
            for underway, walk, segments in heard:
                yield from self._collected()
                underway.add(walk, segments)
                if progress:
                    progress(underway.index, underway.recording.progress)
                if underway.recording.is_done:
                    self._underway.remove(underway)
                    yield underway.outcome(self._tokenizer)
            yield from self._collected()
        finally:
            for underway in self._underway:
                underway.recording.close()

    def _walks(self) -> Iterator[tuple[Underway, Walk]]:
        """The walks of one recording after the other; what has none is over at once."""
        for index, (source, journal) in enumerate(self._sources):
            try:
                recording = open_recording(
                    self._engine, self._tokenizer, source, self._options, journal
                )
            except (AudioError, OutputError) as error:
                self._over.append(Outcome(index, source, error=_bare(error)))
                continue
            underway = Underway(index, source, recording)
            if recording.walks:
                self._underway.add(underway)
            else:
                self._over.append(underway.outcome(self._tokenizer))
            yield from ((underway, walk) for walk in recording.walks)

    def _collected(self) -> Iterator[Outcome]:
        while self._over:
            yield self._over.pop(0)


def _bare(error: AudioError | OutputError) -> AudioError | OutputError:
    """An error without its past, which would keep the recording in memory."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
