"""All of a window and all of a token step, as the engine does them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from benchmarks.kernel_rows import BEAM, STEP, WINDOW
from benchmarks.speed import DTYPES, step_seconds
from max_whisper.config import WhisperConfig
from max_whisper.engine.load import load_engine
from max_whisper.engine.options import EngineOptions
from max_whisper.tokenizer import Tokenizer
from max_whisper.weights import Checkpoint
from max_whisper.weights.names import expected_shapes

ALL = "all of it, in the engine"
BYTES = {"float32": (2, 4), "int8": (1, 1)}
"""Of a weight (checkpoints are float16), and of what is kept of the sound."""


def wholes(checkpoint: Checkpoint, rounds: int) -> Iterator[dict[str, Any]]:
    """A row for each precision, the rounds interleaved."""
    config = checkpoint.config
    tokenizer = Tokenizer.from_json(
        checkpoint.tokenizer_json, is_multilingual=checkpoint.is_multilingual
    )
    options = (EngineOptions(device="cpu", dtype=dtype) for dtype in DTYPES)
    engines = [load_engine(config, checkpoint.weights, each) for each in options]
    shape = (1, config.num_frames, config.num_mel_bins)
    window = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    encodes: list[list[float]] = [[] for _ in engines]
    steps: list[list[float]] = [[] for _ in engines]
    for _ in range(rounds):
        for engine, encode, step in zip(engines, encodes, steps, strict=True):
            begin = time.perf_counter()
            features = engine.encode(window)
            encode.append(time.perf_counter() - begin)
            step.append(step_seconds(engine, tokenizer, features, BEAM))
    for dtype, encode, step in zip(DTYPES, encodes, steps, strict=True):
        operations = operations_of_window(config)
        yield row((dtype, WINDOW, ALL), encode, operations=operations)
        yield row((dtype, STEP, ALL), step, size=bytes_of_step(config, dtype))


def row(
    labels: tuple[str, str, str],
    taken: Sequence[float],
    *,
    operations: float = 0,
    size: float = 0,
) -> dict[str, Any]:
    """A row of the table: precision, stage and kernel, and what was measured."""
    dtype, stage, kernel = labels
    seconds = statistics.median(taken)
    return {
        "dtype": dtype,
        "stage": stage,
        "kernel": kernel,
        "milliseconds": 1000 * seconds,
        "gops": operations / seconds / 1e9,
        "gb_s": size / seconds / 1e9,
    }


def operations_of_window(config: WhisperConfig) -> float:
    """Multiplications and additions of encoder and cross keys and values."""
    positions, width = config.max_source_positions, config.d_model
    heard = 2 * positions * config.num_mel_bins * 3 * width + positions * 3 * width**2
    layer = 4 * width**2 + 2 * width * config.encoder_ffn_dim + 2 * positions * width
    cross = 2 * width**2 * config.decoder_layers
    return 2 * (heard + positions * (layer * config.encoder_layers + cross))


def bytes_of_step(config: WhisperConfig, dtype: str) -> float:
    """Weights of the decoder that a step reads, and what it heard in one window."""
    weight, heard = BYTES[dtype]
    shapes = expected_shapes(config).items()
    unread = ("embed_positions", "encoder_attn.k_proj", "encoder_attn.v_proj")
    weights = sum(
        prod(shape)
        for name, shape in shapes
        if name.startswith("decoder.")
        and len(shape) == 2
        and not any(part in name for part in unread)
    )
    cross = 2 * config.decoder_layers * config.max_source_positions * config.d_model
    return weight * weights + heard * cross
