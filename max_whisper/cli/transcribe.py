"""`max-whisper transcribe`: files in, files out, in the manner of openai/whisper."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from max_whisper.cli.choices import chosen_dtype, subtitle_options, transcribe_options
from max_whisper.cli.messages import complain, progress_bar, progress_bars, spinner
from max_whisper.cli.outputs import (
    STANDARD_INPUT,
    output_stems,
    prepare_folder,
    write_whole,
)
from max_whisper.cli.prints import (
    print_language,
    print_line,
    print_segment,
    print_speech,
)
from max_whisper.errors import AudioError, OutputError

if TYPE_CHECKING:
    from max_whisper.api import Whisper
    from max_whisper.formats import SubtitleOptions
    from max_whisper.transcript import Transcript

DONE = 0
FAILED = 2


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
    written = 0
    with _load(arguments) as model:
        for file, transcript in _transcripts(model, readable, options, arguments):
            try:
                stem = folder / stems[file]
                _write(transcript, stem, arguments.output_format, layout)
                written += 1
            except OutputError as error:
                complain(str(error))
    return DONE if written == len(arguments.audio) else FAILED


def _transcripts(
    model: Whisper, files: Sequence[str], options: dict[str, Any], arguments: Namespace
) -> Iterator[tuple[str, Transcript]]:
    """Each file with its transcript, side by side unless the batch is to hold one."""
    if len(files) > 1 and arguments.batch_size != 1:
        yield from _transcribe_many(model, files, options, arguments.verbose)
        return
    options = options if arguments.cut_at_silence else options | {"batch_size": 1}
    for file in files:
        try:
            yield file, _transcribe_one(model, file, options, arguments.verbose)
        except AudioError as error:
            complain(str(error))


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
    print_line(
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


def _transcribe_one(
    model: Whisper, file: str, options: dict[str, Any], verbose: bool
) -> Transcript:
    """Transcribe a file, and tell of it while it is heard."""
    detects = options["language"] is None and model.is_multilingual
    if not verbose:
        with progress_bar(os.path.basename(file)) as progress:
            stream = model.segments(file, progress=progress, **options)
            if detects and stream.speech_duration != 0:
                print_language(stream.language)
            return stream.transcript()
    if detects:
        print_line(
            "Detecting language using up to the first 30 seconds. "
            "Use `--language` to specify the language"
        )
    stream = model.segments(file, **options)
    if detects and stream.speech_duration != 0:
        print_language(stream.language)
    print_speech(stream.speech_duration, stream.duration)
    for segment in stream:
        print_segment(segment)
    return stream.transcript()


def _transcribe_many(
    model: Whisper, files: Sequence[str], options: dict[str, Any], verbose: bool
) -> Iterator[tuple[str, Transcript]]:
    """Transcribe files side by side; tell of each and yield it when it is finished."""
    detects = options["language"] is None and model.is_multilingual
    with progress_bars(files, shown=not verbose) as progress:
        for outcome in model.transcribe_many(files, progress=progress, **options):
            file, transcript = files[outcome.index], outcome.transcript
            if transcript is None:
                complain(str(outcome.error))
                continue
            if verbose:
                print_line(f"{file}:")
                if detects and transcript.speech_duration != 0:
                    print_language(transcript.language)
                print_speech(transcript.speech_duration, transcript.duration)
                for segment in transcript.segments:
                    print_segment(segment)
            yield file, transcript


def _write(
    transcript: Transcript, stem: Path, output_format: str, layout: SubtitleOptions
) -> None:
    from max_whisper.formats import FORMATS, render

    formats = FORMATS if output_format == "all" else (output_format,)
    for name in formats:
        text = render(transcript, name, layout)
        write_whole(stem.with_name(f"{stem.name}.{name}"), text)
