"""Names on the hub, against a stand-in for it: fetched once, kept, explained."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tiny_checkpoint import (
    random_weights,
    tiny_config,
    write_tiny_checkpoint,
)
from tests.weights.stand_in_hub import GATED, StandInHub, serve
from tests.weights.torch_file import openai_parts, tensors, write_torch_file

REPO = "someone/whisper-own"

REMEDIES = ("go online", "HF_HOME", "a local folder", "'demo'")

# A process of its own: the library reads its environment when it is imported.
LOAD = """
import sys
from max_whisper.errors import CheckpointError
from max_whisper.weights import load_checkpoint
try:
    print(load_checkpoint(sys.argv[1]).name)
except CheckpointError as error:
    sys.exit(str(error))
"""


@dataclass(frozen=True)
class Machine:
    """A user's machine, whose hub is the stand-in."""

    home: Path
    hub: StandInHub

    def load(self, name: str, **environment: str) -> str:
        """What a user sees: the checkpoint's name, or the error's one line."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", LOAD, name],
            env=self._environment() | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        said = (done.stdout or done.stderr.splitlines(keepends=True)[-1]).strip()
        assert "Traceback" not in done.stderr, done.stderr
        return said

    def _environment(self) -> dict[str, str]:
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("HF_", "HUG"))}
        return kept | {
            "HF_HOME": str(self.home),
            "HF_ENDPOINT": self.hub.endpoint,
            "NO_PROXY": "127.0.0.1",
        }


@pytest.fixture
def machine(tmp_path):
    repos = tmp_path / "hub"
    write_tiny_checkpoint(repos / REPO, shards=2)
    (repos / REPO / "pytorch_model.bin").write_text("twice the same")
    (repos / REPO / "model.fp32-00001-of-00001.safetensors").write_text("again")
    with serve(repos) as hub:
        yield Machine(tmp_path / "home", hub)


def files_asked(machine):
    return {path.rpartition("/")[2] for path in machine.hub.paths if "resolve" in path}


def test_a_model_is_fetched_once_and_only_what_it_needs(machine):
    assert machine.load(REPO, HF_TOKEN="hf_secret") == REPO
    assert files_asked(machine) == {
        "config.json",
        "generation_config.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
    }
    assert machine.hub.tokens == {"Bearer hf_secret"}

    machine.hub.paths.clear()
    assert machine.load(REPO) == REPO
    assert machine.load(REPO, HF_HUB_OFFLINE="1") == REPO
    assert machine.hub.paths == []


def test_of_an_older_model_the_older_files_are_fetched(machine):
    folder = machine.hub.folder / "someone/older"
    config = write_tiny_checkpoint(folder)
    (folder / "model.safetensors").unlink()
    (folder / "tokenizer.json").unlink()
    state = {f"model.{n}": t for n, t in random_weights(config).items()}
    write_torch_file(folder / "pytorch_model.bin", tensors(state))
    (folder / "vocab.json").write_text("{}")
    (folder / "merges.txt").write_text("#version: 0.2")
    assert machine.load("someone/older") == "someone/older"
    assert files_asked(machine) == {
        *("config.json", "generation_config.json"),
        *("pytorch_model.bin", "vocab.json", "merges.txt"),
    }
    machine.hub.paths.clear()
    assert machine.load("someone/older", HF_HUB_OFFLINE="1") == "someone/older"


def test_a_model_without_a_tokenizer_has_that_of_its_vocabulary(machine):
    small = {"vocab_size": 51864, "d_model": 8, "max_source_positions": 4}
    folder = machine.hub.folder / "someone/bare"
    write_tiny_checkpoint(folder, config=small)
    (folder / "tokenizer.json").unlink()
    write_tiny_checkpoint(machine.hub.folder / "openai/whisper-tiny.en")
    assert machine.load("someone/bare") == "someone/bare"
    assert machine.load("someone/bare", HF_HUB_OFFLINE="1") == "someone/bare"


def test_a_download_that_was_broken_off_goes_on(machine):
    machine.load(REPO)
    [shard] = machine.home.rglob("snapshots/*/model-00002-of-00002.safetensors")
    shard.unlink()
    assert machine.load(REPO) == REPO
    assert shard.is_file()


def test_a_model_that_is_not_there(machine):
    said = machine.load("someone/nothing")
    assert said.startswith("someone/nothing: expected a model on the hub, found none")
    assert "HF_TOKEN" in said
    assert "tiny, tiny.en, base" in said


def test_a_gated_model(machine):
    said = machine.load(GATED)
    assert "found a gated one" in said
    assert "HF_TOKEN" in said


def test_offline_without_a_cache(machine):
    said = machine.load(REPO, HF_HUB_OFFLINE="1")
    assert "found it in neither (HF_HUB_OFFLINE is set)" in said
    assert all(remedy in said for remedy in REMEDIES)


def test_a_hub_out_of_reach(machine):
    said = machine.load(REPO, HF_ENDPOINT="http://127.0.0.1:9")
    assert all(remedy in said for remedy in REMEDIES)


def test_the_model_in_the_box_asks_nobody(machine):
    assert machine.load("demo") == "demo"
    assert machine.hub.paths == []


def test_a_name_that_no_repository_can_have(machine):
    assert "found none of that name" in machine.load("some--one/no..thing")


def test_the_tokenizer_of_openais_file_comes_from_the_hub(machine, tmp_path):
    small = {"vocab_size": 51864, "d_model": 8, "max_source_positions": 4}
    config = tiny_config("{}", {**small, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32})
    path = tmp_path / "small.pt"
    write_torch_file(path, openai_parts(config, random_weights(config)))
    said = machine.load(str(path), HF_HUB_OFFLINE="1")
    assert f"or put tokenizer.json into {tmp_path}" in said

    repo = machine.hub.folder / "openai/whisper-tiny.en"
    write_tiny_checkpoint(repo)
    assert machine.load(str(path)) == "small"
    assert files_asked(machine) == {"tokenizer.json"}
