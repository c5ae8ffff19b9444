"""Whisper's tokenizer, from the `tokenizer.json` of a checkpoint.

It behaves as `whisper/tokenizer.py` in openai/whisper, with two differences: the names
of special tokens in a text are plain text, and the language is an argument, not state.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import tokenizers

from max_whisper.errors import CheckpointError, OptionError
from max_whisper.tokenizer.byte_level import byte_table
from max_whisper.tokenizer.non_speech import non_speech_tokens
from max_whisper.tokenizer.special_tokens import (
    RENAMED,
    TIMESTAMPS,
    SpecialTokens,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tokenizer(SpecialTokens):
    """Text to token ids and back, and the special tokens by name."""

    is_multilingual: bool
    encoder: tokenizers.Tokenizer = field(repr=False)
    bytes_of: Mapping[int, bytes] = field(repr=False)

    @classmethod
    def from_json(cls, text: str, *, is_multilingual: bool) -> Tokenizer:
        """Read the text of a Hugging Face `tokenizer.json`.

        Raises `CheckpointError` if it is something else or lacks a special token.
        """
        content = _parse(text)
        words, added = content["model"]["vocab"], _added_tokens(content)
        special = SpecialTokens.find(words | added)
        times = dict(enumerate(TIMESTAMPS, start=special.timestamp_begin))
        names = times | {token: name for name, token in added.items()}
        return cls(
            **vars(special),
            is_multilingual=is_multilingual,
            encoder=_text_encoder(content),
            bytes_of=byte_table(words) | {t: n.encode() for t, n in names.items()},
        )

    def encode(self, text: str) -> list[int]:
        """The ids of `text`, without any special token, whatever the text says."""
        # As in tiktoken: halves of a surrogate pair, which are no text, are replaced.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        ids: list[int] = self.encoder.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of `tokens` without times; other special tokens show their names."""
        return self.decode_with_timestamps(
            token for token in tokens if token < self.timestamp_begin
        )

    def decode_with_timestamps(self, tokens: Iterable[int]) -> str:
        """The text of `tokens`, with times as in `<|1.08|>`.

        Bytes that are no UTF-8 become U+FFFD; ids without a token are passed over.
        """
        pieces = (self.bytes_of.get(token, b"") for token in tokens)
        return b"".join(pieces).decode("utf-8", errors="replace")

    def sot_sequence(self, language: str | None, task: str) -> tuple[int, ...]:
        """The tokens that begin a transcript; a language of None means English.

        `language` is a code and `task` is `transcribe` or `translate`. English-only
        models have no tokens for either. Raises `OptionError` for unknown ones.
        """
        tasks = {"transcribe": self.transcribe, "translate": self.translate}
        if task not in tasks:
            raise OptionError(f"expected task transcribe or translate, found {task!r}")
        if not self.is_multilingual:
            return (self.sot,)
        return (self.sot, self._language_token(language or "en"), tasks[task])

    @cached_property
    def non_speech_tokens(self) -> tuple[int, ...]:
        """The ids of symbols that nobody speaks, sorted."""
        return non_speech_tokens(self.encode)

    @cached_property
    def text_tokens(self) -> Mapping[bytes, int]:
        """The ids of pieces of text by their bytes: `bytes_of`, the other way round."""
        return {piece: t for t, piece in self.bytes_of.items() if t < self.eot}

    def _language_token(self, language: str) -> int:
        if language not in self.language_tokens:
            raise OptionError(
                f"expected one of the {len(self.language_tokens)} languages of this "
                f"model, found {language!r}; try another language or a newer model"
            )
        return self.language_tokens[language]


def _parse(text: str) -> dict[str, Any]:
    """The content of a `tokenizer.json`, known to hold a BPE."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise _unreadable(f"no JSON ({error})") from error
    model = content.get("model") if isinstance(content, dict) else None
    if not isinstance(model, dict) or not isinstance(model.get("vocab"), dict):
        raise _unreadable("no vocabulary")
    if model.get("type", "BPE") != "BPE":
        raise _unreadable(f"a model of type {model['type']}")
    return {"added_tokens": [], **content}


def _added_tokens(content: Mapping[str, Any]) -> dict[str, int]:
    """Names of today to ids, of the tokens that are no pieces of text."""
    ids = {token["content"]: token["id"] for token in content["added_tokens"]}
    return {RENAMED.get(name, name): token for name, token in ids.items()}


def _text_encoder(content: Mapping[str, Any]) -> tokenizers.Tokenizer:
    """An encoder that knows no special tokens, so that none can be smuggled in."""
    plain = {**content, "added_tokens": [], "post_processor": None, "truncation": None}
    try:
        return tokenizers.Tokenizer.from_str(json.dumps(plain))
    except Exception as error:  # the library raises no class of its own
        raise _unreadable(str(error)) from error


def _unreadable(found: str) -> CheckpointError:
    return CheckpointError(
        f"expected a byte-level BPE in tokenizer.json, found {found}; "
        "is this the tokenizer of a Whisper?"
    )
