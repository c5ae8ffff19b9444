"""One window after the other, each reading what was said before.

`transcribe` of openai/whisper: each window begins where the last one's speech ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from max_whisper.decoding.fallback import decode_with_fallback, is_silence
from max_whisper.engine.protocol import AudioFeatures, Engine, Mel
from max_whisper.pipeline.history import PromptHistory
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.transcript import SegmentWriter
from max_whisper.pipeline.windows import Windows, seek_clips
from max_whisper.pipeline.words import WordTimes
from max_whisper.timestamps import Window, split_segments
from max_whisper.tokenizer import Tokenizer
from max_whisper.transcript import Segment

PROMPT_RESET_TEMPERATURE = 0.5
"""What was said at a higher temperature is not read by later windows."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a transcription is, in mel frames of 10 ms."""

    done_frames: int
    total_frames: int


def transcribe(
    engine: Engine,
    tokenizer: Tokenizer,
    mel: Mel,
    options: TranscribeOptions,
    progress: Callable[[Progress], None] | None = None,
) -> Iterator[Segment]:
    """Yield the segments of a recording as they are heard.

    `options` name the language (see `TranscribeOptions.in_language`). `progress` is
    called after each window, silent ones too. To cancel, close the iterator or raise in
    `progress`.
    """
    total = len(mel.frames)
    windows = Windows(
        seek_clips(options.clip_timestamps, total), engine.config.num_frames
    )
    history = PromptHistory.begin(tokenizer, options, engine.config)
    writer = SegmentWriter(tokenizer)
    words = WordTimes(engine, tokenizer, total, options)
    while window := windows.next():
        features = _encode(engine, mel, window)
        decoding = replace(options.decoding, prompt=history.prompt())
        result = decode_with_fallback(engine, tokenizer, features, decoding, options)
        windows.seek = window.end
        if not is_silence(result, options):
            cut = split_segments(result.tokens, tokenizer.timestamp_begin, window)
            if options.word_timestamps:
                cut = words.add(cut, window, features)
            segments = writer.write(cut.segments, result, window)
            windows.seek = cut.seek
            history.add([token for s in segments for token in s.tokens])
            if not cut.is_skipped and _is_to_forget(result.temperature, options):
                history.forget()
            yield from segments
        if progress:
            progress(Progress(min(windows.seek, total), total))


def _encode(engine: Engine, mel: Mel, window: Window) -> AudioFeatures:
    """The window, filled up with zeros, as a batch of one."""
    frames = mel.window(window.seek, window.size, engine.config.num_frames)
    return engine.encode(frames[np.newaxis])


def _is_to_forget(temperature: float, options: TranscribeOptions) -> bool:
    if not options.condition_on_previous_text:
        return True
    return temperature > PROMPT_RESET_TEMPERATURE
