"""A multilingual checkpoint with random weights: 128 mels and 51866 tokens.

No such checkpoint is at hand, but its vocabulary is: the package ships it as ranks,
from which the merges of a `tokenizer.json` follow.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import whisper
from whisper.tokenizer import get_encoding

from max_whisper.tokenizer.byte_level import BYTE_OF
from max_whisper.weights import Checkpoint, load_checkpoint
from tests.tiny_checkpoint import write_tiny_checkpoint

LANGUAGES = 100
CHARACTER_OF = {byte: character for character, byte in BYTE_OF.items()}
SHAPE = {
    "num_mel_bins": 128,
    "vocab_size": 51866,
    "encoder_ffn_dim": 256,
    "decoder_ffn_dim": 256,
}


def random_multilingual(folder: Path, seed: int = 0) -> Checkpoint:
    """A model of two layers that makes up its words."""
    write_tiny_checkpoint(
        folder, config=SHAPE, seed=seed, tokenizer_json=multilingual_tokenizer_json()
    )
    return load_checkpoint(folder)


def multilingual_tokenizer_json() -> str:
    """The package's multilingual vocabulary as a `tokenizer.json`."""
    assets = Path(whisper.__file__).parent / "assets"
    lines = (assets / "multilingual.tiktoken").read_text().split("\n")
    pairs = (line.split() for line in lines if line)
    ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    specials = get_encoding("multilingual", LANGUAGES)._special_tokens
    model = {
        "type": "BPE",
        "vocab": {spell(token): rank for token, rank in ranks.items()},
        "merges": [[spell(a), spell(b)] for a, b in merges(ranks)],
    }
    added = [
        {"id": i, "content": name, "special": True, **dict.fromkeys(FLAGS, False)}
        for name, i in sorted(specials.items(), key=lambda item: item[1])
    ]
    words = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    return json.dumps(
        {
            "version": "1.0",
            "added_tokens": added,
            "pre_tokenizer": words,
            "decoder": words,
            "model": model,
        }
    )


FLAGS = ("single_word", "lstrip", "rstrip", "normalized")


def spell(token: bytes) -> str:
    """Bytes as the characters by which a byte-level vocabulary writes them."""
    return "".join(CHARACTER_OF[byte] for byte in token)


def merges(ranks: Mapping[bytes, int]) -> Iterator[tuple[bytes, bytes]]:
    """The two parts of every token that is longer than a byte, best rank first."""
    for token, rank in ranks.items():
        parts = [bytes([byte]) for byte in token]
        while len(parts) > 2:
            at = best_pair(parts, ranks, rank)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        if len(parts) == 2:
            yield parts[0], parts[1]


def best_pair(parts: list[bytes], ranks: Mapping[bytes, int], limit: int) -> int:
    """Where the two neighbours stand that merge first."""
    joined = [ranks.get(a + b, limit) for a, b in pairwise(parts)]
    return min(range(len(joined)), key=joined.__getitem__)
