"""From a file's tensors to a Whisper's: positions made, the tied output dropped."""

from __future__ import annotations

import numpy as np
import pytest

from max_whisper.errors import CheckpointError
from max_whisper.weights import load_checkpoint
from max_whisper.weights.bfloat16 import BFLOAT16, widen
from max_whisper.weights.complete import (
    EMBEDDING,
    POSITIONS,
    TIED,
    complete,
    sinusoids,
)
from tests.tiny_checkpoint import random_weights, tiny_config

CONFIG = tiny_config("{}", {})


def test_lacking_positions_are_made():
    weights = random_weights(CONFIG)
    expected = weights.pop(POSITIONS)
    np.testing.assert_array_equal(complete(weights, CONFIG)[POSITIONS], expected)


def test_lacking_positions_are_float16_among_float16():
    weights = {n: w.astype("f2") for n, w in random_weights(CONFIG).items()}
    del weights[POSITIONS]
    assert complete(weights, CONFIG)[POSITIONS].dtype == np.float16


def test_sinusoids_are_those_of_a_trained_whisper(shared):
    folder = shared / "models/whisper-tiny.en-relearned"
    trained = load_checkpoint(folder).weights[POSITIONS].astype(np.float32)
    np.testing.assert_allclose(sinusoids(*trained.shape), trained, atol=5e-4)


def test_a_tied_output_is_dropped():
    weights = random_weights(CONFIG)
    weights[TIED] = weights[EMBEDDING].copy()
    assert TIED not in complete(weights, CONFIG)


def test_an_output_of_its_own_is_refused():
    weights = random_weights(CONFIG)
    weights[TIED] = weights[EMBEDDING] + 1
    with pytest.raises(CheckpointError, match=r"to equal decoder\.embed_tokens"):
        complete(weights, CONFIG)


def test_arrays_are_contiguous_and_copied_only_where_they_must_be():
    weights = random_weights(CONFIG)
    turned = "encoder.layers.0.self_attn.q_proj.weight"
    weights[turned] = weights[turned].T
    whole = complete(weights, CONFIG)
    assert whole[turned].flags.c_contiguous
    np.testing.assert_array_equal(whole[turned], weights[turned])
    assert whole[EMBEDDING] is weights[EMBEDDING]


def test_bfloat16_widens_exactly():
    bits = np.array([0x0000, 0x3F80, 0xC000, 0x7F80, 0x3DCD], BFLOAT16)
    expected = [0, 1, -2, np.inf, 0.10009765625]
    np.testing.assert_array_equal(widen(bits), np.array(expected, np.float32))
