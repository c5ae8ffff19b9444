"""All formats by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from max_whisper.errors import OptionError
from max_whisper.formats.json_file import to_json
from max_whisper.formats.layout import SubtitleOptions
from max_whisper.formats.subtitles import to_srt, to_vtt
from max_whisper.formats.text import to_tsv, to_txt
from max_whisper.transcript import Transcript

Writer: TypeAlias = Callable[[Transcript, SubtitleOptions], str]


def _without_layout(writer: Callable[[Transcript], str]) -> Writer:
    return lambda transcript, _: writer(transcript)


FORMATS: Mapping[str, Writer] = {
    "txt": _without_layout(to_txt),
    "vtt": to_vtt,
    "srt": to_srt,
    "tsv": _without_layout(to_tsv),
    "json": _without_layout(to_json),
}
"""Name of a format, which is its file extension too, to its writer."""


def render(
    transcript: Transcript, format: str, subtitles: SubtitleOptions | None = None
) -> str:
    """The text of a file in `format`, a name in `FORMATS`.

    `subtitles` lays out srt and vtt; the other formats have no layout. Raises
    `OptionError` for an unknown format, and for a layout without word times.
    """
    if format not in FORMATS:
        raise OptionError(
            f"expected a format out of {', '.join(FORMATS)}, found {format!r}"
        )
    return FORMATS[format](transcript, subtitles or SubtitleOptions())
