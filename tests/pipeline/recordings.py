"""Recordings of which only the mel is known, as the fakes hear them."""

from __future__ import annotations

from collections.abc import Iterator

from max_whisper.engine.protocol import Engine, Mel
from max_whisper.pipeline.language import Language
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.recording import Recording, Sound, walks_through
from max_whisper.pipeline.stream import OnProgress, transcribe
from max_whisper.transcript import Segment
from tests.fakes import FakeTokenizer


def segments_of(
    engine: Engine,
    tokenizer: FakeTokenizer,
    mel: Mel,
    options: TranscribeOptions,
    progress: OnProgress | None = None,
) -> Iterator[Segment]:
    """What is heard in a recording with this mel."""
    walks = walks_through(engine, tokenizer, mel, options)
    recording = Recording(Language("en"), Sound(mel, len(mel.frames) / 100), walks)
    return transcribe(engine, tokenizer, recording, options, progress)
