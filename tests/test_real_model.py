"""A real model hears real speech, whatever file either comes in."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import max_whisper
from max_whisper import Transcript, Whisper
from max_whisper.weights import load_checkpoint
from tests.compiled import keep_compiled
from tests.weights.torch_file import openai_parts, write_torch_file

OTHER_FORMS = ("jfk.wav", "jfk.mp3", "jfk_441khz.m4a")


@pytest.fixture(scope="module")
def model(model_folder: Path, pytestconfig: pytest.Config) -> Iterator[Whisper]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        keep_compiled(pytestconfig, monkeypatch)
        yield max_whisper.load_model(model_folder, device="cpu")


@pytest.fixture(scope="module")
def jfk(speech: Path) -> Path:
    return speech / "formats" / "jfk.flac"


@pytest.fixture(scope="module")
def transcript(model: Whisper, jfk: Path) -> Transcript:
    return model.transcribe(jfk)


def words(transcript: Transcript) -> list[str]:
    return transcript.text.lower().replace(",", "").replace(".", "").split()


def test_it_hears_what_was_said(transcript: Transcript) -> None:
    assert "my fellow americans" in " ".join(words(transcript))
    assert transcript.segments[0].temperature == 0.0
    assert 8 < transcript.segments[-1].end <= transcript.duration + 0.02


def test_beams_hear_it_too(model: Whisper, jfk: Path) -> None:
    found = model.transcribe(jfk, beam_size=5)
    assert "my fellow americans" in " ".join(words(found))


@pytest.mark.parametrize("name", OTHER_FORMS)
def test_the_container_makes_little_difference(
    model: Whisper, transcript: Transcript, jfk: Path, name: str
) -> None:
    found = words(model.transcribe(jfk.with_name(name)))
    assert difflib.SequenceMatcher(None, found, words(transcript)).ratio() > 0.9


def test_openai_form_gives_the_identical_transcript(
    model: Whisper,
    transcript: Transcript,
    model_folder: Path,
    jfk: Path,
    tmp_path: Path,
) -> None:
    checkpoint = load_checkpoint(model_folder)
    parts = openai_parts(checkpoint.config, checkpoint.weights)
    write_torch_file(tmp_path / "relearned.pt", parts)
    shutil.copy(model_folder / "tokenizer.json", tmp_path)
    with max_whisper.load_model(tmp_path / "relearned.pt", device="cpu") as other:
        assert other.transcribe(jfk) == transcript
