"""The README's commands and programs run, as they stand there.

They run twice: on a stand-in model, and as processes on a real one where it is there.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from max_whisper.cli.main import main
from tests import stand_in

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SOUNDS = ("speech.mp3", "talk.mp4")
NOT_RUN = {
    "make setup": "it makes the .venv that this test runs in",
    ". .venv/bin/activate": "the tests run in it already",
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]
PROGRAMS = blocks("python")


@pytest.fixture(autouse=True)
def sounds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in SOUNDS:
        stand_in.write_wav(Path("sound.wav")).rename(name)


def test_there_is_something_to_run() -> None:
    assert len(COMMANDS) > 3 and len(PROGRAMS) > 1
    assert set(NOT_RUN) <= set(COMMANDS)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in NOT_RUN])
def test_command(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in.install(monkeypatch)
    before, _, command = command.rpartition(" | ")
    if before:
        sound = Path(before.removeprefix("cat ")).read_bytes()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sound)))
    name, *arguments = shlex.split(command)
    assert name == "max-whisper"
    assert main(arguments) == 0


OFFLINE_ON_CPU = {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(
    program: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in.install(monkeypatch)
    exec(compile(program, "README.md", "exec"), {})
    assert stand_in.SENTENCE in capsys.readouterr().out


def test_first_command_is_the_demo() -> None:
    assert next(c for c in COMMANDS if c not in NOT_RUN) == "max-whisper demo"


def test_transcribing_writes_the_files_that_the_readme_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in.install(monkeypatch)
    first = next(c for c in COMMANDS if c.startswith("max-whisper transcribe"))
    assert main(shlex.split(first)[1:]) == 0
    written = {path.name for path in Path().glob("speech.*")} - set(SOUNDS)
    assert written == {
        f"speech.{name}" for name in ("txt", "srt", "vtt", "tsv", "json")
    }


def test_all_commands_on_a_real_model(model_folder: Path, speech: Path) -> None:
    for name in SOUNDS:
        Path(name).write_bytes((speech / "formats" / "jfk.flac").read_bytes())
    lines = [line for line in COMMANDS if line not in NOT_RUN]
    script = "\n".join(lines).replace("tiny.en", shlex.quote(str(model_folder)))
    folder = os.path.dirname(sys.executable)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    found = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=os.environ | {"PATH": path} | OFFLINE_ON_CPU,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    assert "country" in Path("speech.txt").read_text()
    assert Path("subtitles/talk.srt").exists()
