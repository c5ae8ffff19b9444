from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from max_whisper.decoding.decode import decode
from max_whisper.decoding.options import DecodingOptions
from max_whisper.engine.protocol import DecodingState
from max_whisper.errors import OptionError
from tests.fakes import (
    FakeEngine,
    FakeTokenizer,
    Script,
    ScriptedEngine,
    fake_config,
    random_logits,
)

TOKENIZER = FakeTokenizer()
WINDOW = np.ones((1, 3000, 2), np.float32)


def random_engine() -> FakeEngine:
    return FakeEngine(fake_config(TOKENIZER, 64), random_logits(TOKENIZER, 5))


def test_a_script_comes_out_as_a_result() -> None:
    tokens = TOKENIZER.spell(0.0, " one two", 2.0)
    engine = ScriptedEngine(TOKENIZER, [Script(tokens, -0.5, no_speech=0.25)])
    options = DecodingOptions(language="English")
    [result] = decode(engine, TOKENIZER, engine.encode(WINDOW), [options])
    assert result.tokens == tokens
    assert result.text == "one two"
    assert result.avg_logprob == -0.5
    assert result.no_speech_prob == pytest.approx(0.25)
    assert result.language == "en"
    assert result.compression_ratio == pytest.approx(7 / 15)


@pytest.mark.parametrize(
    "search", [{}, {"beam_size": 3}, {"temperature": 0.5, "best_of": 3}], ids=str
)
def test_a_batch_decodes_as_its_windows_alone(search: dict[str, Any]) -> None:
    engine = random_engine()
    options = DecodingOptions(language="de", **search)
    windows = np.arange(1, 4, dtype=np.float32)[:, None, None] * WINDOW
    together = decode(engine, TOKENIZER, engine.encode(windows), [options] * 3)
    for window, result in zip(windows, together, strict=True):
        features = engine.encode(window[np.newaxis])
        assert decode(engine, TOKENIZER, features, [options]) == [result]


def test_windows_that_are_done_are_left_behind_a_quarter_at_a_time() -> None:
    engine = random_engine()
    kept = []
    keep = engine.keep

    def watched(state: DecodingState, windows: Sequence[int]) -> DecodingState:
        kept.append((state.batch, [*windows]))
        return keep(state, windows)

    engine.keep = watched  # type: ignore[method-assign]
    options = DecodingOptions(language="de")
    windows = np.arange(1, 9, dtype=np.float32)[:, None, None] * WINDOW
    together = decode(engine, TOKENIZER, engine.encode(windows), [options] * 8)
    alone = [
        decode(engine, TOKENIZER, engine.encode(window[np.newaxis]), [options])[0]
        for window in windows
    ]
    assert together == alone
    assert kept
    for batch, left in kept:
        assert 0 < len(left) <= 0.75 * batch
        assert left == sorted(left)


def test_equal_seeds_sample_equal_texts_and_every_step_has_its_own() -> None:
    engine = random_engine()
    features = engine.encode(WINDOW)

    def sample(seed: int) -> tuple[int, ...]:
        options = DecodingOptions(language="en", temperature=1.0, seed=seed)
        return decode(engine, TOKENIZER, features, [options])[0].tokens

    once = sample(7)
    seeds = [sampling.seeds[0] for sampling in engine.samplings if sampling]
    assert len(set(seeds)) == len(seeds) > 1
    assert sample(7) == once
    assert any(sample(other) != once for other in range(3))


def test_the_best_token_is_not_sampled() -> None:
    engine = random_engine()
    options = DecodingOptions(language="en")
    decode(engine, TOKENIZER, engine.encode(WINDOW), [options])
    assert set(engine.samplings) == {None}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"language": "fr", "best_of": 2},
        {"language": "klingon"},
        {"language": "ja"},
        {"language": "en", "prompt": [1, TOKENIZER.vocab_size]},
        {"language": "en", "prompt": [-1, *range(64)]},
        {"language": "en", "prefix": [TOKENIZER.vocab_size]},
        {"language": "en", "prefix": ["one"]},
    ],
    ids=str,
)
def test_what_the_model_cannot_honour_is_refused(wrong: dict[str, Any]) -> None:
    engine = random_engine()
    with pytest.raises(OptionError, match=r"expected .*, found"):
        decode(engine, TOKENIZER, engine.encode(WINDOW), [DecodingOptions(**wrong)])
