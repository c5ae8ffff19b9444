"""The byte-level alphabet: how a vocabulary of text files spells any byte.

Printable bytes stand for themselves, the 68 others for the characters from U+0100 on,
as in GPT-2's `encoder.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

PRINTABLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
HIDDEN = tuple(byte for byte in range(256) if byte not in PRINTABLE)
BYTE_OF = {chr(byte): byte for byte in PRINTABLE} | {
    chr(0x100 + place): byte for place, byte in enumerate(HIDDEN)
}


def token_bytes(token: str) -> bytes:
    """The bytes that `token` spells; text in no such spelling is its own UTF-8.

    >>> token_bytes("ĠcafÃ©").decode()
    ' café'
    """
    try:
        return bytes(BYTE_OF[character] for character in token)
    except KeyError:
        return token.encode()


def byte_table(vocabulary: Mapping[str, int]) -> dict[int, bytes]:
    """Token id to bytes, for a whole vocabulary."""
    return {token: token_bytes(spelling) for spelling, token in vocabulary.items()}
