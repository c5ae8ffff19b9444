from __future__ import annotations

import pytest

from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.prompt import initial_tokens
from max_whisper.errors import OptionError
from tests.fakes import FakeTokenizer

TOKENIZER = FakeTokenizer()
START = TOKENIZER.sot_sequence("de", "translate")


def prompt(context: int = 32, **choices: object) -> tuple[int, ...]:
    options = DecodingOptions(language="de", task="translate", **choices)
    return initial_tokens(TOKENIZER, options, context)


def test_nothing_but_the_start_sequence() -> None:
    assert prompt() == START
    assert prompt(without_timestamps=True) == (*START, TOKENIZER.no_timestamps)
    assert prompt(prompt="", prefix=()) == START


def test_text_is_encoded_after_a_space() -> None:
    words = TOKENIZER.spell(" one two")
    assert prompt(prefix="  one two ") == (*START, *words)
    assert prompt(prompt="one two\n") == (TOKENIZER.sot_prev, *words, *START)


def test_a_prompt_keeps_its_last_tokens_within_half_of_the_context() -> None:
    assert prompt(prompt=range(16)) == (TOKENIZER.sot_prev, *range(1, 16), *START)


def test_a_prefix_makes_room_for_the_sample() -> None:
    assert prompt(prefix=range(9), sample_len=12) == (*START, *range(5, 9))
    assert prompt(prefix=range(9)) == (*START, *range(9))
    assert prompt(prefix=range(9), sample_len=18) == (*START, *range(2, 9))


def test_a_limit_of_new_tokens_leaves_the_prefix_whole() -> None:
    assert prompt(prefix=range(9), max_new_tokens=12) == (*START, *range(9))


def test_a_prefix_that_cannot_fit_is_refused() -> None:
    with pytest.raises(OptionError, match="found 33; shorten"):
        prompt(prefix=range(30))
