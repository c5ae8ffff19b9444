"""Ids, texts and words as the tokenizer of the openai-whisper package has them."""

from __future__ import annotations

import csv
import random
import warnings
from pathlib import Path
from typing import Any

import pytest

from max_whisper.languages import LANGUAGES, language_code
from max_whisper.tokenizer import Tokenizer, split_to_words

openai = pytest.importorskip(
    "whisper.tokenizer", reason="needs the openai-whisper package (extra: parity)"
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ResourceWarning)  # it leaves its file open
    reference = openai.get_tokenizer(False)


@pytest.fixture(scope="module")
def tokenizer(model_folder: Path) -> Tokenizer:
    text = (model_folder / "tokenizer.json").read_text(encoding="utf-8")
    return Tokenizer.from_json(text, is_multilingual=False)


@pytest.fixture(scope="module")
def sentences(speech: Path) -> list[str]:
    with open(speech / "manifest.tsv", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return sorted({row["transcript"] for row in rows if row["transcript"]})


def reference_words(tokens: list[int], language: str) -> Any:
    reference.language = language
    return reference.split_to_word_tokens(tokens)


def test_languages_are_alike() -> None:
    assert [*LANGUAGES.items()] == [*openai.LANGUAGES.items()]
    for name, code in openai.TO_LANGUAGE_CODE.items():
        assert language_code(name) == code


def test_special_tokens_are_alike(tokenizer: Tokenizer) -> None:
    for name in ("eot", "sot", "translate", "transcribe", "sot_lm", "sot_prev"):
        assert getattr(tokenizer, name) == getattr(reference, name)
    for name in ("no_speech", "no_timestamps", "timestamp_begin", "non_speech_tokens"):
        assert getattr(tokenizer, name) == getattr(reference, name)
    for code, token in tokenizer.language_tokens.items():
        assert token == reference.to_language_token(code)


def test_sentences_are_alike(tokenizer: Tokenizer, sentences: list[str]) -> None:
    for sentence in sentences:
        tokens = tokenizer.encode(" " + sentence)
        assert tokens == reference.encode(" " + sentence)
        assert tokenizer.decode(tokens) == reference.decode(tokens)
        for language in ("en", "zh"):
            expected = reference_words(tokens, language)
            assert split_to_words(tokenizer, tokens, language) == expected


def test_random_tokens_are_decoded_alike(tokenizer: Tokenizer) -> None:
    chance = random.Random(0)
    for _ in range(500):
        tokens = [chance.randrange(51_864) for _ in range(20)]
        assert tokenizer.decode(tokens) == reference.decode(tokens)
        timed = tokenizer.decode_with_timestamps(tokens)
        assert timed == reference.decode_with_timestamps(tokens)
