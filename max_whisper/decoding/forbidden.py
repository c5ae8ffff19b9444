"""Texts that may not be said, however they are spelled.

A text is spelled as it is given, with a capital and with a small first letter, after a
space and without one. Any tokens that add up to a spelling say it: so the token that
would complete it is banned wherever the tokens just said spell what comes before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from max_whisper.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class ForbiddenTexts:
    """What has been said of a spelling, in bytes, to the tokens that would complete it.

    `bytes_of` are the bytes of each text token. Only whole tokens count: a longer word
    whose last or first part is a forbidden text may be said if it is one token.
    """

    last_tokens: Mapping[bytes, frozenset[int]]
    bytes_of: Mapping[int, bytes]

    @classmethod
    def of(cls, tokenizer: Tokenizer, texts: Sequence[str]) -> ForbiddenTexts:
        """All that would say one of `texts`, in the tokens of a model."""
        last: dict[bytes, set[int]] = {}
        for text in texts:
            for before, token in _last_tokens(tokenizer, text):
                last.setdefault(before, set()).add(token)
        found = {before: frozenset(tokens) for before, tokens in last.items()}
        return cls(found, tokenizer.bytes_of)

    @property
    def outright(self) -> frozenset[int]:
        """The tokens that are a whole spelling by themselves."""
        return self.last_tokens.get(b"", frozenset())

    def banned(self, text: Sequence[int]) -> frozenset[int]:
        """The tokens that may not follow the text tokens that a row has said."""
        longest = max(map(len, self.last_tokens), default=0)
        banned: frozenset[int] = frozenset()
        tail = b""
        for token in reversed(text):
            tail = self.bytes_of.get(token, b"") + tail
            if len(tail) > longest:
                break
            banned |= self.last_tokens.get(tail, frozenset())
        return banned


def _last_tokens(tokenizer: Tokenizer, text: str) -> Iterator[tuple[bytes, int]]:
    """What comes before, and the last token, of all that says `text`."""
    for spelling in _spellings(text):
        whole = spelling.encode()
        for cut in range(len(whole)):
            token = tokenizer.text_tokens.get(whole[cut:])
            if token is not None:
                yield whole[:cut], token


def _spellings(text: str) -> set[str]:
    """`text` with and without a capital and a space.

    >>> sorted(_spellings("Fort Sumter"))
    [' Fort Sumter', ' fort Sumter', 'Fort Sumter', 'fort Sumter']
    """
    text = text.strip()
    words = {text, text[0].upper() + text[1:], text[0].lower() + text[1:]}
    return words | {f" {word}" for word in words}
