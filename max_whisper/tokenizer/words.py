"""Tokens to words, never cutting a character that several tokens share.

As `split_to_word_tokens` in openai/whisper, except that no token is lost when bytes are
no UTF-8: the last word takes those that are left over.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import TypeAlias

from max_whisper.tokenizer.tokenizer import Tokenizer

Pieces: TypeAlias = list[tuple[str, list[int]]]

UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages that are written without spaces between words."""


def split_to_words(
    tokenizer: Tokenizer, tokens: Sequence[int], language: str | None
) -> tuple[list[str], list[list[int]]]:
    """The words of `tokens` and the tokens of each word.

    A word begins at a space; in a language without spaces every character, or the
    shortest run of tokens that ends with one, is a word.
    """
    pieces = _characters(tokenizer, tokens)
    if language not in UNSPACED:
        pieces = _join(pieces, tokenizer.eot)
    return [text for text, _ in pieces], [list(ids) for _, ids in pieces]


def _characters(tokenizer: Tokenizer, tokens: Sequence[int]) -> Pieces:
    """The shortest runs of tokens that are whole characters."""
    whole = tokenizer.decode_with_timestamps(tokens)
    pieces: Pieces = []
    run: list[int] = []
    position = 0
    for token in tokens:
        run.append(token)
        text = tokenizer.decode_with_timestamps(run)
        if _is_complete(text, whole[position:]):
            pieces.append((text, run))
            position += len(text)
            run = []
    if run:
        pieces.append((text, run))
    return pieces


def _is_complete(text: str, expected: str) -> bool:
    """Whether `text` breaks off in no character, or where `expected` is broken too."""
    broken = text.find("\ufffd")
    return broken < 0 or expected[broken : broken + 1] == "\ufffd"


def _join(pieces: Pieces, eot: int) -> Pieces:
    """Add to each word the pieces that neither begin one nor stand alone."""
    words: Pieces = []
    for text, ids in pieces:
        alone = ids[0] >= eot or text.strip() in string.punctuation
        if alone or text.startswith(" ") or not words:
            words.append((text, ids))
        else:
            words[-1] = (words[-1][0] + text, words[-1][1] + ids)
    return words
