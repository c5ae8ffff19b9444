"""Where sentences end in a stream of timed words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from max_whisper.transcript import Word

LONG_PAUSE = 3.0
"""Seconds between the starts of two words that end a subtitle or a sentence."""

ENDING = re.compile(r"""[.!?…。！？｡؟।]["'”’»)\]」』]*$""")
ABBREVIATION = re.compile(
    r"^\W*(?:[^\W\d]|(?:\w\.)+\w|mrs?|ms|messrs|dr|prof|st|jr|sr|vs|gen|col|sgt|capt"
    r"|lt|rev|hon)\.$",
    re.IGNORECASE,
)
"""A letter or letters with full stops, or what is cut short before a name."""


def sentences(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Words up to a mark that ends a sentence, or to a long pause.

    A full stop ends none after an abbreviation, or before a word in lower case.
    """
    sentence: list[Word] = []
    for word, following in pairwise([*words, None]):
        assert word, "only the last one is None"
        sentence.append(word)
        if following is None or _is_apart(word, following):
            yield sentence
            sentence = []


def _is_apart(word: Word, following: Word) -> bool:
    text, after = word.word.strip(), following.word.strip()
    if following.start - word.start > LONG_PAUSE:
        return True
    if not ENDING.search(text) or after[:1].islower():
        return False
    return not ABBREVIATION.match(text)
