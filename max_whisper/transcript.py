"""What comes out: words, segments and the transcript, frozen and plain."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its times in seconds and the model's confidence in 0..1."""

    word: str
    start: float
    end: float
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """The word as the dictionary of openai/whisper."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Segment:
    """One timed piece of text, with the fields of a segment in openai/whisper.

    `seek` is the mel frame (10 ms) at which the window began; `start` and `end` are
    seconds; `words` is None unless word times were asked for, and empty in a segment
    that was emptied because it said nothing or took no time; `language` is a code, None
    unless each window is asked for its own (`multilingual`).
    """

    id: int
    seek: int
    start: float
    end: float
    text: str
    tokens: tuple[int, ...]
    temperature: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    words: tuple[Word, ...] | None = None
    language: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The segment as the dictionary of openai/whisper."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields["tokens"] = list(self.tokens)
        words, language = fields.pop("words"), fields.pop("language")
        if words is not None:
            fields["words"] = [word.to_dict() for word in words]
        if language is not None:
            fields["language"] = language
        return fields


@dataclass(frozen=True, slots=True)
class Dropped:
    """A text that was heard and left out, from `start` to `end` in seconds.

    `reason` is `no speech`, by the thresholds of silence, `repetition`, by the number
    of repeats, `silence around it`, by the threshold of hallucinations, or `no
    duration`, where it ends as it begins, which openai/whisper empties too.
    """

    start: float
    end: float
    text: str
    reason: str
    avg_logprob: float
    no_speech_prob: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """All of a recording: its text, its segments and its language code.

    `language_probability` is how sure the model was of it: None if it was not asked.
    `duration` is the length of the sound in seconds, `speech_duration` that of the
    speech in it: None if the silences were transcribed too. `dropped` is what was heard
    and left out.
    """

    text: str
    segments: tuple[Segment, ...]
    language: str
    duration: float
    speech_duration: float | None = None
    language_probability: float | None = None
    dropped: tuple[Dropped, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The result as the dictionary of `transcribe()` in openai/whisper."""
        return {
            "text": self.text,
            "segments": [segment.to_dict() for segment in self.segments],
            "language": self.language,
        }
