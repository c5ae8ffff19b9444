"""A whole Whisper tokenizer without a download: bytes, a few merges, special tokens."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from tokenizers.pre_tokenizers import ByteLevel

from max_whisper.languages import LANGUAGES

MERGES = ("Ġ t", "h e", "Ġt he", "i n", "e r", "Ġ a", "Ġa n", "Ġan d", "o u", "Ġ -")
"""Pairs that become one token, in order; `Ġ` spells a space."""


@cache
def tiny_tokenizer_json(multilingual: bool = True, num_languages: int = 99) -> str:
    """The text of a `tokenizer.json` whose ids are laid out as in OpenAI's models.

    266 pieces of text (every byte, then `MERGES`), end of text, start of transcript,
    the first `num_languages` languages, tasks and marks, and 1501 timestamps. An
    English-only one names its no-speech token as older files of Hugging Face do.
    """
    words = [*sorted(ByteLevel.alphabet()), *(m.replace(" ", "") for m in MERGES)]
    silence = "<|nospeech|>" if multilingual else "<|nocaptions|>"
    special = [
        *("<|endoftext|>", "<|startoftranscript|>"),
        *(f"<|{code}|>" for code in [*LANGUAGES][:num_languages]),
        *("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>"),
        *(silence, "<|notimestamps|>"),
        *(f"<|{step * 0.02:.2f}|>" for step in range(1501)),
    ]
    return json.dumps(
        {
            "version": "1.0",
            "added_tokens": [
                _added_token(token, name)
                for token, name in enumerate(special, start=len(words))
            ],
            "normalizer": None,
            "pre_tokenizer": _byte_level(add_prefix_space=False),
            "post_processor": None,
            "decoder": _byte_level(add_prefix_space=True),
            "model": {
                "type": "BPE",
                "vocab": {word: token for token, word in enumerate(words)},
                "merges": list(MERGES),
            },
        }
    )


def _added_token(token: int, name: str) -> dict[str, Any]:
    """As in Hugging Face's files, where times do not count as special."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    special = not name[2].isdigit()
    return {"id": token, "content": name, **flags, "special": special}


def _byte_level(*, add_prefix_space: bool) -> dict[str, Any]:
    return {
        "type": "ByteLevel",
        "add_prefix_space": add_prefix_space,
        "trim_offsets": True,
        "use_regex": True,
    }
