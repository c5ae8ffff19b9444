"""`max-whisper demo`: what it prints, and that its flags reach the model."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from max_whisper import api
from max_whisper.cli.main import main
from tests import stand_in

Capture = pytest.CaptureFixture[str]
SECONDS = re.compile(r" +\d+\.\d\d s$")
PHASES = ["load", "read the sound", "log-mel", "encode and decode"]


def test_prints_words_seconds_and_what_to_do_next(capsys: Capture) -> None:
    assert main(["demo"]) == 0
    found = capsys.readouterr()
    segments, phases, speed, real_model = found.out.split("\n\n")
    assert segments == f"[00:00.000 --> 00:02.000] {stand_in.SENTENCE}"
    assert [SECONDS.sub("", line) for line in phases.splitlines()] == PHASES
    took, place = speed.split(" (")
    assert re.fullmatch(
        r"\d+\.\d s of sound in \d+\.\d\d s: \d+\.\d s of sound a second", took
    )
    assert place == "cpu, auto)"
    assert "max-whisper transcribe speech.mp3 --model tiny.en" in real_model
    assert found.err == ""


def test_writes_nothing_and_closes_the_model(
    engines: list[stand_in.StandInEngine],
) -> None:
    assert main(["demo"]) == 0
    assert os.listdir() == []
    assert [engine.closed for engine in engines] == [True]


def test_the_wait_of_a_compilation_gets_its_reason_and_its_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    load_engine = api.load_engine

    def compile_first(*arguments: Any) -> Any:
        on_compile = arguments[-1]
        with on_compile("Compiling, once"):
            return load_engine(*arguments)

    monkeypatch.setattr(api, "load_engine", compile_first)
    assert main(["demo"]) == 0
    found = capsys.readouterr()
    assert found.err == "Compiling, once\n"
    lines = found.out.split("\n\n")[1].splitlines()
    phases = [SECONDS.sub("", line) for line in lines]
    assert phases == ["load", "compile", *PHASES[1:]]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--dtype", "float8"], "float8"),
        (["--threads", "many"], "--threads"),
        (["--model", "tiny"], "--model"),
        (["speech.mp3"], "speech.mp3"),
    ],
)
def test_a_bad_choice_is_one_line(
    flags: list[str], message: str, capsys: Capture
) -> None:
    assert main(["demo", *flags]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("max-whisper: ") and message in line


def test_flags_reach_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []
    load_engine = api.load_engine

    def note_options(*arguments: Any) -> Any:
        chosen.append(arguments[2])
        return load_engine(*arguments)

    monkeypatch.setattr(api, "load_engine", note_options)
    monkeypatch.setattr(api, "settled", lambda options: options)
    flags = ["--device", "cpu", "--dtype", "float32", "--threads", "1"]
    assert main(["demo", *flags]) == 0
    [options] = chosen
    assert (options.device, options.dtype, options.threads) == ("cpu", "float32", 1)
