"""An endless source of short English sentences, from our own words and grammar.

One result in eight is a list of unrelated words, so that a model trained on these must
listen and cannot guess.
"""

from __future__ import annotations

import re

import numpy as np

from training.grammar import RULES
from training.lexicon import LEXICON

LIST_SHARE = 1 / 8
MOST_WORDS = 14

_SLOT = re.compile(r"<([a-z_.]+)>")
_BEFORE_VOWEL = re.compile(r"\b([Aa])(?= (?:[aeio]|u(?!s)|hour|honest))")
_REPEATED = re.compile(
    r"\b(?!the\b|and\b|was\b|did\b)([a-z]{3,})\b.*\b\1\b", re.IGNORECASE
)


def _words_of(texts: tuple[str, ...]) -> set[str]:
    plain = _SLOT.sub(" ", " ".join(texts))
    return set(re.findall(r"[A-Za-z][A-Za-z'-]*", plain))


_WORDS = tuple(sorted({word for words in LEXICON.values() for word in words}))


def _pick(random: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(random.integers(len(options)))]


def _expand(random: np.random.Generator, rule: str) -> str:
    text = _pick(random, RULES[rule])
    return _SLOT.sub(lambda slot: _expand(random, slot[1]), text)


def _word_list(random: np.random.Generator) -> str:
    count = int(random.integers(3, 9))
    return ", ".join(_pick(random, _WORDS) for _ in range(count)) + "."


def _is_clumsy(text: str) -> bool:
    return len(text.split()) > MOST_WORDS or _REPEATED.search(text) is not None


def _statement(random: np.random.Generator) -> str:
    text = _expand(random, "sentence")
    # A rule cannot see its neighbours: "the cup is under the cup" is drawn again.
    while _is_clumsy(text):
        text = _expand(random, "sentence")
    return _BEFORE_VOWEL.sub(r"\1n", text)


def sentence(random: np.random.Generator) -> str:
    """Draw one sentence, such as "The old man walked slowly to the river."."""
    draw = _word_list if random.random() < LIST_SHARE else _statement
    text = draw(random)
    return text[0].upper() + text[1:]


def vocabulary() -> list[str]:
    """List each distinct word that can occur, in lower case ("twenty-one" is one)."""
    words = set().union(*map(_words_of, RULES.values()))
    return sorted({word.lower() for word in words} | {"an"})
