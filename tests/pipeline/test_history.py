from __future__ import annotations

import pytest

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
