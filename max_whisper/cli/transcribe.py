"""`max-whisper transcribe`: files in, files out, in the manner of openai/whisper."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from dataclasses import fields
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from max_whisper.cli.messages import complain, progress_bar, spinner
from max_whisper.cli.outputs import (
    STANDARD_INPUT,
    output_stems,
    prepare_folder,
    write_whole,
)
from max_whisper.decoding.checks import check_range
from max_whisper.errors import AudioError, OptionError, OutputError

if TYPE_CHECKING:
    from max_whisper.api import Whisper
    from max_whisper.formats import SubtitleOptions
    from max_whisper.transcript import Segment, Transcript

DONE = 0
FAILED = 2
LEAST_INCREMENT = 0.01
LAID_OUT = ("srt", "vtt", "all")
"""Formats that have a layout of subtitles."""


def run(arguments: Namespace) -> int:
    """Transcribe every file; those that cannot be read or written get their line.

    All that can be known to fail is found before the model is loaded.
    """
    options = transcribe_options(arguments)
    layout = subtitle_options(arguments)
    if options["vad_filter"]:
        _choose_detector(options["vad_detector"], arguments.verbose)
    stems = output_stems(arguments.audio)
    folder = Path(arguments.output_dir)
    prepare_folder(folder)
    readable = [file for file in arguments.audio if _is_readable(file)]
    if not readable:
        return FAILED
    failed = len(readable) < len(arguments.audio)
    with _load(arguments) as model:
        for file in readable:
            try:
                transcript = _transcribe(model, file, options, arguments.verbose)
                stem = folder / stems[file]
                _write(transcript, stem, arguments.output_format, layout)
            except (AudioError, OutputError) as error:
                complain(str(error))
                failed = True
    return FAILED if failed else DONE


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
    if layout.max_words_per_line and not layout.keeps_segments:
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


def print_segment(segment: Segment) -> None:
    """Print what was said and when, in a line; nothing for an empty segment."""
    from max_whisper.formats import format_timestamp

    if segment.text:
        start, end = format_timestamp(segment.start), format_timestamp(segment.end)
        _print(f"[{start} --> {end}] {segment.text}")


def _load(arguments: Namespace) -> Whisper:
    from max_whisper.api import load_model

    return load_model(
        arguments.model,
        device=arguments.device,
        dtype=chosen_dtype(arguments),
        threads=arguments.threads,
        model_dir=arguments.model_dir,
        on_compile=spinner,
    )


def _choose_detector(name: str, verbose: bool) -> None:
    """Say if the better detector is missing. Raises `OptionError` if it was named."""
    from max_whisper.vad.detect import choose_detector

    if choose_detector(name) != "energy" or name == "energy" or not verbose:
        return
    _print(
        "Finding speech by its energy. To tell it from other sounds, "
        "install Silero VAD: pip install 'max-whisper[vad]'"
    )


def _is_readable(file: str) -> bool:
    """Whether `file` begins with sound; if not, say why."""
    from max_whisper.audio.load import stream_audio

    is_stream = os.path.exists(file) and not os.path.isfile(file)
    if file == STANDARD_INPUT or (is_stream and not os.path.isdir(file)):
        return True  # it can be read only once
    try:
        next(stream_audio(file))
    except AudioError as error:
        complain(str(error))
        return False
    return True


def _transcribe(
    model: Whisper, file: str, options: dict[str, Any], verbose: bool
) -> Transcript:
    detects = options["language"] is None and model.is_multilingual
    if not verbose:
        with progress_bar(os.path.basename(file)) as progress:
            stream = model.segments(file, progress=progress, **options)
            if detects and stream.speech_duration != 0:
                _print_language(stream.language)
            return stream.transcript()
    if detects:
        _print(
            "Detecting language using up to the first 30 seconds. "
            "Use `--language` to specify the language"
        )
    stream = model.segments(file, **options)
    if detects and stream.speech_duration != 0:
        _print_language(stream.language)
    if stream.speech_duration is not None:
        _print(f"Speech: {stream.speech_duration:.1f} of {stream.duration:.1f} seconds")
    for segment in stream:
        print_segment(segment)
    return stream.transcript()


def _write(
    transcript: Transcript, stem: Path, output_format: str, layout: SubtitleOptions
) -> None:
    from max_whisper.formats import FORMATS, render

    formats = FORMATS if output_format == "all" else (output_format,)
    for name in formats:
        text = render(transcript, name, layout)
        write_whole(stem.with_name(f"{stem.name}.{name}"), text)


def _print_language(code: str) -> None:
    from max_whisper.languages import LANGUAGES

    _print(f"Detected language: {LANGUAGES[code].title()}")


def _print(line: str) -> None:
    """Print at once; what the terminal cannot show becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), flush=True)
