"""The door: a name in, a Whisper out, which turns sound into typed transcripts.

The keyword arguments are those of `transcribe()` in openai/whisper, under its names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import repeat
from pathlib import PurePath
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from max_whisper.audio.constants import HOP_LENGTH
from max_whisper.audio.load import AudioSource, stream_audio
from max_whisper.config import WhisperConfig
from max_whisper.decoding.language import detect_language, resolve_language
from max_whisper.engine.devices import settled
from max_whisper.engine.load import load_engine
from max_whisper.engine.options import EngineOptions
from max_whisper.engine.protocol import Engine
from max_whisper.errors import CheckpointError, OptionError
from max_whisper.pipeline.journal import JournalPlan
from max_whisper.pipeline.many import ManyRecordings, OnFileProgress, Outcome
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.recording import open_recording
from max_whisper.pipeline.stream import OnProgress, SegmentStream, transcribe
from max_whisper.tokenizer import Tokenizer
from max_whisper.tokenizer.special_tokens import TIMESTAMPS
from max_whisper.transcript import Transcript
from max_whisper.vad.detect import choose_detector
from max_whisper.weights import Checkpoint, load_checkpoint

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from max_whisper.pipeline.keywords import Keywords

OnCompile: TypeAlias = Callable[[str], AbstractContextManager[None]]

JournalPath: TypeAlias = str | os.PathLike[str]

OPENAI_VOCAB_SIZES = (51864, 51865, 51866)
"""Vocabularies without padding: their last token is the last of the timestamps."""


def load_model(
    name_or_path: str | os.PathLike[str],
    *,
    device: str = "auto",
    dtype: str = "auto",
    threads: int = 0,
    model_dir: str | os.PathLike[str] | None = None,
    on_compile: OnCompile | None = None,
) -> Whisper:
    """Load a Whisper: a short name, `owner/name` on the hub, a folder, or a `.pt`.

    `demo` is the small model in the box, which needs no network.

    The first use of a model on a machine compiles its graphs; they are kept for the
    next time. `on_compile(reason)` makes the context in which that happens, such as a
    spinner; without it the reason is logged. `model_dir` stands in for the hub's cache.

    Raises `OptionError`, `DeviceError` or `CheckpointError`.
    """
    options = EngineOptions(device=device, dtype=dtype, threads=threads)
    options = settled(options)  # what cannot be is told before anything is downloaded
    checkpoint = load_checkpoint(name_or_path, cache_dir=model_dir)
    tokenizer = Tokenizer.from_json(
        checkpoint.tokenizer_json, is_multilingual=checkpoint.is_multilingual
    )
    _verify_tokenizer(tokenizer, checkpoint.config)
    engine = load_engine(checkpoint.config, checkpoint.weights, options, on_compile)
    return Whisper(checkpoint, tokenizer, engine)


@dataclass(frozen=True, slots=True)
class DetectedLanguage:
    """The likeliest language of a recording, and how likely every one is.

    `probabilities` is code to probability, likeliest first, and adds up to one.
    """

    language: str
    probability: float
    probabilities: Mapping[str, float]


class Whisper:
    """One loaded model. Close it, or use it in a `with`, to give its memory back."""

    def __init__(
        self, checkpoint: Checkpoint, tokenizer: Tokenizer, engine: Engine
    ) -> None:
        self.name = checkpoint.name
        self.config: WhisperConfig = checkpoint.config
        self.is_multilingual = checkpoint.is_multilingual
        self._tokenizer = tokenizer
        self._engine = engine
        facts = checkpoint.config, checkpoint.fingerprint, engine.runs_on
        self._identity = repr(facts)

    @property
    def runs_on(self) -> str:
        """The device and the precision, such as `gpu, bfloat16`."""
        return self._engine.runs_on

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that this model has learnt."""
        return (
            tuple(self._tokenizer.language_tokens) if self.is_multilingual else ("en",)
        )

    def transcribe(
        self,
        audio: AudioSource,
        *,
        progress: OnProgress | None = None,
        journal: JournalPath | None = None,
        **options: Unpack[Keywords],
    ) -> Transcript:
        """Turn `audio` into its transcript.

        `audio` is a path, `-` for standard input, bytes, a binary file object, or
        samples at 16 kHz. `options` are OpenAI's: `language`, `task`, `temperature`,
        `beam_size`, `initial_prompt`, … `progress` is called after every window.

        `journal` names a file that keeps what was heard. If it has windows of this
        recording, heard by this model with these options, the transcription goes on
        after them; it is yours to delete.

        Raises `AudioError` for what is not sound, `OptionError` for a choice that is
        unknown or that this model cannot honour, `OutputError` for a journal that
        cannot be written, or that another transcription writes, and `DeviceError` for
        a GPU that fails.
        """
        stream = self.segments(audio, progress=progress, journal=journal, **options)
        return stream.transcript()

    def segments(
        self,
        audio: AudioSource,
        *,
        progress: OnProgress | None = None,
        journal: JournalPath | None = None,
        **options: Unpack[Keywords],
    ) -> SegmentStream:
        """Begin the transcript of `audio` and yield its segments as they come.

        Takes what `transcribe` takes. Options and sound are checked, and the language
        and with `vad_filter` the speech are found in this call; the windows are
        transcribed while the stream is read.
        """
        chosen = self._checked(options)
        chosen.verify_for_one()
        engine, tokenizer = self._engine, self._tokenizer
        plan = None if journal is None else JournalPlan(journal, self._identity)
        recording = open_recording(engine, tokenizer, audio, chosen, plan)
        segments = transcribe(engine, tokenizer, recording, chosen, progress)
        return SegmentStream(segments, recording, tokenizer)

    def transcribe_many(
        self,
        sources: Iterable[AudioSource],
        *,
        progress: OnFileProgress | None = None,
        journals: Sequence[JournalPath] | None = None,
        **options: Unpack[Keywords],
    ) -> Iterator[Outcome]:
        """Transcribe many recordings side by side; yield each when it is finished.

        Takes what `transcribe` takes, and gives the same text (but for a GPU's
        rounding): windows of several recordings share a batch of `batch_size`. A source
        is opened when there is room for it; one that is not sound ends in an `Outcome`
        with its error, and the others go on. `progress` is called after every window
        with the place of its recording among all; `journals`, if given, has a journal
        for each of them, and then there must be a known number of sources.

        Raises `OptionError` and `DeviceError` as `transcribe` does, and `OutputError`
        for a journal that can no longer be written: then the others go on from theirs
        another time.
        """
        chosen = self._checked(options)
        plans: Iterable[JournalPlan | None] = repeat(None)
        if journals is not None:
            sources = list(sources)
            plans = [JournalPlan(path, self._identity) for path in journals]
            names = {os.fspath(path) for path in journals}
            if not len(names) == len(journals) == len(sources):
                raise OptionError(
                    f"expected a journal for each of {len(sources)} sources, found "
                    f"{len(names)} for {len(journals)}; name as many files"
                )
        pairs = zip(sources, plans, strict=False)
        many = ManyRecordings(self._engine, self._tokenizer, pairs, chosen)
        return many.outcomes(progress)

    def detect_language(self, audio: AudioSource) -> DetectedLanguage:
        """Find the language that is spoken in the first window (30 s) of `audio`.

        An English-only model answers English. Raises `AudioError` or `DeviceError`.
        """
        window = np.zeros(self.config.num_frames * HOP_LENGTH, np.float32)
        filled = 0
        for piece in stream_audio(audio):
            room = window[filled:]
            room[: piece.size] = piece[: room.size]
            filled += piece.size
            if filled >= window.size:
                break
        if not self.is_multilingual:
            return DetectedLanguage("en", 1.0, {"en": 1.0})
        mel = self._engine.log_mel([window])
        features = self._engine.encode(mel.frames[:][np.newaxis])
        [found] = detect_language(self._engine, self._tokenizer, features)
        ranked = dict(sorted(found.items(), key=lambda pair: -pair[1]))
        language = next(iter(ranked))
        return DetectedLanguage(language, ranked[language], ranked)

    def close(self) -> None:
        """Give the model's memory back; it cannot be used afterwards."""
        self._engine.close()

    def __enter__(self) -> Whisper:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Whisper {self.name}>"

    def _checked(self, keywords: Mapping[str, object]) -> TranscribeOptions:
        """The options that keywords mean, as far as this model can honour them."""
        options = TranscribeOptions.from_keywords(**keywords)
        self._verify_task(options)
        resolve_language(self._tokenizer, options.decoding)
        if options.vad_filter:
            choose_detector(options.vad.detector)
        return options

    def _verify_task(self, options: TranscribeOptions) -> None:
        if options.decoding.task != "translate":
            return
        if cannot_translate(self.name, self.config):
            raise OptionError(
                f"expected a model that can translate, found {self.name}, which as a "
                "distilled or turbo model was trained without; use large-v3 or medium"
            )


def cannot_translate(name: str, config: WhisperConfig) -> bool:
    """Whether a model is known to transcribe when asked to translate.

    Turbo and distilled models are, which are known by name or by a decoder that has
    lost layers: in the other Whispers it is as deep as the encoder.
    """
    if config.decoder_layers < config.encoder_layers:
        return True
    last = PurePath(name).name.removesuffix(".pt").removeprefix("whisper-")
    return last in ("turbo", "large-v3-turbo") or last.startswith("distil-")


def _verify_tokenizer(tokenizer: Tokenizer, config: WhisperConfig) -> None:
    """Raise `CheckpointError` for the tokenizer of another model.

    A vocabulary may be padded, unless its size is one of OpenAI's.
    """
    size = config.vocab_size
    is_exact = size in OPENAI_VOCAB_SIZES
    times = len(TIMESTAMPS) if is_exact else config.max_source_positions + 1
    end = tokenizer.timestamp_begin + times
    if end > size or (is_exact and end < size):
        raise CheckpointError(
            f"expected a tokenizer of {size} tokens, as config.json says, found one of "
            f"{end}; is tokenizer.json that of another model?"
        )
