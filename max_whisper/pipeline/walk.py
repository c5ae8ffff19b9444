"""One way through a recording: window after window, each reading what was said before.

`transcribe` of openai/whisper, seen from inside: each window begins where the speech of
the last one ended. Who decodes the windows, and in what company, is no matter here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import FRAMES_PER_SECOND
from max_whisper.decoding.fallback import is_silence
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.result import DecodingResult
from max_whisper.engine.protocol import EncodedWindow, Engine, Mel
from max_whisper.pipeline.history import PromptHistory
from max_whisper.pipeline.journal import HeardWindow, Journal
from max_whisper.pipeline.language import next_language
from max_whisper.pipeline.left_out import LeftOut
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.transcript import SegmentWriter
from max_whisper.pipeline.windows import Windows
from max_whisper.pipeline.words import WordTimes
from max_whisper.timestamps import Cut, TimedTokens, Window, split_segments
from max_whisper.timestamps.alignment import WordTiming
from max_whisper.timestamps.repetition import cut_loops
from max_whisper.tokenizer import Tokenizer
from max_whisper.transcript import Dropped, Segment

PROMPT_RESET_TEMPERATURE = 0.5
"""What was said at a higher temperature is not read by later windows."""


class Walk:
    """Goes through some windows of a recording.

    `options` name the language (see `TranscribeOptions.in_language`). `window` is the
    one to be heard next, None at the end; `first` is the mel frame at which it begins.
    The `journal` knows the walk by its `number`.
    """

    def __init__(
        self,
        engine: Engine,
        tokenizer: Tokenizer,
        mel: Mel,
        windows: Windows,
        options: TranscribeOptions,
    ) -> None:
        self.options = options
        self._language = options.decoding.language
        self._mel = mel
        self._num_frames = engine.config.num_frames
        self._timestamp_begin = tokenizer.timestamp_begin
        self._eot = tokenizer.eot
        self._windows = windows
        self._history = PromptHistory.begin(tokenizer, options, engine.config)
        self._writer = SegmentWriter(tokenizer, tells_language=options.multilingual)
        # For openai/whisper nobody spoke before the first clip; a piece is no clip.
        begin = windows.seek / FRAMES_PER_SECOND if options.cut_at_silence else 0.0
        self._words = WordTimes(engine, tokenizer, len(mel.frames), options, begin)
        self.journal: Journal | None = None
        self.number = 0
        self._windows_heard = 0
        self._left_out = LeftOut()
        self.first = windows.seek
        self.window = windows.next()

    @property
    def seek(self) -> int:
        """The mel frame up to which the recording was heard."""
        return min(self._windows.seek, self._windows.end)

    @property
    def dropped(self) -> list[Dropped]:
        """What was heard and left out so far."""
        return self._left_out.all

    @property
    def frames(self) -> NDArray[np.float32]:
        """The window's mel, filled up with zeros: `[num_frames, bins]`."""
        assert self.window, "the walk is not at its end"
        return self._mel.window(self.window.seek, self.window.size, self._num_frames)

    def decoding(self, spoken: Mapping[str, float] | None = None) -> DecodingOptions:
        """How the window is decoded: with what was said before in its language.

        `spoken` tells how likely each language is in it; None if it is not asked.
        """
        language, history = self._language, self._history
        if spoken is not None:
            threshold = self.options.language_detection_threshold
            language = next_language(language, spoken, threshold)
        if language != self._language:
            history = history.anew()
        prompt = history.prompt()
        return replace(self.options.decoding, language=language, prompt=prompt)

    def remembered(self) -> HeardWindow | None:
        """The window as the journal has it, if it was heard before."""
        if self.journal is None or self.window is None:
            return None
        return self.journal.find(self.number, self._windows_heard)

    def listen(self, result: DecodingResult, encoded: EncodedWindow) -> HeardWindow:
        """The window that was decoded as `result`, with times of words if asked for."""
        window = self.window
        assert window, "the walk is not at its end"
        words: list[WordTiming] = []
        if self.options.word_timestamps and not is_silence(result, self.options):
            cut, _ = self._cut(result, window)
            words = self._words.align(cut.segments, window, encoded, result.language)
        heard = HeardWindow(result, tuple(words))
        if self.journal is not None:
            self.journal.keep(self.number, self._windows_heard, heard)
        return heard

    def go_on(self, heard: HeardWindow) -> list[Segment]:
        """The segments of the window; then the walk is at the next one."""
        window, result = self.window, heard.result
        assert window, "the walk is not at its end"
        segments: list[Segment] = []
        self._windows.seek = window.end
        cut, repeated = self._cut(result, window)
        if is_silence(result, self.options):
            self._left_out.drop(self._dropped(cut.segments, result, "no speech"))
        else:
            self._speak(result.language)
            self._left_out.drop(self._dropped(repeated, result, "repetition"))
            whole = cut
            if self.options.word_timestamps:
                cut = self._words.add(cut, window, heard.words)
            self._left_out.settle(cut.segments)
            brief = [piece for piece in cut.segments if piece.start == piece.end]
            self._left_out.drop(self._dropped(brief, result, "no duration"))
            odd = whole.segments[len(cut.segments) :]
            told = self._dropped(odd, result, "silence around it")
            self._left_out.take_back(told)
            segments = self._writer.write(cut.segments, result, window)
            self._windows.seek = cut.seek
            self._history.add([token for s in segments for token in s.tokens])
            if not cut.is_skipped and self._is_to_forget(result.temperature):
                self._history.forget()
        self.window = self._windows.next()
        self._windows_heard += 1
        return segments

    def _cut(
        self, result: DecodingResult, window: Window
    ) -> tuple[Cut, tuple[TimedTokens, ...]]:
        """The segments of a window, and what is cut of them because it is a loop."""
        cut = split_segments(
            result.tokens,
            self._timestamp_begin,
            window,
            keep_first_timestamp=self.options.keep_first_timestamp,
        )
        if not self.options.max_repeats:
            return cut, ()
        kept, repeated = cut_loops(cut.segments, self._eot, self.options.max_repeats)
        return replace(cut, segments=kept), repeated

    def _dropped(
        self, pieces: Sequence[TimedTokens], result: DecodingResult, reason: str
    ) -> list[Dropped]:
        """What is told of pieces that are left out: those that have any text."""
        sure = result.avg_logprob, result.no_speech_prob
        told = [(piece, self._writer.text(piece)) for piece in pieces]
        return [
            Dropped(piece.start, piece.end, text, reason, *sure)
            for piece, text in told
            if text.strip()
        ]

    def _speak(self, language: str) -> None:
        """Go on in a language; what was said in another is not read any more."""
        if self.options.multilingual and language != self._language:
            self._language = language
            self._history.forget()

    def _is_to_forget(self, temperature: float) -> bool:
        if not self.options.condition_on_previous_text:
            return True
        return temperature > PROMPT_RESET_TEMPERATURE
