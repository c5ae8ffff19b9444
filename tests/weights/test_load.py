"""The one door: which names lead where, and what it says of those that lead nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from max_whisper.errors import CheckpointError
from max_whisper.weights import KNOWN_MODELS, load, load_checkpoint
from tests.tiny_checkpoint import write_tiny_checkpoint


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """The repositories that were asked of the hub, in a folder of one's own."""
    repos = []

    def download(repo, *, cache_dir):
        repos.append((repo, cache_dir))
        write_tiny_checkpoint(tmp_path / "cache")
        return tmp_path / "cache"

    monkeypatch.setattr(load, "download", download)
    monkeypatch.chdir(tmp_path)
    return repos


@pytest.mark.parametrize("name", KNOWN_MODELS)
def test_a_short_name_leads_to_its_repository(asked, name):
    assert load_checkpoint(name).name == name
    assert asked == [(KNOWN_MODELS[name], None)]


def test_any_owner_and_name_leads_to_the_hub(asked, tmp_path):
    assert load_checkpoint("me/mine", cache_dir=str(tmp_path)).name == "me/mine"
    assert asked == [("me/mine", tmp_path)]


def test_a_folder_that_holds_a_checkpoint_wins_over_a_name(asked, tmp_path):
    write_tiny_checkpoint(tmp_path / "tiny")
    assert load_checkpoint("tiny").name == "tiny"
    assert not asked


def test_a_name_wins_over_a_folder_or_file_of_something_else(asked, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "base").touch()
    assert load_checkpoint("tiny").name == "tiny"
    assert load_checkpoint("base").name == "base"
    assert asked == [("openai/whisper-tiny", None), ("openai/whisper-base", None)]


def test_the_model_in_the_box_wins_over_a_folder_of_its_name(asked, tmp_path):
    folder = write_tiny_checkpoint(tmp_path / "demo")
    assert load_checkpoint("demo").config != folder
    assert load_checkpoint("./demo").config.vocab_size == folder.vocab_size
    assert load_checkpoint(Path("demo")).config.vocab_size == folder.vocab_size
    assert not asked


@pytest.mark.parametrize("path", ["./tiny", "tiny/"])
def test_what_looks_like_a_path_is_one(asked, tmp_path, path):
    (tmp_path / "tiny").mkdir()
    with pytest.raises(CheckpointError, match=r"tiny: expected config\.json"):
        load_checkpoint(path)
    assert not asked


def test_the_home_folder_is_known(asked, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write_tiny_checkpoint(tmp_path / "mine")
    assert load_checkpoint("~/mine").name == "mine"


@pytest.mark.parametrize("path", ["./nowhere", "nowhere.pt", "/a/b/c"])
def test_a_path_to_nothing(asked, path):
    with pytest.raises(CheckpointError, match="found nothing there; check the path"):
        load_checkpoint(path)


def test_a_name_that_is_nearly_known(asked):
    with pytest.raises(CheckpointError, match=r"did you mean large-v3\b"):
        load_checkpoint("larg-v3")


def test_a_name_that_is_nearly_that_of_the_model_in_the_box(asked):
    with pytest.raises(CheckpointError, match=r"did you mean demo\?"):
        load_checkpoint("demos")


def test_a_name_like_no_other(asked):
    with pytest.raises(CheckpointError, match=r"or one of tiny, tiny\.en, base"):
        load_checkpoint("xyzzy")


def test_another_file(asked, tmp_path):
    (tmp_path / "ggml-tiny.bin").touch()
    with pytest.raises(CheckpointError, match=r"OpenAI's \.pt, found another file"):
        load_checkpoint("ggml-tiny.bin")
