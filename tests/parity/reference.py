"""The reference: the openai-whisper package, given our checkpoint's weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    heads = torch.zeros(config.decoder_layers, config.decoder_attention_heads)
    heads[tuple(zip(*config.alignment_heads, strict=True))] = 1
    aligned = heads.bool().to_sparse()
    model.register_buffer("alignment_heads", aligned, persistent=False)
    return model.eval()


@contextmanager
def remembering(model: Whisper) -> Iterator[None]:
    """Within, an equal window is encoded once, for all modes: time is not measured."""
    encoder = model.encoder
    model.encoder = RememberingEncoder(encoder)
    yield
    model.encoder = encoder


def transcribe(model: Whisper, path: Path, **options: Any) -> dict[str, Any]:
    """The package's own result, at temperature 0, on the samples that we decode."""
    options = {"temperature": 0.0, "fp16": False, **options}
    return dict(whisper.transcribe(model, load_audio(path), **options))


def teacher_forced(
    model: Whisper, features: torch.Tensor, tokens: list[int]
) -> np.ndarray:
    """Log probabilities `[len(tokens), vocab_size]` after each of `tokens`."""
    with torch.no_grad():
        logits = model.decoder(torch.tensor([tokens]), features)
    return torch.log_softmax(logits[0].double(), dim=-1).numpy()
