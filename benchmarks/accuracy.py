"""Word errors of a long recording, utterance by utterance.

The words heard are aligned with all the words spoken, by the fewest edits, and each
edit is counted for the utterance that it falls into. An utterance is **spoilt** if the
engine loops in it (the same one to eight words four times in a row, or more) or loses
it (over half of its words are missing, as they are after a loop that fills its window).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

LONGEST_LOOP = 8
REPEATS = 4


@dataclass(slots=True)
class Utterance:
    """How one utterance was heard."""

    words: int
    errors: int = 0
    missing: int = 0
    loops: bool = False

    @property
    def is_lost(self) -> bool:
        return self.missing > self.words / 2

    @property
    def is_spoilt(self) -> bool:
        return self.loops or self.is_lost


def compare(spoken: Sequence[Sequence[str]], heard: Sequence[str]) -> list[Utterance]:
    """The utterances of `spoken`, with what went wrong in `heard`.

    A word too many belongs to the utterance of the word before it.
    """
    found = [Utterance(len(words)) for words in spoken]
    owner = [number for number, words in enumerate(spoken) for _ in words]
    reference = [word for words in spoken for word in words]
    if not reference:
        return found
    repeated = set(loops(heard))
    last = 0
    for place, word in align(reference, heard):
        last = last if place is None else place
        utterance = found[owner[last]]
        is_right = None not in (place, word) and reference[place] == heard[word]  # type: ignore[index]
        utterance.errors += not is_right
        utterance.missing += word is None
        utterance.loops |= word in repeated
    return found


def word_error_rate(found: Sequence[Utterance], left_out: Sequence[bool]) -> float:
    """Errors by words over the utterances that are not left out."""
    kept = [u for u, out in zip(found, left_out, strict=True) if not out]
    return sum(u.errors for u in kept) / max(1, sum(u.words for u in kept))


def loops(words: Sequence[str]) -> Iterator[int]:
    """The places of words that repeat themselves."""
    for length in range(1, LONGEST_LOOP + 1):
        begin = length
        for place in range(length, len(words) + 1):
            if place < len(words) and words[place] == words[place - length]:
                continue
            if place - begin >= (REPEATS - 1) * length:
                yield from range(begin - length, place)
            begin = place + 1


def align(
    reference: Sequence[str], heard: Sequence[str]
) -> list[tuple[int | None, int | None]]:
    """Pairs of places, in order; None where the other side has no word for it."""
    cost = costs(reference, heard)
    pairs: list[tuple[int | None, int | None]] = []
    i, j = len(reference), len(heard)
    while i or j:
        if (
            i
            and j
            and cost[i, j] == cost[i - 1, j - 1] + (reference[i - 1] != heard[j - 1])
        ):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def costs(reference: Sequence[str], heard: Sequence[str]) -> np.ndarray:
    """Fewest edits between beginnings `[len(reference) + 1, len(heard) + 1]`.

    A row follows from the one above at once: words too many cost one each, so they are
    a running minimum of what is left when their number is taken off.
    """
    numbers = {word: number for number, word in enumerate({*reference, *heard})}
    told = np.array([numbers[word] for word in heard], np.int32)
    steps = np.arange(len(heard) + 1, dtype=np.int32)
    cost = np.empty((len(reference) + 1, len(heard) + 1), np.int32)
    cost[0] = steps
    for i, word in enumerate(reference, 1):
        row = cost[i - 1] + 1
        np.minimum(row[1:], cost[i - 1, :-1] + (told != numbers[word]), out=row[1:])
        cost[i] = np.minimum.accumulate(row - steps) + steps
    return cost
