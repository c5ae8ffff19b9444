"""The command's front: help, version, models and inspect."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from max_whisper.cli import main as front
from max_whisper.cli.main import main
from max_whisper.version import __version__
from max_whisper.weights import KNOWN_MODELS
from tests.tiny_checkpoint import write_tiny_checkpoint
from tests.tiny_tokenizer import tiny_tokenizer_json

Capture = pytest.CaptureFixture[str]


def run_command(command: list[str] | str) -> subprocess.CompletedProcess[str]:
    """Run a process that finds our Python: MAX puts PYTHONEXECUTABLE into the C
    environment, which `os.environ` does not show, but processes inherit."""
    return subprocess.run(
        command,
        shell=isinstance(command, str),
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )


def seconds_of(*arguments: str) -> float:
    command = [sys.executable, "-m", "max_whisper", *arguments]
    start = time.perf_counter()
    assert run_command(command).returncode == 0
    return time.perf_counter() - start


@pytest.mark.parametrize("arguments", [["--help"], ["transcribe", "--help"]])
def test_help_answers_at_once(arguments: list[str]) -> None:
    start_of_python = min(seconds_of("--version") for _ in range(2))
    fastest = min(seconds_of(*arguments) for _ in range(5))
    assert fastest < 0.3 or fastest < 5 * start_of_python  # a busy machine


def test_version(capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"max-whisper {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["dance"], ["transcribe"], ["inspect"]])
def test_a_wrong_command_is_one_line(arguments: list[str], capsys: Capture) -> None:
    assert main(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("max-whisper: ") and "--help" in line


def test_models_lists_what_is_known(capsys: Capture, tmp_path: Path) -> None:
    folder = tmp_path / "models--openai--whisper-tiny"
    snapshot = folder / "snapshots" / "a1"
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("a1")
    for file in ("config.json", "model.safetensors"):
        (snapshot / file).touch()
    assert main(["models", "--model_dir", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line.split()[-1] for line in lines[1:] if line}
    assert set(rows) >= {*KNOWN_MODELS, "demo"}
    assert rows["demo"] == "yes"
    assert [name for name in KNOWN_MODELS if rows[name] == "yes"] == ["tiny"]


def test_inspect_shows_shapes(capsys: Capture, tmp_path: Path) -> None:
    text = tiny_tokenizer_json(multilingual=False)
    config = write_tiny_checkpoint(
        tmp_path, tokenizer_json=text, multilingual=False, config={"encoder_layers": 1}
    )
    assert main(["inspect", "--model", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    rows = dict(line.split(maxsplit=1) for line in shown.splitlines())
    assert rows["encoder_layers"] == "1"
    assert rows["d_model"] == "64"
    assert "encoder output            [1, 1500, 64]" in shown
    assert f"[1, tokens, {config.vocab_size}]" in shown
    assert rows["device"] == "cpu"
    assert rows["compiled"].startswith(("yes", "no"))


def test_python_m_runs_the_command() -> None:
    command = [sys.executable, "-m", "max_whisper", "dance"]
    found = run_command(command)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = f"{sys.executable} -m max_whisper models | true"
    found = run_command(command)
    assert found.stderr == ""


def test_every_command_has_a_module_with_its_name() -> None:
    folder = Path(front.__file__).parent
    assert all((folder / f"{name}.py").is_file() for name in front.COMMANDS)
