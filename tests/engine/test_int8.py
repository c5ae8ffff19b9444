"""The engine in int8 is near a plain Whisper in NumPy, on sizes that fill no panel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from max_whisper.engine.engine import MaxEngine
from max_whisper.engine.load import load_engine
from max_whisper.engine.options import EngineOptions
from max_whisper.engine.protocol import AudioFeatures, Bounds, DecodingState, TokenRules
from tests.compiled import config_of, half_weights
from tests.numpy_whisper import NumpyWhisper

WINDOWS = 2
SAID = [5, 8, 200, 31, 7, 9, 2, 11, 100, 4]


@pytest.fixture(scope="module")
def near(compiled: Path) -> MaxEngine:
    config = config_of(multilingual=True)
    options = EngineOptions(device="cpu", dtype="int8")
    return load_engine(config, half_weights(config), options)


@pytest.fixture(scope="module")
def sound(near: MaxEngine) -> np.ndarray:
    shape = (WINDOWS, near.config.num_frames, near.config.num_mel_bins)
    return np.random.default_rng(5).uniform(-1, 1, shape).astype(np.float32)


@pytest.fixture(scope="module")
def heard(near: MaxEngine, sound: np.ndarray) -> AudioFeatures:
    return near.encode(sound)


@pytest.fixture(scope="module")
def numpy(near: MaxEngine) -> NumpyWhisper:
    return NumpyWhisper(near.config, half_weights(near.config))


@pytest.fixture(scope="module")
def features(sound: np.ndarray, numpy: NumpyWhisper) -> list[np.ndarray]:
    return [numpy.encode(mel) for mel in sound]


def prefill(
    near: MaxEngine, heard: AudioFeatures, prompt: list[int], group: int = 1
) -> DecodingState:
    size = near.config.vocab_size
    nothing = np.zeros(size, np.bool_)
    rules = TokenRules(nothing, nothing, size)
    return near.prefill(heard, [prompt] * WINDOWS, rules, group=group)


def bounds(near: MaxEngine, rows: int) -> list[Bounds]:
    end = near.config.vocab_size
    return [Bounds(0, end, end, False)] * rows


def test_features_are_near(heard: AudioFeatures, features: list[np.ndarray]) -> None:
    found = heard.states.to_numpy()
    error = np.linalg.norm(found - features) / np.linalg.norm(features)
    assert 0 < error <= 0.02


@pytest.mark.parametrize("length", [1, len(SAID) - 2])
def test_what_may_follow_is_near(
    near: MaxEngine,
    numpy: NumpyWhisper,
    heard: AudioFeatures,
    features: list[np.ndarray],
    length: int,
) -> None:
    state = prefill(near, heard, SAID[:length])
    for at in range(length - 1, len(SAID)):
        found = near.step(state, [SAID[at]] * WINDOWS, bounds(near, WINDOWS))
        for row, window in enumerate(features):
            expected = numpy.logprobs(SAID[: at + 1], window)[-1]
            gaps = found.logprobs[row] - expected[found.tokens[row]]
            assert np.abs(gaps).max() < 0.05


def test_a_beam_is_what_its_tokens_are_alone(
    near: MaxEngine, heard: AudioFeatures
) -> None:
    state = prefill(near, heard, SAID[:3], group=3)
    rows = 3 * WINDOWS
    near.step(state, [1, 2, 3] * WINDOWS, bounds(near, rows))
    near.step(state, [7] * rows, bounds(near, rows), sources=[1, 0, 2, 4, 3, 5])
    beams = near.step(state, [9] * rows, bounds(near, rows))
    for beam, second in enumerate((2, 1, 3)):
        alike = prefill(near, heard, SAID[:3], group=3)
        for token in (second, 7, 9):
            last = near.step(alike, [token] * rows, bounds(near, rows))
        np.testing.assert_array_equal(beams.logprobs[beam::3], last.logprobs[beam::3])


def test_a_window_is_the_same_alone_and_beside_others(
    near: MaxEngine, sound: np.ndarray, heard: AudioFeatures
) -> None:
    states = heard.states.to_numpy()
    for row in range(WINDOWS):
        alone = near.encode(sound[row : row + 1]).states.to_numpy()
        np.testing.assert_array_equal(alone[0], states[row])
