"""Our searches and rules against those of openai/whisper, on the same logits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from max_whisper.decoding.decode import decode
from max_whisper.decoding.language import detect_language
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.result import DecodingResult
from tests.fakes import FakeEngine, FakeTokenizer, fake_config, random_logits

pytest.importorskip("whisper", reason="needs openai-whisper to compare with")

from tests.decoding.openai import shared_draw, their_decode, their_languages

pytestmark = pytest.mark.filterwarnings("ignore")

SEARCHES: list[dict[str, Any]] = [
    {},
    {"beam_size": 1},
    {"beam_size": 2},
    {"beam_size": 3, "length_penalty": 0.5},
    {"beam_size": 4, "patience": 2.0},
    {"beam_size": 5, "patience": 0.5, "length_penalty": 1.0},
    {"beam_size": 5, "patience": 1.5, "length_penalty": 0.0},
    {"temperature": 0.4},
    {"temperature": 1.0, "best_of": 5},
    {"temperature": 0.7, "best_of": 3, "length_penalty": 0.2},
]
CHOICES: list[dict[str, Any]] = [
    {},
    {"without_timestamps": True},
    {"task": "translate", "language": "fr"},
    {"prompt": " one two three", "prefix": "four"},
    {"prompt": list(range(1, 13)) * 4, "prefix": [9, 10, 11, 12] * 2, "sample_len": 10},
    {"prefix": [9, 10, 11, 12, 1, 2, 3, 4] * 2, "sample_len": 33},
    {"prompt": list(range(1, 13)) * 3, "prefix": [9, 10, 11, 12] * 5},
    {"sample_len": 5},
    {"suppress_tokens": "", "max_initial_timestamp": None},
    {"suppress_tokens": [1, 2, 3, 9], "max_initial_timestamp": 0.11},
    {"suppress_tokens": "-1,4,5", "max_initial_timestamp": 0},
    {"suppress_blank": False, "max_initial_timestamp": 29.99},
]


def windows(count: int) -> np.ndarray:
    mel = np.zeros((count, 3000, 2), np.float32)
    mel[:, :, :] = np.arange(1, count + 1)[:, np.newaxis, np.newaxis] * 100
    return mel


def assert_same(ours: DecodingResult, theirs: Any) -> None:
    assert list(ours.tokens) == theirs.tokens
    assert ours.text == theirs.text
    assert ours.avg_logprob == pytest.approx(theirs.avg_logprob, abs=1e-5)
    assert ours.no_speech_prob == pytest.approx(theirs.no_speech_prob, abs=1e-6)
    assert ours.compression_ratio == theirs.compression_ratio
    assert ours.temperature == theirs.temperature
    assert ours.language == theirs.language


@pytest.mark.parametrize("search", SEARCHES, ids=str)
@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_every_search_finds_the_same(
    search: dict[str, Any], choices: dict[str, Any]
) -> None:
    first = SEARCHES.index(search) * len(CHOICES) + CHOICES.index(choices)
    for seed in (first, first + 1000):
        tokenizer = FakeTokenizer(timestamps=[1501, 101][seed % 2])
        engine = FakeEngine(
            fake_config(tokenizer, context=[64, 60][seed % 2]),
            random_logits(tokenizer, seed),
            draw=shared_draw,
        )
        options = {"language": "en", **search, **choices}
        features = engine.encode(windows(1))
        ours = decode(engine, tokenizer, features, [DecodingOptions(**options)])
        theirs = their_decode(engine, tokenizer, windows(1), **options)
        assert len(ours) == len(theirs) == 1
        assert_same(ours[0], theirs[0])


@pytest.mark.parametrize("temperature", [0.0, 0.6])
def test_a_batch_decodes_as_theirs(temperature: float) -> None:
    for seed in range(4):
        tokenizer = FakeTokenizer()
        logits = random_logits(tokenizer, seed)
        engine = FakeEngine(fake_config(tokenizer, 64), logits, draw=shared_draw)
        options = {"language": "en", "temperature": temperature}
        features = engine.encode(windows(4))
        ours = decode(engine, tokenizer, features, [DecodingOptions(**options)] * 4)
        theirs = their_decode(engine, tokenizer, windows(4), **options)
        for mine, other in zip(ours, theirs, strict=True):
            assert_same(mine, other)


def test_english_only_models_decode_as_theirs() -> None:
    for seed in range(4):
        tokenizer = FakeTokenizer(multilingual=False)
        engine = FakeEngine(fake_config(tokenizer, 64), random_logits(tokenizer, seed))
        features = engine.encode(windows(1))
        [ours] = decode(engine, tokenizer, features, [DecodingOptions(beam_size=3)])
        [theirs] = their_decode(engine, tokenizer, windows(1), beam_size=3)
        assert_same(ours, theirs)


def test_languages_are_as_likely_as_theirs() -> None:
    tokenizer = FakeTokenizer()
    engine = FakeEngine(fake_config(tokenizer), random_logits(tokenizer, 3))
    ours = detect_language(engine, tokenizer, engine.encode(windows(5)))
    theirs = their_languages(engine, tokenizer, windows(5))
    assert ours == [pytest.approx(probabilities) for probabilities in theirs]
