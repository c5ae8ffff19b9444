"""An encoder on a GPU hears each window of a batch as the CPU does, and all alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from max.driver import Device

from max_whisper.config import WhisperConfig
from max_whisper.engine.buffers import as_float32
from max_whisper.engine.load import load_engine
from max_whisper.engine.options import EngineOptions
from max_whisper.weights import load_checkpoint
from tests.compiled import keep_compiled
from tests.tiny_checkpoint import random_weights

NEAR = 0.03
"""What half precision may lose, relative to all of it."""
WIDE = WhisperConfig(
    num_mel_bins=128,
    vocab_size=51866,
    d_model=1280,
    encoder_layers=2,
    encoder_attention_heads=20,
    encoder_ffn_dim=5120,
    decoder_layers=1,
    decoder_attention_heads=20,
    decoder_ffn_dim=5120,
)
"""Layers as wide as large-v3's."""


def model(name: str) -> tuple[WhisperConfig, Mapping[str, Any]]:
    if name == "demo":
        checkpoint = load_checkpoint(name)
        return checkpoint.config, checkpoint.weights
    return WIDE, random_weights(WIDE, seed=1)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", ["demo", "wide"])
def test_windows_of_a_batch(
    gpu: Device,
    name: str,
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep_compiled(pytestconfig, monkeypatch)
    config, weights = model(name)
    random = np.random.default_rng(0)
    size = (16, config.num_frames, config.num_mel_bins)
    windows = random.uniform(-1, 1, size).astype(np.float32)
    windows[1:3] = windows[0]
    cpu = load_engine(config, weights, EngineOptions(device="cpu"))
    expected = [as_float32(cpu.encode(windows[i : i + 1]).states)[0] for i in (0, 15)]
    cpu.close()
    engine = load_engine(config, weights, EngineOptions(device="gpu"))
    for count in (1, 3, 16):
        states = as_float32(engine.encode(windows[:count]).states)
        for twin in states[1:3]:
            assert distance(twin, states[0]) < NEAR / 3
        assert distance(states[0], expected[0]) < NEAR
        rows = np.linalg.norm(states[0] - expected[0], axis=1)
        assert rows.max() < 3 * NEAR * np.linalg.norm(expected[0], axis=1).mean()
    assert distance(states[15], expected[1]) < NEAR
    engine.close()


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """How far apart, relative."""
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))
