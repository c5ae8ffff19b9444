"""Tokens that nobody speaks: brackets, quotes, markup and notes.

Suppressed, they keep speaker tags and `(APPLAUSE)` or `♪♪♪` out of a transcript. The
list is that of `non_speech_tokens` in openai/whisper.
"""

from __future__ import annotations

from collections.abc import Callable

SYMBOLS = (
    *'"#()*+/:;<=>@[\\]^_`{|}~「」『』',
    *("<<", ">>", "<<<", ">>>", "--", "---", "-(", "-[", "('", '("'),
    *("((", "))", "(((", ")))", "[[", "]]", "{{", "}}", "♪♪", "♪♪♪"),
)
"""Suppressed where the vocabulary has one token for the whole symbol."""

NOTES = tuple("♩♪♫♬♭♮♯")
"""Suppressed by their first token, which begins no letter: U+2640 to U+267F only."""

WORD_STARTS = (" -", " '")
"""Welcome inside a word, not before one."""


def non_speech_tokens(encode: Callable[[str], list[int]]) -> tuple[int, ...]:
    """The ids to suppress, sorted, in the vocabulary that `encode` writes in."""
    tokens = {encode(start)[0] for start in WORD_STARTS}
    for symbol in (*SYMBOLS, *NOTES):
        for encoded in (encode(symbol), encode(" " + symbol)):
            if len(encoded) == 1 or symbol in NOTES:
                tokens.add(encoded[0])
    return tuple(sorted(tokens))
