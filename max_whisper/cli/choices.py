"""What the flags of a command mean together, as options of the package."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import fields
from math import ceil
from typing import TYPE_CHECKING, Any

from max_whisper.errors import OptionError
from max_whisper.option import check_range

if TYPE_CHECKING:
    from max_whisper.formats import SubtitleOptions

LEAST_INCREMENT = 0.01
LAID_OUT = ("srt", "vtt", "all")
"""Formats that have a layout of subtitles."""


def transcribe_options(arguments: Namespace) -> dict[str, Any]:
    """The keywords of `Whisper.transcribe` that the flags mean.

    Raises `OptionError` for those that do not fit together.
    """
    from max_whisper.pipeline.options import TranscribeOptions

    flags = vars(arguments)
    options = {name: flags[name] for name in TranscribeOptions.keywords()}
    options["temperature"] = temperatures(
        arguments.temperature, arguments.temperature_increment_on_fallback
    )
    TranscribeOptions.from_keywords(**options)
    return options


def subtitle_options(arguments: Namespace) -> SubtitleOptions:
    """How subtitles are laid out.

    Raises `OptionError` for a layout that needs what was not asked for.
    """
    from max_whisper.formats import SubtitleOptions

    names = [field.name for field in fields(SubtitleOptions)]
    layout = SubtitleOptions(**{name: getattr(arguments, name) for name in names})
    if not layout.chosen:
        return layout
    flag = f"--{layout.chosen[0]}"
    if not arguments.word_timestamps:
        raise OptionError(
            f"expected --word_timestamps True with {flag}, found False; add it, or "
            "leave the layout out"
        )
    if arguments.output_format not in LAID_OUT:
        raise OptionError(
            f"expected a format of subtitles with {flag}, found "
            f"{arguments.output_format}; use -f srt, or leave the layout out"
        )
    if layout.max_line_count and not layout.max_line_width:
        raise OptionError(
            "expected --max_line_width with --max_line_count, found none; add it"
        )
    if layout.max_words_per_line and not layout.keeps_groups:
        raise OptionError(
            "expected --max_words_per_line or --max_line_count, found both; leave one "
            "out"
        )
    return layout


def temperatures(first: float, increment: float | None) -> tuple[float, ...]:
    """The temperatures to try: up to 1 by `increment`, or only the first.

    The floats are those of `numpy.arange`, which openai/whisper uses.

    >>> temperatures(0.0, 0.5), temperatures(0.3, None)
    ((0.0, 0.5, 1.0), (0.3,))
    """
    if increment is None:
        return (first,)
    check_range("temperature", first, 0)
    check_range("temperature_increment_on_fallback", increment, LEAST_INCREMENT)
    count = ceil(max(1.0 + 1e-6 - first, 0) / increment)
    step = (first + increment) - first
    return tuple(first + i * step for i in range(count)) or (first,)


def chosen_dtype(arguments: Namespace) -> str:
    """The dtype that `--dtype` and OpenAI's `--fp16` mean together."""
    dtype: str = arguments.dtype
    if arguments.fp16 is not False:
        return dtype
    if dtype not in ("auto", "float32"):
        raise OptionError(
            f"expected --fp16 False or --dtype {dtype}, found both; leave one out"
        )
    return "float32"
