from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from max_whisper.decoding.options import DecodingOptions
from max_whisper.errors import OptionError


@pytest.mark.parametrize(
    "wrong",
    [
        {"task": "lang_id"},
        {"temperature": -0.1},
        {"temperature": float("nan")},
        {"sample_len": 0},
        {"max_new_tokens": 0},
        {"max_new_tokens": 9, "sample_len": 9},
        {"repetition_penalty": 0},
        {"repetition_penalty": float("inf")},
        {"repetition_penalty": "1"},
        {"no_repeat_ngram_size": -1},
        {"no_repeat_ngram_size": 1.5},
        {"suppress_text": " "},
        {"suppress_text": ["one", ""]},
        {"suppress_text": [1]},
        {"suppress_text": 5},
        {"suppress_text": b"one"},
        {"best_of": 0},
        {"beam_size": 16},
        {"beam_size": 0},
        {"patience": 1.0},
        {"beam_size": 2, "patience": 0.1},
        {"length_penalty": 1.5},
        {"max_initial_timestamp": -1.0},
        {"suppress_tokens": "1,two"},
        {"suppress_tokens": [-3]},
        {"suppress_tokens": 5},
        {"suppress_tokens": [1.5]},
        {"suppress_blank": "no"},
        {"without_timestamps": 1},
        {"language": 5},
        {"prompt": 5},
        {"prefix": 5},
        {"prefix": b"one"},
        {"seed": -1},
    ],
    ids=str,
)
def test_values_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=r"expected .*, found"):
        DecodingOptions(**wrong)


@pytest.mark.parametrize(
    "together",
    [{"best_of": 2}, {"beam_size": 2, "best_of": 2, "temperature": 0.5}],
    ids=str,
)
def test_fields_that_exclude_each_other_are_refused(together: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="best_of"):
        DecodingOptions(**together).verify_together()


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_suppressed_tokens_come_in_many_forms(kind: Any) -> None:
    assert DecodingOptions(suppress_tokens=kind([-1, 5])).suppressed_ids() == (-1, 5)


@pytest.mark.parametrize(
    ("given", "texts"),
    [(None, ()), ("one", ("one",)), (["one", "two"], ("one", "two")), ((), ())],
)
def test_suppressed_texts_are_one_or_several(given: Any, texts: Any) -> None:
    assert DecodingOptions(suppress_text=given).suppressed_texts() == texts


def test_a_temperature_takes_what_it_needs() -> None:
    options = DecodingOptions(beam_size=5, patience=2.0, best_of=3)
    cold, warm = options.at(0.0), options.at(0.4)
    assert (cold.beam_size, cold.patience, cold.best_of) == (5, 2.0, None)
    assert (warm.beam_size, warm.patience, warm.best_of) == (None, None, 3)
    assert (cold.group, warm.group) == (5, 3)


def test_every_field_has_a_help_text() -> None:
    assert all(field.metadata["help"] for field in fields(DecodingOptions))
