"""The reference: the openai-whisper package, given our checkpoint's weights.

Its transcripts take an hour for the whole manifest, so they are kept, one JSON line a
file and mode, and a broken run goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import whisper
from whisper.model import ModelDimensions, Whisper

from max_whisper.audio.load import load_audio
from max_whisper.weights import Checkpoint
from max_whisper.weights.openai import DIMS
from tests.weights.torch_file import to_openai

MODES: dict[str, dict[str, Any]] = {"greedy": {}, "beam5": {"beam_size": 5}}


class RememberingEncoder(torch.nn.Module):
    """The package's encoder, which encodes an equal window only once."""

    def __init__(self, encoder: torch.nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.remembered: dict[bytes, torch.Tensor] = {}

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        key = mel.numpy().tobytes()
        if key not in self.remembered:
            if len(self.remembered) > 20:
                self.remembered.clear()
            self.remembered[key] = self.encoder(mel)
        return self.remembered[key]


def load_reference(checkpoint: Checkpoint) -> Whisper:
    """The package's model with the same weights, in float32 on the CPU."""
    config = checkpoint.config
    dims = {theirs: getattr(config, ours) for theirs, ours in DIMS.items()}
    model = Whisper(ModelDimensions(**dims, n_text_state=config.d_model))
    state = {
        to_openai(name): torch.from_numpy(np.array(array, np.float32))
        for name, array in checkpoint.weights.items()
    }
    model.load_state_dict(state)
    return model.eval()


def transcribe(model: Whisper, path: Path, **options: Any) -> dict[str, Any]:
    """The package's own result, at temperature 0, on the samples that we decode."""
    options = {"temperature": 0.0, "fp16": False, **options}
    return dict(whisper.transcribe(model, load_audio(path), **options))


def transcripts(
    model: Whisper, speech: Path, files: Iterable[str], kept: Path
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """File, mode and result for every file, from `kept` or else made and kept."""
    known = _read(kept)
    model.encoder = RememberingEncoder(model.encoder)
    for file in files:
        for mode, options in MODES.items():
            if (file, mode) not in known:
                result = transcribe(model, speech / file, language="en", **options)
                known[file, mode] = result
                row = {"file": file, "mode": mode, "result": result}
                with open(kept, "a") as sink:
                    sink.write(json.dumps(row) + "\n")
            yield file, mode, known[file, mode]
    model.encoder = model.encoder.encoder


def _read(kept: Path) -> dict[tuple[str, str], Mapping[str, Any]]:
    if not kept.exists():
        return {}
    known = {}
    for line in kept.read_text().splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue  # an interrupted run leaves half a line
        known[row["file"], row["mode"]] = row["result"]
    return known


def teacher_forced(
    model: Whisper, features: torch.Tensor, tokens: list[int]
) -> np.ndarray:
    """Log probabilities `[len(tokens), vocab_size]` after each of `tokens`."""
    with torch.no_grad():
        logits = model.decoder(torch.tensor([tokens]), features)
    return torch.log_softmax(logits[0].double(), dim=-1).numpy()
