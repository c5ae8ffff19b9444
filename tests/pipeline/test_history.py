from __future__ import annotations

import pytest

from max_whisper.decoding.options import DecodingOptions
from max_whisper.pipeline.history import PromptHistory
from max_whisper.pipeline.options import TranscribeOptions
from tests.fakes import FakeTokenizer, fake_config

TOKENIZER = FakeTokenizer()


def history(context: int = 448, **choices: object) -> PromptHistory:
    options = TranscribeOptions(**choices)
    return PromptHistory.begin(TOKENIZER, options, fake_config(TOKENIZER, context))


def test_windows_read_all_that_was_said() -> None:
    said = history()
    assert said.prompt() == ()
    said.add([1, 2])
    said.add([3])
    assert said.prompt() == (1, 2, 3)


def test_what_is_forgotten_is_not_read_and_takes_the_initial_prompt_along() -> None:
    said = history(initial_prompt=" one ")
    assert said.prompt() == TOKENIZER.spell(" one")
    said.add([1, 2])
    said.forget()
    said.add([3])
    assert said.prompt() == (3,)


def test_a_carried_prompt_stays_and_takes_its_part_of_the_budget() -> None:
    said = history(context=12, initial_prompt="one two", carry_initial_prompt=True)
    said.add([1, 2, 3, 4])
    assert said.prompt() == (*TOKENIZER.spell(" one two"), 2, 3, 4)
    said.forget()
    said.add([5])
    assert said.prompt() == (*TOKENIZER.spell(" one two"), 5)


@pytest.mark.parametrize(("words", "kept"), [(5, (1, 2, 3)), (7, (3,))])
def test_a_carried_prompt_beyond_the_budget_slices_as_openai_does(
    words: int, kept: tuple[int, ...]
) -> None:
    prompt = " one" * words
    said = history(context=12, initial_prompt=prompt, carry_initial_prompt=True)
    said.add([1, 2, 3])
    assert said.prompt() == (*TOKENIZER.spell(prompt), *kept)


def test_hotwords_come_first_in_every_window_and_are_never_forgotten() -> None:
    said = history(hotwords=" one two ", initial_prompt="three")
    words = TOKENIZER.spell(" one two")
    assert said.prompt() == (*words, *TOKENIZER.spell(" three"))
    said.add([1, 2])
    said.forget()
    assert said.prompt() == words
    said.add([3])
    assert said.prompt() == (*words, 3)


@pytest.mark.parametrize("hotwords", [None, "", " "])
def test_no_hotwords_change_nothing(hotwords: str | None) -> None:
    said = history(hotwords=hotwords)
    said.add(range(300))
    assert said.prompt() == (*range(300),)


def test_a_prefix_takes_the_place_of_hotwords() -> None:
    decoding = DecodingOptions(prefix="three")
    assert history(hotwords="one", decoding=decoding).prompt() == ()


@pytest.mark.parametrize(
    ("words", "kept"), [(1, (2, 3, 4, 5)), (4, (5,)), (5, ()), (7, ())]
)
def test_hotwords_and_what_was_said_share_a_budget(
    words: int, kept: tuple[int, ...]
) -> None:
    said = history(context=12, hotwords=" one" * words)
    said.add([1, 2, 3, 4, 5])
    assert said.prompt() == (*TOKENIZER.spell(" one" * min(words, 5)), *kept)


@pytest.mark.parametrize(
    ("hotwords", "rest"), [(1, " a b"), (2, "a b"), (3, " b"), (4, "b"), (5, "")]
)
def test_a_carried_prompt_stays_beside_hotwords(hotwords: int, rest: str) -> None:
    said = history(
        context=12,
        hotwords=" one" * hotwords,
        initial_prompt="a b",
        carry_initial_prompt=True,
    )
    said.add([1, 2])
    recent = [2] if hotwords == 1 else []
    recent = recent[: max(0, 5 - hotwords - len(TOKENIZER.encode(rest)))]
    words = TOKENIZER.spell(" one" * hotwords, rest)
    assert said.prompt() == (*words, *recent)
