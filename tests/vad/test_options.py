from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from max_whisper.errors import OptionError
from max_whisper.vad.options import VadOptions


def test_defaults_are_those_of_faster_whisper() -> None:
    options = VadOptions()
    assert (options.threshold, options.neg_threshold) == (0.5, None)
    assert options.min_speech_duration_ms == 0
    assert options.max_speech_duration_s == inf
    assert options.min_silence_duration_ms == 2000
    assert options.speech_pad_ms == 400


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, 0.35),
        ({"threshold": 0.1}, 0.01),
        ({"threshold": 0.0}, 0.0),
        ({"neg_threshold": 0.2}, 0.2),
        ({"threshold": 1, "neg_threshold": 1}, 1),
    ],
)
def test_speech_ends_below_a_lower_threshold(given: Any, found: float) -> None:
    assert VadOptions(**given).silence_threshold == found


@pytest.mark.parametrize(
    "wrong",
    [
        {"detector": "ears"},
        {"threshold": 1.1},
        {"threshold": nan},
        {"threshold": "loud"},
        {"neg_threshold": 0.6},
        {"min_speech_duration_ms": -1},
        {"min_speech_duration_ms": 0.5},
        {"max_speech_duration_s": 0},
        {"max_speech_duration_s": 0.8},
        {"max_speech_duration_s": nan},
        {"min_silence_duration_ms": None},
        {"speech_pad_ms": inf},
    ],
    ids=str,
)
def test_a_value_out_of_range_is_refused_under_its_keyword(wrong: Any) -> None:
    [name] = wrong
    with pytest.raises(OptionError, match=f"expected .* for vad_{name}, found"):
        VadOptions(**wrong)


def test_the_longest_speech_must_hold_what_is_kept_around_it() -> None:
    assert VadOptions(max_speech_duration_s=0.9)
    assert VadOptions(max_speech_duration_s=0.1, speech_pad_ms=30)
    with pytest.raises(OptionError, match=r"expected 0\.832 or more"):
        VadOptions(max_speech_duration_s=0.83)
