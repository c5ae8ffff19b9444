"""The tokenizer.json of a checkpoint, from wherever it can be had.

Checkpoints that were saved with the older tokenizer of transformers have its parts in
three files; OpenAI's `.pt`, and some fine-tuned checkpoints, have none, but are of one
of Whisper's three vocabularies.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from max_whisper.config import WhisperConfig
from max_whisper.errors import CheckpointError
from max_whisper.weights.files import ADDED, MERGES, TOKENIZER, VOCAB
from max_whisper.weights.hub import download_tokenizer
from max_whisper.weights.read import read_json, read_text

TOKENIZERS = {
    51864: "openai/whisper-tiny.en",
    51865: "openai/whisper-tiny",
    51866: "openai/whisper-large-v3",
}
"""Where the tokenizer of each of Whisper's three vocabularies lies, by its size."""

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}


def tokenizer_json(folder: Path, config: WhisperConfig, cache_dir: Path | None) -> str:
    """The text of that of the checkpoint in `folder`.

    Raises `CheckpointError` where there is none, and none that is known to fit.
    """
    if (folder / TOKENIZER).is_file():
        return read_text(folder / TOKENIZER)
    if (folder / VOCAB).is_file() and (folder / MERGES).is_file():
        return json.dumps(_joined(folder))
    repo = TOKENIZERS.get(config.vocab_size)
    remedy = f"put {TOKENIZER} into {folder}"
    if repo is None:
        raise CheckpointError(
            f"{folder}: expected {TOKENIZER}, or a vocabulary of "
            f"{', '.join(map(str, TOKENIZERS))} tokens, whose tokenizer is known, "
            f"found {config.vocab_size}; {remedy}"
        )
    try:
        return read_text(download_tokenizer(repo, cache_dir=cache_dir))
    except CheckpointError as error:
        raise CheckpointError(f"{error}; or {remedy}") from error


def _joined(folder: Path) -> dict[str, Any]:
    """The older tokenizer's three files as the newer one's."""
    lines = read_text(folder / MERGES).splitlines()
    added = read_json(folder / ADDED) if (folder / ADDED).is_file() else {}
    merges = [line for line in lines if line and not line.startswith("#version")]
    return {
        "added_tokens": [{"id": id, "content": name} for name, id in added.items()],
        "pre_tokenizer": BYTE_LEVEL | {"trim_offsets": True},
        "decoder": BYTE_LEVEL | {"trim_offsets": True},
        "model": {
            "type": "BPE",
            "vocab": read_json(folder / VOCAB),
            "merges": merges,
        },
    }
