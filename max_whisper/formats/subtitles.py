"""Subtitles as SubRip (srt) and WebVTT (vtt), byte for byte as openai/whisper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from max_whisper.errors import OptionError
from max_whisper.formats.layout import Subtitle, SubtitleOptions, subtitles
from max_whisper.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Cue:
    """A text and the seconds between which it is shown."""

    start: float
    end: float
    text: str


def to_srt(transcript: Transcript, options: SubtitleOptions) -> str:
    """Numbered cues with `HH:MM:SS,mmm`."""
    return "".join(
        f"{number}\n{_srt_time(cue.start)} --> {_srt_time(cue.end)}\n{cue.text}\n\n"
        for number, cue in enumerate(_cues(transcript, options), start=1)
    )


def to_vtt(transcript: Transcript, options: SubtitleOptions) -> str:
    """A header, then cues with `MM:SS.mmm`, and with hours after the first."""
    return "WEBVTT\n\n" + "".join(
        f"{format_timestamp(cue.start)} --> {format_timestamp(cue.end)}\n{cue.text}\n\n"
        for cue in _cues(transcript, options)
    )


def format_timestamp(
    seconds: float, *, always_include_hours: bool = False, decimal_marker: str = "."
) -> str:
    """Seconds as a clock shows them, to the millisecond.

    >>> format_timestamp(3661.5), format_timestamp(1.5)
    ('01:01:01.500', '00:01.500')
    """
    whole, milliseconds = divmod(round(seconds * 1000.0), 1000)
    minutes, whole = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours:02d}:" if always_include_hours or hours else ""
    return f"{clock}{minutes:02d}:{whole:02d}{decimal_marker}{milliseconds:03d}"


def _srt_time(seconds: float) -> str:
    return format_timestamp(seconds, always_include_hours=True, decimal_marker=",")


def _cues(transcript: Transcript, options: SubtitleOptions) -> Iterator[Cue]:
    """Cues by words where the transcript has word times, otherwise by segments.

    An emptied segment has words, none, in any transcript. openai/whisper asks the first
    segment alone, and breaks if that is an emptied one before others without words.
    """
    segments = transcript.segments
    if all(segment.words is not None for segment in segments):
        for subtitle in subtitles(segments, options):
            yield from _word_cues(subtitle, highlight=options.highlight_words)
        return
    if options.chosen:
        raise OptionError(
            f"expected word times for {', '.join(options.chosen)}, found none; "
            "transcribe with word_timestamps"
        )
    for segment in segments:
        text = segment.text.strip().replace("-->", "->")
        yield Cue(segment.start, segment.end, text)


def _word_cues(subtitle: Subtitle, *, highlight: bool) -> Iterator[Cue]:
    """The subtitle once, or once a word and once a gap between words."""
    words = subtitle.words
    texts = [word.word for word in words]
    if not highlight:
        yield Cue(words[0].start, words[-1].end, "".join(texts))
        return
    last = words[0].start
    for place, word in enumerate(words):
        if format_timestamp(last) != format_timestamp(word.start):
            yield Cue(last, word.start, "".join(texts))
        marked = [*texts[:place], _underline(word.word), *texts[place + 1 :]]
        yield Cue(word.start, word.end, "".join(marked))
        last = word.end


def _underline(text: str) -> str:
    """Underline `text` but not the white space before it."""
    return re.sub(r"^(\s*)(.*)$", r"\1<u>\2</u>", text)
