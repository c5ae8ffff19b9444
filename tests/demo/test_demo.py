"""The model in the box: whole, offline, and it hears what its sample says."""

from __future__ import annotations

import re
import socket
from typing import NoReturn

import pytest

import max_whisper
from max_whisper import demo
from max_whisper.cli.main import main
from tests.compiled import keep_compiled
from tests.demo.sample import sample_words, words

FILES = {
    "README.md",
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
}
MAX_BYTES = 8 * 2**20
SEGMENT = re.compile(r"^\[\S+ --> \S+\] (.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    """No network; and what was compiled is kept for the next run of the tests."""

    def refuse(*address: object) -> NoReturn:
        raise AssertionError(f"somebody asked the network for {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    keep_compiled(pytestconfig, monkeypatch)


def test_the_checkpoint_is_whole_and_fit_to_be_shipped() -> None:
    assert {path.name for path in demo.MODEL.iterdir()} == FILES
    assert sum(path.stat().st_size for path in demo.MODEL.iterdir()) < MAX_BYTES
    assert sample_words()


def test_it_hears_what_the_sample_says() -> None:
    with max_whisper.load_model("demo", device="cpu") as model:
        assert model.name == "demo"
        found = model.transcribe(demo.SAMPLE)
    assert words(found.text) == sample_words()
    assert 0 < found.segments[-1].end <= found.duration + 0.02


def test_the_command_prints_what_the_sample_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo"]) == 0
    segments = SEGMENT.findall(capsys.readouterr().out)
    assert words(" ".join(segments)) == sample_words()


def test_inspect_knows_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "--model", "demo"]) == 0
    assert re.search(r"^name +demo$", capsys.readouterr().out, re.MULTILINE)
