"""The examples run, and are short enough to read at once."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from tests import stand_in

FOLDER = Path(__file__).parents[1] / "examples"
MAX_LINES = 40


def run(name: str, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in.install(monkeypatch)
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    runpy.run_path(str(FOLDER / name), run_name="__main__")


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name
)
def test_examples_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < MAX_LINES


def test_transcribe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = stand_in.write_wav(tmp_path / "a.wav")
    run("transcribe.py", str(sound), "tiny", monkeypatch=monkeypatch)
    assert capsys.readouterr().out.splitlines() == [
        "   0.00    2.00 Hello there.",
        "2 words in 3.0 s, language de",
    ]


def test_subtitles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = stand_in.write_wav(tmp_path / "a.wav")
    broken = tmp_path / "b.wav"
    broken.write_text("no sound")
    run("subtitles.py", "tiny.en", str(broken), str(sound), monkeypatch=monkeypatch)
    assert "Hello there." in (tmp_path / "a.srt").read_text()
    assert "b.wav" in capsys.readouterr().err


def test_several_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(stand_in.write_wav(tmp_path / f"{i}.wav")) for i in range(3)]
    run("several_gpus.py", "tiny", "auto,cpu", *files, monkeypatch=monkeypatch)
    printed = capsys.readouterr().out.splitlines()
    said = sorted(line.removeprefix("auto ").removeprefix("cpu ") for line in printed)
    assert said == [f"{file}: Hello there." for file in files]
