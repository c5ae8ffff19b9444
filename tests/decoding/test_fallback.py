from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from max_whisper.decoding.fallback import (
    decode_with_fallback,
    is_silence,
    needs_fallback,
)
from max_whisper.decoding.options import DecodingOptions, FallbackOptions
from max_whisper.decoding.result import DecodingResult
from max_whisper.errors import OptionError
from tests.fakes import FakeTokenizer, Script, ScriptedEngine

TOKENIZER = FakeTokenizer()
WORDS = TOKENIZER.spell(0.0, " one two", 1.0)
LOOP = TOKENIZER.spell(0.0, " one two" * 20, 1.0)


def outcome(**facts: float) -> DecodingResult:
    usual = {"avg_logprob": -0.5, "no_speech_prob": 0.1, "compression_ratio": 1.0}
    return DecodingResult(
        tokens=WORDS, text="one two", temperature=0.0, language="en", **usual | facts
    )


UNSURE = {"avg_logprob": -1.5}
SPEECHLESS = {"no_speech_prob": 0.9}
REPEATING = {"compression_ratio": 3.0}


@pytest.mark.parametrize(
    ("facts", "again", "silent"),
    [
        ({}, False, False),
        (REPEATING, True, False),
        (UNSURE, True, False),
        (UNSURE | SPEECHLESS, False, True),
        (UNSURE | SPEECHLESS | REPEATING, False, True),
        (SPEECHLESS, False, False),
        (SPEECHLESS | REPEATING, True, False),
        (SPEECHLESS | {"avg_logprob": -1.0}, False, True),
    ],
    ids=str,
)
def test_when_to_try_again_and_when_it_is_silence(
    facts: dict[str, float], again: bool, silent: bool
) -> None:
    result = outcome(**facts)
    assert needs_fallback(result, FallbackOptions()) is again
    assert is_silence(result, FallbackOptions()) is silent


@pytest.mark.parametrize(
    ("facts", "threshold", "again", "silent"),
    [
        (REPEATING, "compression_ratio_threshold", False, False),
        (UNSURE, "logprob_threshold", False, False),
        (UNSURE | SPEECHLESS, "logprob_threshold", False, True),
        (UNSURE | SPEECHLESS, "no_speech_threshold", True, False),
    ],
)
def test_a_threshold_of_none_is_not_asked(
    facts: dict[str, float], threshold: str, again: bool, silent: bool
) -> None:
    choices: dict[str, Any] = {threshold: None}
    options = FallbackOptions(**choices)
    assert needs_fallback(outcome(**facts), options) is again
    assert is_silence(outcome(**facts), options) is silent


def attempts(scripts: list[Script], **choices: Any) -> tuple[float, ScriptedEngine]:
    """The temperature of the accepted text, and the engine that was asked."""
    engine = ScriptedEngine(TOKENIZER, scripts)
    features = engine.encode(np.ones((1, 3000, 2), np.float32))
    result = decode_with_fallback(
        engine,
        TOKENIZER,
        features,
        DecodingOptions(language="en", beam_size=2, best_of=3),
        FallbackOptions(**choices),
    )
    return result.temperature, engine


def test_the_first_text_that_will_do_is_taken() -> None:
    temperature, engine = attempts([Script(LOOP), Script(WORDS, -3.0), Script(WORDS)])
    assert temperature == 0.4
    sampled = {s.temperature if s else 0.0 for s in engine.samplings}
    assert sampled == {0.0, 0.2, 0.4}


def test_the_last_text_is_taken_if_none_will_do() -> None:
    temperature, _ = attempts([Script(LOOP)] * 2, temperature=(0.0, 1.0))
    assert temperature == 1.0


def test_silence_is_accepted_at_once() -> None:
    temperature, _ = attempts([Script(WORDS, -3.0, no_speech=0.9)])
    assert temperature == 0.0


@pytest.mark.parametrize("wrong", [(), (0.0, -1.0)])
def test_temperatures_are_checked(wrong: tuple[float, ...]) -> None:
    with pytest.raises(OptionError, match="temperature"):
        FallbackOptions(temperature=wrong)
