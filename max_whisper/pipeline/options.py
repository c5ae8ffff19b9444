"""How a recording is transcribed: the keywords of `transcribe` in openai/whisper.

`hotwords` and what is said of languages are those of faster-whisper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any

from max_whisper.decoding.options import DecodingOptions, FallbackOptions
from max_whisper.errors import OptionError
from max_whisper.option import (
    check_flag,
    check_range,
    check_text,
    check_whole,
    option,
    refused,
)
from max_whisper.pipeline.windows import parse_clips
from max_whisper.vad.options import VadOptions

VAD_KEYWORDS = {f"vad_{f.name}": f.name for f in fields(VadOptions)}
"""The flat keywords of voice activity detection, and their fields."""


WORD_OPTIONS = (
    "prepend_punctuations",
    "append_punctuations",
    "hallucination_silence_threshold",
)
"""What has no effect without the times of words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribeOptions(FallbackOptions):
    """The choices for a recording; those for each window are in `decoding`.

    `vad` says how speech is found if `vad_filter` is on.
    `decoding` has neither a temperature nor a prompt of its own: both change from
    window to window. Raises `OptionError` for values out of range.
    """

    multilingual: bool = option(
        False,
        "ask each window for its language, for recordings that mix several; it changes "
        "where another one reaches the language_detection_threshold",
    )
    language_detection_threshold: float = option(
        0.5,
        "how likely a language must be in a window to be taken without asking further",
    )
    language_detection_segments: int = option(
        1,
        "how many windows are asked for the language at most; if none is sure enough, "
        "all of them decide",
    )
    condition_on_previous_text: bool = option(
        True, "let each window read what was said before; off, it repeats itself less"
    )
    initial_prompt: str | None = option(
        None, "text that the first window reads before: names, spelling, style"
    )
    carry_initial_prompt: bool = option(
        False, "let every window read the initial prompt"
    )
    hotwords: str | None = option(
        None, "words that every window reads before all else, unless there is a prefix"
    )
    clip_timestamps: str | Sequence[float] = option(
        "0",
        "start,end,start,end,… in seconds of the clips to transcribe; the last "
        "end may be left out",
    )
    keep_first_timestamp: bool = option(
        False,
        "let a window's only segment begin at its own first timestamp; off, it begins "
        "with the window, up to a second early, as openai/whisper has it",
    )
    word_timestamps: bool = option(
        False, "find the times of words; those of translations are less reliable"
    )
    prepend_punctuations: str = option(
        "\"'“¿([{-", "marks that belong to the word after them, in word times"
    )
    append_punctuations: str = option(
        "\"'.。,，!！?？:：”)]}、", "marks that belong to the word before them"
    )
    hallucination_silence_threshold: float | None = option(
        None,
        "with word times: drop what is probably no speech and has so many seconds of "
        "silence around it",
    )
    max_repeats: int = option(
        0,
        "say a phrase once that a window says more than so many times in a row; 0 is "
        "off",
    )
    vad_filter: bool = option(False, "transcribe only where somebody speaks")
    cut_at_silence: bool = option(
        False,
        "hear the pieces between silences, of 30 s at most, by themselves, so that "
        "they can be decoded side by side; not with condition_on_previous_text",
    )
    batch_size: int | str = option(
        "auto",
        "windows to decode side by side, of many files or of pieces cut at silence: it "
        "changes the speed, not the text (but for a GPU's rounding); auto suits the "
        "device",
    )
    vad: VadOptions = field(default_factory=VadOptions)
    decoding: DecodingOptions = field(default_factory=DecodingOptions)

    def __post_init__(self) -> None:
        FallbackOptions.__post_init__(self)  # slots: super() has lost its class
        self._check_language()
        check_flag("condition_on_previous_text", self.condition_on_previous_text)
        check_flag("carry_initial_prompt", self.carry_initial_prompt)
        if self.initial_prompt is not None:
            check_text("initial_prompt", self.initial_prompt)
        if self.hotwords is not None:
            check_text("hotwords", self.hotwords)
        check_flag("keep_first_timestamp", self.keep_first_timestamp)
        check_whole("max_repeats", self.max_repeats, 0)
        clips = parse_clips(self.clip_timestamps)
        check_flag("vad_filter", self.vad_filter)
        self._check_batches()
        self._check_vad(whole=clips in ((), (0.0,)))
        self._check_words()
        if self.decoding.prompt is not None:
            raise refused("prompt", "initial_prompt in place of it", "prompt")
        if self.decoding.temperature != 0:
            found = self.decoding.temperature
            raise refused("decoding.temperature", "temperature in place of it", found)

    def _check_vad(self, *, whole: bool) -> None:
        """`whole` says whether all of the recording is heard."""
        if self.vad_filter and not whole:
            raise OptionError(
                "expected vad_filter or clip_timestamps, found both; leave one out"
            )
        usual = VadOptions()
        for keyword, name in VAD_KEYWORDS.items():
            if not self.vad_filter and getattr(self.vad, name) != getattr(usual, name):
                raise OptionError(
                    f"expected vad_filter with {keyword}, found it off; switch it on, "
                    f"or leave {keyword} out"
                )

    def _check_language(self) -> None:
        check_flag("multilingual", self.multilingual)
        threshold = self.language_detection_threshold
        check_range("language_detection_threshold", threshold, 0, 1)
        check_whole("language_detection_segments", self.language_detection_segments, 1)

    def _check_batches(self) -> None:
        check_flag("cut_at_silence", self.cut_at_silence)
        if isinstance(self.batch_size, str) and self.batch_size != "auto":
            raise refused("batch_size", "a whole number or auto", self.batch_size)
        if self.batch_size != "auto":
            check_whole("batch_size", self.batch_size, 1)
        if self.cut_at_silence and self.condition_on_previous_text:
            raise OptionError(
                "expected condition_on_previous_text=False with cut_at_silence, found "
                "True; pieces that are heard by themselves read nothing before them"
            )

    def _check_words(self) -> None:
        check_flag("word_timestamps", self.word_timestamps)
        check_text("prepend_punctuations", self.prepend_punctuations)
        check_text("append_punctuations", self.append_punctuations)
        threshold = self.hallucination_silence_threshold
        if threshold is not None:
            check_range("hallucination_silence_threshold", threshold, 0)
        defaults = {f.name: f.default for f in fields(self)}
        for name in WORD_OPTIONS:
            if not self.word_timestamps and getattr(self, name) != defaults[name]:
                raise OptionError(
                    f"expected word_timestamps=True with {name}, found False; "
                    f"switch it on, or leave {name} out"
                )

    @classmethod
    def from_keywords(cls, **keywords: Any) -> TranscribeOptions:
        """Take OpenAI's flat keywords; `temperature` is one number or several.

        Raises `OptionError` for names that are unknown, with the nearest one.
        """
        known = cls.keywords()
        for name in keywords:
            if name not in known:
                raise _unknown(name, list(known))
        own = {f.name for f in fields(cls)} - {"vad", "decoding"}
        values = {name: v for name, v in keywords.items() if name in own}
        if "temperature" in values:
            values["temperature"] = _several(values["temperature"])
        inner = {name: v for name, v in keywords.items() if name not in own}
        vad = {VAD_KEYWORDS[n]: inner.pop(n) for n in keywords if n in VAD_KEYWORDS}
        decoding = DecodingOptions(**inner)
        return cls(**values, vad=VadOptions(**vad), decoding=decoding)

    @classmethod
    def keywords(cls) -> dict[str, Field[Any]]:
        """The flat keywords, each with its field: type, default and help text."""
        inner = {f.name: f for f in fields(DecodingOptions) if f.name != "prompt"}
        outer = {f.name: f for f in fields(cls) if f.name not in ("vad", "decoding")}
        found = {f.name: f for f in fields(VadOptions)}
        return inner | outer | {k: found[name] for k, name in VAD_KEYWORDS.items()}

    def verify_for_one(self) -> None:
        """Raise `OptionError` for a batch that a single recording cannot fill."""
        if not self.cut_at_silence and self.batch_size not in ("auto", 1):
            raise OptionError(
                f"expected cut_at_silence=True with batch_size={self.batch_size} for "
                "one recording, found False; its windows follow one another, so cut "
                "it, or leave batch_size out"
            )

    def in_language(self, language: str) -> TranscribeOptions:
        """These options, with the language settled."""
        return replace(self, decoding=replace(self.decoding, language=language))


def _several(temperature: object) -> tuple[Any, ...]:
    """One temperature or several; whether they are numbers is asked later."""
    if isinstance(temperature, Iterable) and not isinstance(temperature, str):
        return tuple(temperature)
    return (temperature,)


ELSEWHERE = {
    **dict.fromkeys(("fp16", "compute_type"), "precision is load_model(dtype=…)"),
    **dict.fromkeys(
        ("verbose", "log_progress"),
        "nothing is printed; read segments(), or give progress=…",
    ),
    "vad_parameters": "they are options of their own, such as vad_threshold=0.6",
    "chunk_length": "a window is as long as the model's, 30 s",
}
"""Keywords of openai/whisper and faster-whisper that have another place here."""


def _unknown(name: str, known: list[str]) -> OptionError:
    if name in ELSEWHERE:
        return OptionError(
            f"expected an option of transcribe, found {name!r}; {ELSEWHERE[name]}"
        )
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
    return OptionError(f"expected an option of transcribe, found {name!r}; {hint}")
