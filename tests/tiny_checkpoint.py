"""A Whisper of two layers with random weights, written as Hugging Face lays one out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from max_whisper.config import WhisperConfig
from max_whisper.weights import expected_shapes
from max_whisper.weights.bfloat16 import BFLOAT16
from max_whisper.weights.complete import EMBEDDING, POSITIONS, sinusoids
from max_whisper.weights.files import INDEX, WEIGHTS

CODES = {"float16": "F16", "bfloat16": "BF16", "float32": "F32"}

Tensors = Mapping[str, np.ndarray]


def write_tiny_checkpoint(
    folder: Path,
    *,
    config: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    shards: int = 1,
    seed: int = 0,
    tokenizer_json: str = "{}",
    multilingual: bool = True,
) -> WhisperConfig:
    """Write every file of a checkpoint into `folder`; `config` overrides its facts.

    The vocabulary is that of `tokenizer_json`. Equal seeds make equal weights, up to
    the rounding of `dtype`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = tiny_config(tokenizer_json, config or {})
    tensors = {
        f"model.{name}": stored(tensor, dtype)
        for name, tensor in random_weights(facts, seed).items()
    }
    shapes = asdict(facts)
    del shapes["alignment_heads"]
    write_json(folder / "config.json", {"model_type": "whisper", **shapes})
    write_json(
        folder / "generation_config.json",
        {
            "is_multilingual": multilingual,
            "alignment_heads": [[facts.decoder_layers - 1, 0]],
        },
    )
    (folder / "tokenizer.json").write_text(tokenizer_json, encoding="utf-8")
    write_weights(folder, tensors, dtype, shards)
    return facts


def tiny_config(tokenizer_json: str, overrides: Mapping[str, Any]) -> WhisperConfig:
    facts = {
        "num_mel_bins": 80,
        "vocab_size": vocabulary_size(tokenizer_json),
        "d_model": 64,
        "encoder_layers": 2,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 128,
        "decoder_layers": 2,
        "decoder_attention_heads": 2,
        "decoder_ffn_dim": 128,
    }
    return WhisperConfig(**{**facts, **overrides})


def vocabulary_size(tokenizer_json: str) -> int:
    """One more than the highest token of a tokenizer.json; 16 where there is none."""
    tokenizer = json.loads(tokenizer_json)
    tokens = list(tokenizer.get("model", {}).get("vocab", {}).values())
    tokens += [token["id"] for token in tokenizer.get("added_tokens", [])]
    return max(tokens, default=15) + 1


def random_weights(config: WhisperConfig, seed: int = 0) -> dict[str, np.ndarray]:
    """Float32 weights that keep numbers near one on their way through the layers."""
    random = np.random.default_rng(seed)
    weights = {
        name: random_tensor(random, name, shape)
        for name, shape in expected_shapes(config).items()
    }
    weights[POSITIONS] = sinusoids(config.max_source_positions, config.d_model)
    return weights


def random_tensor(
    random: np.random.Generator, name: str, shape: tuple[int, ...]
) -> np.ndarray:
    noise = random.standard_normal(shape, np.float32)
    if name == EMBEDDING or len(shape) > 1:
        return noise / np.float32(np.sqrt(np.prod(shape[1:])))
    centre = 1 if name.endswith("layer_norm.weight") else 0
    return np.float32(0.02) * noise + np.float32(centre)


def stored(tensor: np.ndarray, dtype: str) -> np.ndarray:
    """Float32 numbers as a file of `dtype` holds them; bfloat16 by cutting off bits."""
    if dtype == "bfloat16":
        return (tensor.view(np.uint32) >> 16).astype(BFLOAT16)
    return tensor.astype(dtype)


def write_weights(folder: Path, tensors: Tensors, dtype: str, shards: int = 1) -> None:
    if shards == 1:
        write_safetensors(folder / WEIGHTS, tensors, dtype)
        return
    weight_map = {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = dict(list(tensors.items())[shard::shards])
        write_safetensors(folder / file, part, dtype)
        weight_map |= dict.fromkeys(part, file)
    write_json(folder / INDEX, {"metadata": {}, "weight_map": weight_map})


def write_safetensors(path: Path, tensors: Tensors, dtype: str) -> None:
    """The format by hand: a length of eight bytes, a header of JSON, the numbers."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        start, end = end, end + tensor.nbytes
        header[name] = {
            "dtype": CODES[dtype],
            "shape": tensor.shape,
            "data_offsets": [start, end],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    numbers = b"".join(tensor.tobytes() for tensor in tensors.values())
    path.write_bytes(len(text).to_bytes(8, "little") + text + numbers)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values), encoding="utf-8")
