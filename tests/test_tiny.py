"""The whole public face on two tiny random Whispers, from files to segments."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import max_whisper
from max_whisper import MaxWhisperError, Progress, Transcript, Whisper
from tests.compiled import FACTS, keep_compiled
from tests.tiny_checkpoint import write_tiny_checkpoint
from tests.tiny_tokenizer import tiny_tokenizer_json

SECONDS = 35
TIMES = np.arange(SECONDS * 16_000) / 16_000
TONE = (0.3 * np.sin(2 * np.pi * 440 * TIMES)).astype(np.float32)
CHIRP = (0.3 * np.sin(2 * np.pi * (100 + 40 * TIMES) * TIMES)).astype(np.float32)
SHORT = {"temperature": 0.0, "sample_len": 20}


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        keep_compiled(pytestconfig, monkeypatch)
        yield tmp_path_factory.mktemp("models")


def load(folder: Path, *, multilingual: bool) -> Whisper:
    write_tiny_checkpoint(
        folder / f"tiny-{multilingual}",
        config=FACTS[multilingual],
        dtype="float16",
        seed=1,
        tokenizer_json=tiny_tokenizer_json(multilingual=multilingual),
        multilingual=multilingual,
    )
    return max_whisper.load_model(folder / f"tiny-{multilingual}", device="cpu")


@pytest.fixture(scope="module")
def english(folder: Path) -> Whisper:
    return load(folder, multilingual=False)


@pytest.fixture(scope="module")
def multilingual(folder: Path) -> Whisper:
    return load(folder, multilingual=True)


@pytest.fixture(scope="module", params=["english", "multilingual"])
def model(request: pytest.FixtureRequest) -> Whisper:
    return request.getfixturevalue(request.param)


def test_transcribe_returns_a_transcript(model: Whisper) -> None:
    transcript = model.transcribe(TONE, **SHORT)
    assert isinstance(transcript, Transcript)
    assert transcript.duration == SECONDS
    assert transcript.language in model.languages
    assert transcript.segments
    assert [segment.id for segment in transcript.segments] == [
        *range(len(transcript.segments))
    ]


def test_the_same_sound_gives_the_same_transcript(model: Whisper) -> None:
    assert model.transcribe(CHIRP, **SHORT) == model.transcribe(CHIRP, **SHORT)


def test_segments_come_one_by_one(english: Whisper) -> None:
    windows: list[Progress] = []
    stream = english.segments(TONE, progress=windows.append, **SHORT)
    assert not windows
    first = next(stream)
    early = len(windows)
    assert (first, *stream) == english.transcribe(TONE, **SHORT).segments
    assert early < len(windows)


@pytest.mark.parametrize(
    "options",
    [
        {"beam_size": 5, **SHORT},
        {"beam_size": 15, "patience": 2.0, **SHORT},
        {"temperature": 0.8, "best_of": 5, "sample_len": 20},
        {"without_timestamps": True, **SHORT},
        {"initial_prompt": "the tone", **SHORT},
    ],
    ids=["beams", "patient beams", "samples", "without timestamps", "prompt"],
)
def test_ways_of_decoding(model: Whisper, options: dict) -> None:
    first, again = (model.transcribe(TONE, **options) for _ in range(2))
    assert first.segments
    assert first == again


def test_beams_find_what_is_at_least_as_likely(english: Whisper) -> None:
    options = {"without_timestamps": True, "temperature": 0.0, "sample_len": 6}
    greedy, beams = (
        english.transcribe(TONE[:160_000], beam_size=size, **options).segments[0]
        for size in (None, 15)
    )
    assert beams.avg_logprob >= greedy.avg_logprob - 1e-6


def test_detect_language(multilingual: Whisper) -> None:
    found = multilingual.detect_language(CHIRP)
    assert set(found.probabilities) == set(multilingual.languages)
    assert found.probability == max(found.probabilities.values())
    assert sum(found.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_two_threads_hear_what_one_hears(model: Whisper) -> None:
    sounds = [TONE, CHIRP] * 2
    alone = [model.transcribe(sound, **SHORT) for sound in sounds]
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(lambda s: model.transcribe(s, **SHORT), sounds))
    assert together == alone


def test_closing_gives_the_memory_back(folder: Path) -> None:
    with load(folder, multilingual=False) as model:
        model.transcribe(TONE[:16_000], **SHORT)
    with pytest.raises(MaxWhisperError, match="closed"):
        model.transcribe(TONE[:16_000], **SHORT)
