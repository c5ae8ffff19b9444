"""Every recording in `speech/formats` and `speech/broken`, good or bad."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from max_whisper.cli.main import main

Capture = pytest.CaptureFixture[str]
FLAGS = ("--model", "tiny.en", "-f", "txt", "--verbose", "False")


def test_all_formats_in_one_command(speech: Path, capsys: Capture) -> None:
    files = sorted(str(f) for f in (speech / "formats").iterdir() if f.suffix != ".txt")
    assert main(["transcribe", *files, *FLAGS]) == 0
    assert capsys.readouterr().err == ""
    assert len(os.listdir()) == len(files)


def test_a_broken_file_is_one_line_or_no_sound_to_speak_of(
    speech: Path, capsys: Capture
) -> None:
    for path in sorted((speech / "broken").iterdir()):
        code = main(["transcribe", str(path), *FLAGS])
        errors = capsys.readouterr().err.splitlines()
        if code == 0:
            assert errors == []
        else:
            [line] = errors
            assert code == 2
            assert line.startswith(f"max-whisper: {path}: expected ")
        assert Path(f"{path.stem}.txt").exists() == (code == 0)
