"""Names and shapes: strict, and clear about what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from max_whisper.errors import CheckpointError
from max_whisper.weights.names import check, expected_shapes, from_openai
from tests.tiny_checkpoint import random_weights, tiny_config
from tests.weights.torch_file import to_openai

CONFIG = tiny_config("{}", {})


def test_every_name_survives_the_way_to_openai_and_back():
    for name in expected_shapes(CONFIG):
        assert from_openai(to_openai(name)) == name


def test_openai_names_are_those_of_openai():
    names = {to_openai(name) for name in expected_shapes(CONFIG)}
    assert "encoder.positional_embedding" in names
    assert "encoder.ln_post.weight" in names
    assert "decoder.ln.bias" in names
    assert "decoder.blocks.1.cross_attn_ln.weight" in names
    assert "decoder.blocks.1.mlp.2.bias" in names


def test_keys_have_no_bias():
    assert "encoder.layers.0.self_attn.k_proj.bias" not in expected_shapes(CONFIG)
    assert "encoder.layers.0.self_attn.v_proj.bias" in expected_shapes(CONFIG)


def test_the_right_weights_pass():
    check(random_weights(CONFIG), CONFIG)


def test_missing_weights_are_named_and_counted():
    weights = random_weights(CONFIG)
    weights = {n: w for n, w in weights.items() if "encoder.conv" not in n}
    with pytest.raises(CheckpointError, match=r"no encoder\.conv1\.bias.* and 1 more"):
        check(weights, CONFIG)


def test_weights_left_over_are_named():
    weights = {**random_weights(CONFIG), "lora.weight": np.zeros(1)}
    with pytest.raises(CheckpointError, match=r"found also lora\.weight"):
        check(weights, CONFIG)


def test_a_wrong_shape_is_named():
    weights = {**random_weights(CONFIG), "encoder.conv1.bias": np.zeros(3)}
    with pytest.raises(CheckpointError, match=r"\[64\] for encoder\.conv1.*\[3\]"):
        check(weights, CONFIG)
