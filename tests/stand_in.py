"""A model that needs no weights: it says the same sentence in every window.

The tokenizer, the options, the decoding and the pipeline are the real ones.
"""

from __future__ import annotations

import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from max_whisper import api, weights
from max_whisper.config import WhisperConfig
from max_whisper.engine.options import EngineOptions
from max_whisper.errors import CheckpointError
from max_whisper.tokenizer import Tokenizer
from max_whisper.weights import Checkpoint
from tests.fakes import FakeEngine, WindowKey
from tests.tiny_checkpoint import tiny_config
from tests.tiny_tokenizer import tiny_tokenizer_json

SENTENCE = "Hello there."
SPOKEN = "de"
NAMES = {"tiny": True, "tiny.en": False, "turbo": True, "shallow": True, "demo": False}
"""Names that are found, and whether each is multilingual."""
KIND = ""
"""The device that engines say that they run on, if it is not the one asked for."""
SHALLOW = {"decoder_layers": 1}
"""What sets the config of the model "shallow" apart."""


class StandInEngine(FakeEngine):
    """Hears German and says `SENTENCE`, from 0 to 2 s of each window."""

    def __init__(self, config: WhisperConfig, tokenizer: Tokenizer) -> None:
        super().__init__(config, self._logits)
        self.closed = False
        self._tokenizer = tokenizer
        begin = tokenizer.timestamp_begin
        self._script = (begin, *tokenizer.encode(SENTENCE), begin + 100, tokenizer.eot)

    def close(self) -> None:
        self.closed = True

    def _logits(self, window: WindowKey, past: Sequence[int]) -> np.ndarray:
        logits = np.zeros(self.config.vocab_size, np.float32)
        logits[self._next(list(past))] = 30
        return logits

    def _next(self, past: list[int]) -> int:
        said = past[::-1].index(self._tokenizer.sot)
        if self._tokenizer.is_multilingual:
            if said == 0:
                return self._tokenizer.language_tokens[SPOKEN]
            said -= 2
        return self._script[min(max(said, 0), len(self._script) - 1)]


def install(monkeypatch: pytest.MonkeyPatch) -> list[StandInEngine]:
    """Let `load_model` find `NAMES` without a file; the list holds what it loaded."""
    engines: list[StandInEngine] = []
    tokenizers: list[Tokenizer] = []
    load_real_checkpoint = weights.load_checkpoint

    def load_checkpoint(name: str, *, cache_dir: object = None) -> Checkpoint:
        if Path(name).is_dir():
            return load_real_checkpoint(name)
        if name not in NAMES:
            raise CheckpointError(f"{name}: expected a model, found none; use tiny")
        text = tiny_tokenizer_json(multilingual=NAMES[name])
        tokenizers.append(Tokenizer.from_json(text, is_multilingual=NAMES[name]))
        return Checkpoint(
            name=name,
            config=tiny_config(text, SHALLOW if name == "shallow" else {}),
            weights={},
            tokenizer_json=text,
            is_multilingual=NAMES[name],
            dtype="float32",
        )

    def load_engine(
        config: WhisperConfig,
        tensors: Mapping[str, Any],
        options: EngineOptions,
        on_compile: object,
    ) -> StandInEngine:
        engine = StandInEngine(config, tokenizers[-1])
        engine.runs_on = f"{KIND or options.device}, {options.dtype}"
        engines.append(engine)
        return engine

    monkeypatch.setattr(api, "load_checkpoint", load_checkpoint)
    monkeypatch.setattr(weights, "load_checkpoint", load_checkpoint)
    monkeypatch.setattr(api, "load_engine", load_engine)
    return engines


def write_wav(path: Path, seconds: float = 3.0) -> Path:
    """A tone of 440 Hz in a file."""
    times = np.arange(round(seconds * 16_000)) / 16_000
    samples = (8000 * np.sin(2 * np.pi * 440 * times)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.tobytes())
    return path
