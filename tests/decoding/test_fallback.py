from __future__ import annotations

from typing import Any

import pytest

from max_whisper.decoding.fallback import is_silence, needs_fallback
from max_whisper.decoding.options import FallbackOptions
from max_whisper.decoding.result import DecodingResult
from max_whisper.errors import OptionError
from tests.fakes import FakeTokenizer

TOKENIZER = FakeTokenizer()
WORDS = TOKENIZER.spell(0.0, " one two", 1.0)


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


@pytest.mark.parametrize("wrong", [(), (0.0, -1.0)])
def test_temperatures_are_checked(wrong: tuple[float, ...]) -> None:
    with pytest.raises(OptionError, match="temperature"):
        FallbackOptions(temperature=wrong)
