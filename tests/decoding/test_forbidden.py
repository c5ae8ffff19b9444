"""Texts that may not be said, in the vocabulary of the model in the box."""

from __future__ import annotations

import pytest

from max_whisper import demo
from max_whisper.decoding.forbidden import ForbiddenTexts
from max_whisper.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    text = (demo.MODEL / "tokenizer.json").read_text(encoding="utf-8")
    return Tokenizer.from_json(text, is_multilingual=False)


def pieces(tokenizer: Tokenizer, *words: str) -> list[int]:
    """One token for each of `words`, which need not be how a text is encoded."""
    return [tokenizer.text_tokens[word.encode()] for word in words]


def says(tokenizer: Tokenizer, forbidden: ForbiddenTexts, *words: str) -> bool:
    """Whether a row may say these pieces one after the other."""
    tokens = pieces(tokenizer, *words)
    return not any(
        token in forbidden.banned(tokens[:place]) | forbidden.outright
        for place, token in enumerate(tokens)
    )


def test_a_single_token_is_never_said_with_or_without_a_space(
    tokenizer: Tokenizer,
) -> None:
    forbidden = ForbiddenTexts.of(tokenizer, ["Seven"])
    assert forbidden.outright == {*pieces(tokenizer, "seven", " seven")}
    assert forbidden.banned(pieces(tokenizer, " six")) == set()


@pytest.mark.parametrize(
    "words", [(" se", "ve", "n"), (" s", "e", "v", "en"), ("S", "e", "v", "e", "n")]
)
def test_no_other_pieces_may_spell_it(
    tokenizer: Tokenizer, words: tuple[str, ...]
) -> None:
    forbidden = ForbiddenTexts.of(tokenizer, ["seven"])
    assert not says(tokenizer, forbidden, " six", *words)
    assert says(tokenizer, forbidden, " six", *words[:-1], "m")


def test_of_several_words_only_the_last_is_banned_and_only_after_the_first(
    tokenizer: Tokenizer,
) -> None:
    forbidden = ForbiddenTexts.of(tokenizer, ["six seven", "nine"])
    assert not says(tokenizer, forbidden, " six", " seven")
    assert not says(tokenizer, forbidden, " nine")
    assert says(tokenizer, forbidden, " seven", " six", " eight", " seven")
    assert says(tokenizer, forbidden, " six", " ", " seven")


def test_a_text_begins_with_a_token(tokenizer: Tokenizer) -> None:
    forbidden = ForbiddenTexts.of(tokenizer, ["e six"])
    assert says(tokenizer, forbidden, " one", " six")
    assert not says(tokenizer, forbidden, " o", "n", "e", " six")


def test_a_character_cut_by_tokens_is_forbidden_too(tokenizer: Tokenizer) -> None:
    forbidden = ForbiddenTexts.of(tokenizer, ["é"])
    tokens = [tokenizer.text_tokens[bytes([byte])] for byte in "é".encode()]
    assert tokens[1] in forbidden.banned(tokens[:1])


def test_no_text_forbids_nothing(tokenizer: Tokenizer) -> None:
    forbidden = ForbiddenTexts.of(tokenizer, [])
    assert forbidden.outright == forbidden.banned([1, 2, 3]) == set()
