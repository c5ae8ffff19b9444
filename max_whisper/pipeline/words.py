"""Times of words for the segments of a recording, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from max_whisper.audio.constants import FRAMES_PER_SECOND
from max_whisper.engine.protocol import EncodedWindow, Engine
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.silence import Surroundings, skip_silence, speech_end
from max_whisper.timestamps import Cut, TimedTokens, Window
from max_whisper.timestamps.alignment import Heard, Said, WordTiming, find_alignment
from max_whisper.timestamps.words import Before, Punctuation, add_words
from max_whisper.tokenizer import Tokenizer


class WordTimes:
    """Finds words, and remembers when the last one was said: at first, at `begin`."""

    def __init__(
        self,
        engine: Engine,
        tokenizer: Tokenizer,
        content_frames: int,
        options: TranscribeOptions,
        begin: float = 0.0,
    ) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self._content_frames = content_frames
        self._options = options
        self._last_speech_end = begin

    def add(self, cut: Cut, window: Window, timings: Sequence[WordTiming]) -> Cut:
        """The cut with words; the next window begins after the last of them.

        With a `hallucination_silence_threshold`, without what is probably no speech.
        """
        options = self._options
        segments = add_words(
            cut.segments,
            timings,
            Before(window.start_seconds, self._last_speech_end),
            Punctuation(options.prepend_punctuations, options.append_punctuations),
            self._tokenizer.eot,
        )
        cut = _go_on_after_words(replace(cut, segments=segments), window)
        if options.hallucination_silence_threshold is not None:
            cut = skip_silence(
                cut,
                Surroundings(
                    window, self._engine.config.num_frames, self._content_frames
                ),
                options.hallucination_silence_threshold,
                self._last_speech_end,
            )
        end = speech_end(cut.segments)
        if end is not None:
            self._last_speech_end = end
        return cut

    def align(
        self,
        segments: Sequence[TimedTokens],
        window: Window,
        encoded: EncodedWindow,
        language: str,
    ) -> list[WordTiming]:
        """The words of all segments, which are in a language."""
        task, eot = self._options.decoding.task, self._tokenizer.eot
        return find_alignment(
            self._engine,
            self._tokenizer,
            Heard(encoded, window.size),
            Said(
                [token for s in segments for token in s.tokens if token < eot],
                language,
                self._tokenizer.sot_sequence(language, task),
            ),
        )


def _go_on_after_words(cut: Cut, window: Window) -> Cut:
    end = speech_end(cut.segments)
    if cut.single_timestamp_ending or end is None or end <= window.start_seconds:
        return cut
    return replace(cut, seek=round(end * FRAMES_PER_SECOND))
