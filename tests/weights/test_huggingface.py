"""Folders in Hugging Face's layout: whole, sharded, of three dtypes, damaged."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from max_whisper.errors import CheckpointError
from max_whisper.tokenizer import Tokenizer
from max_whisper.weights import load_checkpoint
from max_whisper.weights.bfloat16 import widen
from tests.tiny_checkpoint import (
    random_weights,
    stored,
    write_json,
    write_tiny_checkpoint,
)
from tests.tiny_tokenizer import tiny_tokenizer_json
from tests.weights.torch_file import tensors, write_torch_file


@pytest.fixture
def folder(tmp_path):
    write_tiny_checkpoint(tmp_path / "tiny")
    return tmp_path / "tiny"


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_what_was_written_is_read(tmp_path, dtype, shards):
    config = write_tiny_checkpoint(tmp_path, dtype=dtype, shards=shards)
    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint.config == replace(config, alignment_heads=((1, 0),))
    assert checkpoint.dtype == dtype
    expected = random_weights(config)
    assert checkpoint.weights.keys() == expected.keys()
    for name, tensor in expected.items():
        np.testing.assert_array_equal(
            checkpoint.weights[name], widen(stored(tensor, dtype))
        )


def test_the_facts_beside_the_weights(folder):
    checkpoint = load_checkpoint(folder)
    assert checkpoint.name == "tiny"
    assert checkpoint.tokenizer_json == "{}"
    assert checkpoint.is_multilingual
    assert checkpoint.config.alignment_heads == ((1, 0),)


def test_english_by_what_the_generation_config_says(tmp_path):
    write_tiny_checkpoint(tmp_path, multilingual=False)
    assert not load_checkpoint(tmp_path).is_multilingual


@pytest.mark.parametrize(
    ("vocab_size", "multilingual"), [(51864, False), (51865, True), (51866, True)]
)
def test_languages_by_the_vocabulary_without_a_generation_config(
    tmp_path, vocab_size, multilingual
):
    size = {"vocab_size": vocab_size, "d_model": 8}
    write_tiny_checkpoint(tmp_path, config=size)
    (tmp_path / "generation_config.json").unlink()
    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint.is_multilingual is multilingual
    config = checkpoint.config
    layers, heads = config.decoder_layers, config.decoder_attention_heads
    late = {(i, j) for i in range(layers // 2, layers) for j in range(heads)}
    assert set(config.alignment_heads) == late


def test_weights_are_mapped_and_read_only(folder):
    weights = load_checkpoint(folder).weights
    assert not any(tensor.flags.owndata for tensor in weights.values())
    assert not any(tensor.flags.writeable for tensor in weights.values())


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, file):
    (folder / file).unlink()
    with pytest.raises(CheckpointError, match=f"expected {file},.* found none"):
        load_checkpoint(folder)


def test_a_tokenizer_that_is_missing_and_not_known_is_named(folder):
    (folder / "tokenizer.json").unlink()
    said = "expected tokenizer.json, or a vocabulary of 51864, 51865, 51866 tokens"
    with pytest.raises(CheckpointError, match=f"{said}.* found 16; put tokenizer.json"):
        load_checkpoint(folder)


def test_the_three_files_of_an_older_tokenizer(folder):
    newer = json.loads(tiny_tokenizer_json())
    vocabulary, merges = newer["model"]["vocab"], newer["model"]["merges"]
    pairs = [pair if isinstance(pair, str) else " ".join(pair) for pair in merges]
    added = {token["content"]: token["id"] for token in newer["added_tokens"]}
    (folder / "tokenizer.json").unlink()
    write_json(folder / "vocab.json", vocabulary)
    write_json(folder / "added_tokens.json", added)
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *pairs, ""]))
    texts = tiny_tokenizer_json(), load_checkpoint(folder).tokenizer_json
    one, other = (Tokenizer.from_json(t, is_multilingual=True) for t in texts)
    said = " the and other, in 1984 don't — und über"
    assert other.encode(said) == one.encode(said)
    assert other.decode(other.encode(said)) == said
    assert other.timestamp_begin == one.timestamp_begin
    assert other.language_tokens == one.language_tokens


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_weights_in_pytorchs_own_file(folder, dtype):
    config = load_checkpoint(folder).config
    expected = random_weights(config)
    (folder / "model.safetensors").unlink()
    state = {f"model.{n}": stored(t, dtype) for n, t in expected.items()}
    write_torch_file(folder / "pytorch_model.bin", tensors(state))
    checkpoint = load_checkpoint(folder)
    assert checkpoint.dtype == dtype
    assert checkpoint.weights.keys() == expected.keys()
    for name, tensor in expected.items():
        np.testing.assert_array_equal(
            checkpoint.weights[name], widen(stored(tensor, dtype))
        )


def test_a_pytorch_file_that_holds_something_else(folder):
    (folder / "model.safetensors").unlink()
    write_torch_file(folder / "pytorch_model.bin", {"epoch": 3})
    with pytest.raises(CheckpointError, match="nothing else, found epoch; use a"):
        load_checkpoint(folder)


def test_a_missing_shard_is_named(tmp_path):
    write_tiny_checkpoint(tmp_path, shards=2)
    (tmp_path / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(CheckpointError, match="found no model-00002-of-00002"):
        load_checkpoint(tmp_path)


def test_a_shard_outside_the_folder_is_refused(tmp_path):
    write_tiny_checkpoint(tmp_path, shards=2)
    index = {"weight_map": {"a": "../elsewhere.safetensors"}}
    write_json(tmp_path / "model.safetensors.index.json", index)
    with pytest.raises(CheckpointError, match="weight_map of file names"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("size", [0, 5, 400, 50_000])
def test_weights_that_are_cut_off(folder, size):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="whole safetensors file"):
        load_checkpoint(folder)


def test_a_pointer_of_git_lfs_is_not_weights(folder):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (folder / "model.safetensors").write_text(pointer)
    with pytest.raises(CheckpointError, match="whole safetensors file"):
        load_checkpoint(folder)


def test_quantised_weights_are_refused(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes().replace(b'"F32"', b'"I32"', 1))
    with pytest.raises(CheckpointError, match="found I32"):
        load_checkpoint(folder)


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_a_config_that_is_no_json_object(folder, text):
    (folder / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"config\.json: expected"):
        load_checkpoint(folder)


@pytest.mark.parametrize("heads", [[[0]], "heads", [0]])
def test_alignment_heads_that_are_no_pairs(folder, heads):
    write_json(folder / "generation_config.json", {"alignment_heads": heads})
    with pytest.raises(CheckpointError, match=r"expected .* pairs"):
        load_checkpoint(folder)


def test_heads_of_a_deeper_model_are_not_those_of_this_one(folder):
    heads = {"alignment_heads": [[1, 0], [9, 0]]}
    write_json(folder / "generation_config.json", heads)
    config = load_checkpoint(folder).config
    assert config.alignment_heads == config.late_heads()


def test_weights_of_another_config(folder):
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**config, "decoder_layers": 3})
    with pytest.raises(CheckpointError, match=r"found no decoder\.layers\.2"):
        load_checkpoint(folder)
