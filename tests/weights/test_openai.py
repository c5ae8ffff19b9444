"""OpenAI's .pt without PyTorch: the same weights, and nothing that runs."""

from __future__ import annotations

import zipfile
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from max_whisper.errors import CheckpointError
from max_whisper.weights import load_checkpoint
from max_whisper.weights.alignment_heads import HEADS, known_heads
from max_whisper.weights.torch_archive import read_torch_archive
from tests.tiny_checkpoint import random_weights, stored, tiny_config
from tests.weights.torch_file import (
    Call,
    Global,
    Storage,
    Tensor,
    as_tensor,
    openai_parts,
    write_torch_file,
)

FACTS = {"encoder_ffn_dim": 256, "decoder_ffn_dim": 256}
CONFIG = tiny_config("{}", FACTS)


@pytest.fixture
def path(tmp_path) -> Path:
    (tmp_path / "tokenizer.json").write_text("{}")
    return tmp_path / "tiny.pt"


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_what_was_written_is_read(path, dtype):
    expected = random_weights(CONFIG)
    parts = {name: stored(tensor, dtype) for name, tensor in expected.items()}
    write_torch_file(path, openai_parts(CONFIG, parts))
    checkpoint = load_checkpoint(path)
    assert checkpoint.name == "tiny"
    assert checkpoint.config == CONFIG
    assert checkpoint.dtype == dtype
    assert not checkpoint.is_multilingual
    tolerance = 0.01 if dtype == "bfloat16" else 0.001 if dtype == "float16" else 0
    for name, tensor in expected.items():
        np.testing.assert_allclose(
            checkpoint.weights[name], tensor, rtol=tolerance, atol=1e-6
        )


def test_strides_and_offsets_are_honoured(path):
    numbers = np.arange(20, dtype=np.float32)
    write_torch_file(path, Tensor(Storage("0", numbers), 2, (3, 4), (1, 3)))
    expected = numbers[2:14].reshape(4, 3).T
    np.testing.assert_array_equal(read_torch_archive(path), expected)


def test_two_tensors_may_share_a_storage(path):
    storage = Storage("0", np.arange(4, dtype=np.float32))
    tensors = [Tensor(storage, 0, (2,), (1,)), Tensor(storage, 2, (2,), (1,))]
    write_torch_file(path, tensors)
    assert [list(tensor) for tensor in read_torch_archive(path)] == [[0, 1], [2, 3]]


def test_storages_may_be_named_in_the_modern_way(path):
    tensor = as_tensor("0", np.ones(2, np.float32))
    write_torch_file(path, tensor, module="torch.storage")
    assert list(read_torch_archive(path)) == [1, 1]


@pytest.mark.parametrize(
    "view",
    [
        (0, (3, 3), (3, 1)),
        (8, (1,), (1,)),
        (-1, (1,), (1,)),
        (4, (2,), (-1,)),
        (0, (10**6, 10**6), (1, 1)),
    ],
)
def test_a_view_beyond_its_storage_is_refused(path, view):
    write_torch_file(path, Tensor(Storage("0", np.zeros(8, np.float32)), *view))
    with pytest.raises(CheckpointError, match="found a damaged one"):
        read_torch_archive(path)


@pytest.mark.parametrize(
    "name",
    [
        ("os", "system"),
        ("posix", "system"),
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("numpy", "load"),
        ("torch", "load"),
        ("torch._utils", "_rebuild_parameter"),
        ("collections", "OrderedDict.fromkeys"),
    ],
)
def test_a_pickle_that_wants_more_is_refused_by_name(path, tmp_path, name):
    touched = tmp_path / "touched"
    write_torch_file(path, {"dims": Call(Global(*name), (f"touch {touched}",))})
    with pytest.raises(CheckpointError, match=r"found {}\.{},".format(*name)):
        load_checkpoint(path)
    assert not touched.exists()


def test_an_old_file_of_pytorch_is_refused_with_the_way_out(path):
    path.write_bytes(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.")
    with pytest.raises(CheckpointError, match=r"since PyTorch 1\.6.*safetensors"):
        load_checkpoint(path)


def test_a_zip_of_something_else(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(CheckpointError, match=r"expected one data\.pkl"):
        load_checkpoint(path)


def test_a_pickle_that_is_cut_off(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q")
    with pytest.raises(CheckpointError, match="found a damaged one"):
        load_checkpoint(path)


def test_a_storage_that_is_missing(path):
    write_torch_file(path, as_tensor("0", np.ones(2, np.float32)))
    with zipfile.ZipFile(path) as archive:
        pickled = archive.read("archive/data.pkl")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
    with pytest.raises(CheckpointError, match="found a damaged one"):
        read_torch_archive(path)


@pytest.mark.parametrize(
    ("how", "match"),
    [
        ({"byteorder": "big"}, "big-endian"),
        ({"compression": zipfile.ZIP_DEFLATED}, "compressed"),
    ],
)
def test_numbers_in_another_order_or_compressed(path, how, match):
    write_torch_file(path, as_tensor("0", np.ones(2, np.float32)), **how)
    with pytest.raises(CheckpointError, match=match):
        read_torch_archive(path)


@pytest.mark.parametrize(
    "saved",
    [
        OrderedDict(),
        [1],
        {"dims": {}, "model_state_dict": None},
        {"dims": {}, "model_state_dict": {}},
        {"dims": {"n_mels": None}, "model_state_dict": {}},
        {"dims": {}, "model_state_dict": {"epoch": 1}},
    ],
)
def test_a_file_that_is_not_openais(path, saved):
    write_torch_file(path, saved)
    with pytest.raises(CheckpointError, match=r"checkpoint of openai/whisper\?"):
        load_checkpoint(path)


def test_widths_that_differ(path):
    parts = openai_parts(CONFIG, {})
    parts["dims"]["n_text_state"] = 8
    write_torch_file(path, parts)
    with pytest.raises(CheckpointError, match="found 64 and 8"):
        load_checkpoint(path)


def test_a_tokenizer_that_is_nowhere(path):
    path.with_name("tokenizer.json").unlink()
    write_torch_file(path, openai_parts(CONFIG, random_weights(CONFIG)))
    with pytest.raises(CheckpointError, match=r"found 16; put tokenizer\.json into"):
        load_checkpoint(path)


def test_the_file_of_pytorch_itself(path, shared):
    torch = pytest.importorskip("torch")
    folder = shared / "models/whisper-tiny.en-relearned"
    expected = load_checkpoint(folder)
    parts = openai_parts(expected.config, {})
    parts["model_state_dict"] = {
        name: torch.from_numpy(tensor.copy())
        for name, tensor in expected.weights.items()
    }
    torch.save(parts, path)
    for name, tensor in load_checkpoint(path).weights.items():
        np.testing.assert_array_equal(tensor, expected.weights[name])


@pytest.mark.parametrize("name", HEADS)
def test_heads_that_follow_the_sound_are_known_by_name(name):
    layers = {"tiny": 4, "base": 6, "small": 12, "medium": 24, "large": 32}
    heads = {"tiny": 6, "base": 8, "small": 12, "medium": 16, "large": 20}
    size = name.partition(".")[0].partition("-")[0]
    depth = 4 if "turbo" in name else layers[size]
    shape = {"decoder_layers": depth, "decoder_attention_heads": heads[size]}
    config = replace(CONFIG, d_model=960, **shape, alignment_heads=())
    found = known_heads(name, config)
    assert found == tuple(sorted(set(found)))
    assert len(found) >= 5


def test_another_model_of_that_name_has_heads_of_its_own():
    assert known_heads("tiny", CONFIG) == ()
