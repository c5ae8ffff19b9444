"""Loops cut: a phrase that is said again and again is left there once.

one  two  [ one  two  one  two  one  two ]  three
          └──────── cut, with their times ┘
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from max_whisper.timestamps.segments import TimedTokens

LONGEST_PHRASE = 50
"""Text tokens; a window has at most 224, so a longer one cannot come often."""


def cut_loops(
    pieces: Sequence[TimedTokens], eot: int, most: int
) -> tuple[tuple[TimedTokens, ...], tuple[TimedTokens, ...]]:
    """What stays of the pieces, and what is cut of them.

    A phrase may be said `most` times in a row within the pieces, whatever times stand
    between its text tokens, which are those below `eot`.
    """
    text = [
        (number, place)
        for number, piece in enumerate(pieces)
        for place, token in enumerate(piece.tokens)
        if token < eot
    ]
    said = [pieces[number].tokens[place] for number, place in text]
    gone = {text[i] for i in loops(said, most)}
    if not gone:
        return tuple(pieces), ()
    kept: list[TimedTokens] = []
    cut: list[TimedTokens] = []
    for number, piece in enumerate(pieces):
        marked = [(t, (number, i) in gone) for i, t in enumerate(piece.tokens)]
        stays = tuple(token for token, is_gone in marked if not is_gone)
        goes = tuple(token for token, is_gone in marked if is_gone)
        if not goes or any(token < eot for token in stays):
            kept.append(replace(piece, tokens=stays))
        if goes:
            cut.append(replace(piece, tokens=goes))
    return tuple(kept), tuple(cut)


def loops(tokens: Sequence[int], most: int) -> Iterator[int]:
    """The places of phrases said more than `most` times in a row, but the first.

    >>> list(loops([7, 1, 2, 1, 2, 1, 2, 1, 8], 2)), list(loops([1, 1], 2))
    ([3, 4, 5, 6], [])
    """
    for length in range(1, min(LONGEST_PHRASE, len(tokens) // 2) + 1):
        begin = length  # of what is as it was a phrase ago
        for place in range(length, len(tokens) + 1):
            if place < len(tokens) and tokens[place] == tokens[place - length]:
                continue
            whole = (place - begin) // length
            if whole >= most:
                yield from range(begin, begin + whole * length)
            begin = place + 1
