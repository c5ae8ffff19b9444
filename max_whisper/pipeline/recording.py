"""One recording, from its samples to its segments, in the order in which they are said.

samples ─▶ speech only ─▶ mel ─▶ language ─▶ walks ┄▶ segments ─▶ in order, with ids
         (vad_filter)                              (batches)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import AudioSource, load_audio, stream_audio
from max_whisper.decoding.language import resolve_language
from max_whisper.engine.protocol import Engine, Mel
from max_whisper.pipeline.journal import JournalPlan
from max_whisper.pipeline.language import Language, choose_language
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.pieces import PAUSE, cut_at_silence
from max_whisper.pipeline.speech import in_recording
from max_whisper.pipeline.transcript import transcript_text
from max_whisper.pipeline.walk import Walk
from max_whisper.pipeline.windows import Windows, seek_clips
from max_whisper.tokenizer import Tokenizer
from max_whisper.transcript import Dropped, Segment, Transcript
from max_whisper.vad.detect import find_speech
from max_whisper.vad.speech_map import SpeechMap

DEFAULT_LANGUAGE = "en"
"""The language of a recording in which nobody speaks, if none is given."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a transcription is, in mel frames of 10 ms."""

    done_frames: int
    total_frames: int

    @property
    def fraction(self) -> float:
        """From 0 to 1, at the end; nothing is done at once."""
        return self.done_frames / self.total_frames if self.total_frames else 1.0


@dataclass(frozen=True, slots=True)
class Sound:
    """What is heard of a recording that lasts `duration` seconds.

    `speech` says where that lies in it; None if it is all.
    """

    mel: Mel
    duration: float
    speech: SpeechMap | None = None


class Recording:
    """What is known of a recording from the start, and the walks through it.

    Every walk has a window to hear.
    """

    def __init__(self, language: Language, sound: Sound, walks: Sequence[Walk]) -> None:
        self.language = language
        self.duration = sound.duration
        self.walks = walks
        self._speech = sound.speech
        self._total_frames = len(sound.mel.frames)
        self._held: dict[Walk, list[Segment]] = {walk: [] for walk in walks}
        self._ids = count()

    @property
    def speech_duration(self) -> float | None:
        """Seconds of it that are heard; None without `vad_filter`."""
        return None if self._speech is None else self._speech.duration

    @property
    def progress(self) -> Progress:
        """How far the walks are, together."""
        total = self._total_frames
        before = self.walks[0].first if self.walks else total
        done = sum(walk.seek - walk.first for walk in self.walks)
        return Progress(min(before + done, total), total)

    @property
    def is_done(self) -> bool:
        """Whether all walks are at their end."""
        return not any(walk.window for walk in self.walks)

    def add(self, walk: Walk, segments: Sequence[Segment]) -> list[Segment]:
        """What can be told by now, once `walk` has heard `segments`.

        The segments of a piece wait until all pieces before it are done.
        """
        self._held[walk] += segments
        told: list[Segment] = []
        for one, held in self._held.items():
            told += held
            held.clear()
            if one.window:
                break
        numbered = [replace(segment, id=next(self._ids)) for segment in told]
        return (
            numbered
            if self._speech is None
            else [*in_recording(numbered, self._speech)]
        )

    def close(self) -> None:
        """Leave the journal to others."""
        for walk in self.walks:
            if walk.journal is not None:
                walk.journal.close()

    def transcript(
        self, tokenizer: Tokenizer, segments: Sequence[Segment]
    ) -> Transcript:
        """All that was said, and what is known of the recording."""
        return Transcript(
            text=transcript_text(tokenizer, segments),
            segments=tuple(segments),
            language=self.language.code,
            language_probability=self.language.probability,
            duration=self.duration,
            speech_duration=self.speech_duration,
            dropped=tuple(self._dropped()),
        )

    def _dropped(self) -> Iterator[Dropped]:
        """What the walks left out, at the times of the recording."""
        for dropped in (one for walk in self.walks for one in walk.dropped):
            start, end = dropped.start, dropped.end
            if self._speech is not None:
                start, end = self._speech.interval(start, end)
            yield replace(dropped, start=start, end=end)


def open_recording(
    engine: Engine,
    tokenizer: Tokenizer,
    source: AudioSource,
    options: TranscribeOptions,
    journal: JournalPlan | None = None,
) -> Recording:
    """Read a recording, find its language and where the walks through it begin.

    Its samples are never in memory as a whole, unless speech is to be found in them.
    What its journal has of it is not heard again.
    Raises `AudioError` for what is no sound, and `OptionError` for a language that is
    unknown or that the model lacks, or for a detector of speech that is not installed.
    """
    sound = _speech(engine, source, options) if options.vad_filter else None
    if sound is None:
        mel = engine.log_mel(stream_audio(source))
        sound = Sound(mel, mel.samples / SAMPLE_RATE)
    if sound.mel.samples:
        language = choose_language(engine, tokenizer, sound.mel, options)
    else:
        code = resolve_language(tokenizer, options.decoding)
        language = Language(code or DEFAULT_LANGUAGE)
    options = options.in_language(language.code)
    walks = walks_through(engine, tokenizer, sound.mel, options)
    if journal and walks:
        opened = journal.open(sound.mel, options)
        for walk in walks:
            walk.journal = opened
    return Recording(language, sound, walks)


def _speech(engine: Engine, source: AudioSource, options: TranscribeOptions) -> Sound:
    """Only where somebody speaks."""
    samples = load_audio(source)
    speech = find_speech(samples, options.vad)
    mel = engine.log_mel([speech.join(samples)])
    return Sound(mel, samples.size / SAMPLE_RATE, speech)


def walks_through(
    engine: Engine, tokenizer: Tokenizer, mel: Mel, options: TranscribeOptions
) -> list[Walk]:
    """One walk through all clips, or one through each piece that is cut at silence."""
    walks = [
        Walk(engine, tokenizer, mel, windows, chosen)
        for windows, chosen in _parts(mel, options, engine.config.num_frames)
    ]
    walks = [walk for walk in walks if walk.window]
    for number, walk in enumerate(walks):
        walk.number = number
    return walks


def _parts(
    mel: Mel, options: TranscribeOptions, longest: int
) -> Iterator[tuple[Windows, TranscribeOptions]]:
    """The windows of each walk, and its options: the initial prompt is the first one's,
    unless it is carried.
    """
    clips = seek_clips(options.clip_timestamps, len(mel.frames))
    if not options.cut_at_silence:
        yield Windows(clips, longest), options
        return
    ends = {end for _, end in clips}
    for piece in cut_at_silence(mel, clips, longest):
        # The last frames before a cut are half of the pause that it is made in.
        shortest = 1 if piece[1] in ends else PAUSE // 2
        yield Windows([piece], longest, shortest), options
        if not options.carry_initial_prompt:
            options = replace(options, initial_prompt=None)
