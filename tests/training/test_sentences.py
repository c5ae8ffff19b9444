from __future__ import annotations

import re

import numpy as np
import pytest

from training.inflection import continuous, plural
from training.lexicon import LEXICON
from training.sentences import LIST_SHARE, MOST_WORDS, sentence, vocabulary

RANDOM = np.random.default_rng(1)
SENTENCES = [sentence(RANDOM) for _ in range(3000)]
LEXICON_WORDS = {word.lower() for words in LEXICON.values() for word in words}


def is_word_list(text: str) -> bool:
    parts = text[:-1].lower().split(", ")
    return len(parts) >= 3 and LEXICON_WORDS.issuperset(parts)


def test_every_word_is_in_the_vocabulary() -> None:
    words = re.findall(r"[a-z][a-z'-]*", " ".join(SENTENCES).lower())
    assert set(words) <= set(vocabulary())


def test_the_vocabulary_is_sorted_and_names_each_word_once() -> None:
    assert vocabulary() == sorted(set(vocabulary()))
    assert {"an", "twenty-one", "o'clock", "mice", "london"} <= set(vocabulary())


def test_a_sentence_begins_with_a_capital_and_ends_with_a_mark() -> None:
    for text in SENTENCES:
        assert re.fullmatch(r"[A-Z][A-Za-z' ,-]*[.?]", text), text


def test_no_slot_of_the_grammar_is_left_open() -> None:
    assert not re.search(r"[<>*_]", "".join(SENTENCES))


def test_one_seed_gives_the_same_sentences_again() -> None:
    random = np.random.default_rng(1)
    assert [sentence(random) for _ in range(50)] == SENTENCES[:50]


def test_about_one_in_eight_is_a_list_of_words() -> None:
    share = sum(map(is_word_list, SENTENCES)) / len(SENTENCES)
    assert share == pytest.approx(LIST_SHARE, abs=0.03)


def test_other_sentences_are_short() -> None:
    spoken = [text for text in SENTENCES if not is_word_list(text)]
    assert max(len(text.split()) for text in spoken) <= MOST_WORDS


def test_a_becomes_an_before_a_vowel() -> None:
    assert not re.search(r"\b[Aa] [aeio]", " ".join(SENTENCES))
    assert re.search(r"\b[Aa]n [aeio]", " ".join(SENTENCES))


@pytest.mark.parametrize(
    ("one", "many"),
    [("dog", "dogs"), ("city", "cities"), ("boy", "boys"), ("wolf", "wolves")],
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many


@pytest.mark.parametrize(
    ("verb", "third"), [("go", "goes"), ("watch", "watches"), ("cry", "cries")]
)
def test_the_third_person_is_spelled_as_a_plural(verb: str, third: str) -> None:
    assert plural(verb) == third


@pytest.mark.parametrize(
    ("verb", "doing"),
    [
        *(("walk", "walking"), ("run", "running"), ("forget", "forgetting")),
        *(("make", "making"), ("see", "seeing"), ("play", "playing")),
    ],
)
def test_the_continuous_form(verb: str, doing: str) -> None:
    assert continuous(verb) == doing
