"""Two tiny Whispers, compiled once and kept between runs while nothing changes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from max_whisper.config import WhisperConfig
from max_whisper.engine.engine import MaxEngine
from max_whisper.engine.load import load_engine
from max_whisper.engine.options import EngineOptions
from tests.tiny_checkpoint import random_weights, tiny_config
from tests.tiny_tokenizer import tiny_tokenizer_json

CPU = EngineOptions(device="cpu")

FACTS: dict[bool, dict[str, Any]] = {
    False: {},
    True: {
        "num_mel_bins": 128,
        "d_model": 60,
        "encoder_attention_heads": 3,
        "decoder_attention_heads": 3,
        "encoder_ffn_dim": 100,
        "decoder_ffn_dim": 100,
    },
}
"""Whether multilingual; that one is of sizes that fill no vector and no panel."""


def config_of(*, multilingual: bool) -> WhisperConfig:
    tokenizer = tiny_tokenizer_json(multilingual=multilingual)
    return tiny_config(tokenizer, FACTS[multilingual])


def half_weights(config: WhisperConfig) -> dict[str, np.ndarray]:
    return {k: w.astype(np.float16) for k, w in random_weights(config, seed=1).items()}


def keep_compiled(config: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let compiled graphs lie in pytest's own cache, unless they have a place; return
    that folder.
    """
    if chosen := os.environ.get("MAX_WHISPER_CACHE"):
        return Path(chosen)
    folder = config.cache.mkdir("max-whisper")
    monkeypatch.setenv("MAX_WHISPER_CACHE", str(folder))
    return folder


def tiny_engine(*, multilingual: bool) -> MaxEngine:
    config = config_of(multilingual=multilingual)
    return load_engine(config, half_weights(config), CPU)
