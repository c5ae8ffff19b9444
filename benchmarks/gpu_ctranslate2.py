"""A Whisper of random weights in CTranslate2's form, made without PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs.whisper_spec import WhisperSpec

from benchmarks.shapes import Shape

SAMPLE = 2**22
SPECIAL = {
    50257: "<|endoftext|>",
    50258: "<|startoftranscript|>",
    50362: "<|nospeech|>",
    50363: "<|notimestamps|>",
}
"""Tokens that CTranslate2 asks for by their names."""


def save(shape: Shape, folder: Path) -> None:
    """Write a model of this shape, in float16, into an empty folder."""
    heads = shape["heads"]
    model = WhisperSpec(shape["encoder"], heads, shape["decoder"], heads)
    _fill_encoder(model.encoder, shape)
    _fill_decoder(model.decoder, shape)
    tokens = [f"<{number}>" for number in range(shape["vocabulary"])]
    for number, name in SPECIAL.items():
        tokens[number] = name
    model.register_vocabulary(tokens)
    model.validate()
    model.save(str(folder))


def _fill_encoder(encoder: Any, shape: Shape) -> None:
    width = shape["width"]
    _fill(encoder.conv1, width, shape["mels"], 3)
    _fill(encoder.conv2, width, width, 3)
    encoder.position_encodings.encodings = _random(1500, width)
    _fill_norm(encoder.layer_norm, width)
    for layer in encoder.layer:
        _fill_attention(layer.self_attention, width, 3)
        _fill_ffn(layer.ffn, width)


def _fill_decoder(decoder: Any, shape: Shape) -> None:
    width = shape["width"]
    decoder.embeddings.weight = _random(shape["vocabulary"], width)
    decoder.projection.weight = decoder.embeddings.weight
    decoder.position_encodings.encodings = _random(448, width)
    _fill_norm(decoder.layer_norm, width)
    for layer in decoder.layer:
        _fill_attention(layer.self_attention, width, 3)
        _fill_attention(layer.attention, width, 1, 2)
        _fill_ffn(layer.ffn, width)


def _fill_attention(attention: Any, width: int, *inputs: int) -> None:
    """`inputs` says how query, key and value are joined: three, or one and two."""
    _fill_norm(attention.layer_norm, width)
    for linear, widths in zip(attention.linear, (*inputs, 1), strict=True):
        _fill(linear, widths * width, width)


def _fill_ffn(ffn: Any, width: int) -> None:
    _fill_norm(ffn.layer_norm, width)
    _fill(ffn.linear_0, 4 * width, width)
    _fill(ffn.linear_1, width, 4 * width)


def _fill(linear: Any, *size: int) -> None:
    linear.weight, linear.bias = _random(*size), _random(size[0])


def _fill_norm(norm: Any, width: int) -> None:
    norm.gamma, norm.beta = np.ones(width, np.float16), np.zeros(width, np.float16)


def _random(*size: int) -> np.ndarray:
    """Of a small sample, again and again: speed does not depend on it."""
    some = np.random.default_rng(0).standard_normal(SAMPLE, np.float32) / 50
    return np.resize(some.astype(np.float16), size)
