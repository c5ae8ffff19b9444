"""The log-mel spectrogram of a whole recording, on the device."""

from __future__ import annotations

import numpy as np
import pytest

from max_whisper.engine.engine import MaxEngine
from tests.features.reference import log_mel


@pytest.mark.parametrize("length", [1, 159, 400, 160 * 77 + 1, 480_000, 480_001])
def test_it_is_that_of_numpy(engine: MaxEngine, length: int) -> None:
    random = np.random.default_rng(length)
    loudness = np.linspace(0.001, 0.3, length)
    samples = (loudness * random.standard_normal(length)).astype(np.float32)
    expected = log_mel(samples, engine.config.num_mel_bins)
    found = engine.log_mel([samples]).frames[:]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("length", [1, 159, 160 * 77 + 121, 160 * 77 + 122, 479_999])
def test_its_tail_is_the_silence_after_the_sound(
    engine: MaxEngine, length: int
) -> None:
    samples = np.linspace(0, 0.3, length, dtype=np.float32)
    mel = engine.log_mel([samples])
    found = np.concatenate([mel.frames[:], mel.tail])[:3000]
    padded = np.pad(samples, (0, 480_000))
    expected = log_mel(padded, engine.config.num_mel_bins)[:3000]
    np.testing.assert_allclose(found, expected, atol=2e-5)
