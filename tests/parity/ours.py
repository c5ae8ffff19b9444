"""Our side: the public pieces of max-whisper, with what parity needs to see of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from max_whisper.api import Whisper
from max_whisper.audio.load import load_audio
from max_whisper.engine.load import load_engine
from max_whisper.engine.options import EngineOptions
from max_whisper.engine.protocol import (
    AudioFeatures,
    Bounds,
    Candidates,
    DecodingState,
    Engine,
    Mel,
    TokenRules,
)
from max_whisper.kernels.limits import MAX_CANDIDATES
from max_whisper.tokenizer import Tokenizer
from max_whisper.weights import Checkpoint


@dataclass
class WatchedEngine:
    """An engine that encodes an equal window only once, and remembers every step."""

    engine: Engine
    features: dict[bytes, AudioFeatures] = field(default_factory=dict)
    steps: list[Candidates] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def encode(self, windows: np.ndarray) -> AudioFeatures:
        key = windows.tobytes()
        if key not in self.features:
            if len(self.features) > 20:
                self.features.clear()
            self.features[key] = self.engine.encode(windows)
        return self.features[key]

    def step(self, *arguments: Any, **options: Any) -> Candidates:
        self.steps.append(self.engine.step(*arguments, **options))
        return self.steps[-1]


@dataclass(frozen=True)
class Ours:
    """One model: as its users have it, and opened up."""

    whisper: Whisper
    engine: WatchedEngine
    tokenizer: Tokenizer

    @classmethod
    def load(
        cls, checkpoint: Checkpoint, dtype: str = "float32", device: str = "cpu"
    ) -> Ours:
        tokenizer = Tokenizer.from_json(
            checkpoint.tokenizer_json, is_multilingual=checkpoint.is_multilingual
        )
        options = EngineOptions(device=device, dtype=dtype)
        engine = load_engine(checkpoint.config, checkpoint.weights, options)
        watched = WatchedEngine(engine)
        return cls(Whisper(checkpoint, tokenizer, watched), watched, tokenizer)

    def transcribe(self, path: Path, **options: Any) -> dict[str, Any]:
        """The transcript as OpenAI's dictionary, at temperature 0."""
        self.engine.steps.clear()
        return self.whisper.transcribe(path, temperature=0.0, **options).to_dict()

    def first_window(self, path: Path) -> tuple[Mel, np.ndarray]:
        """The recording's mel and its first window `[1, frames, bins]`."""
        mel = self.engine.log_mel([load_audio(path)])
        frames = self.whisper.config.num_frames
        return mel, mel.window(0, frames, frames)[np.newaxis]

    def teacher_forced(
        self, features: AudioFeatures, tokens: Sequence[int]
    ) -> list[Candidates]:
        """What may come after each of `tokens`, without any rule.

        There are as many candidates as rows, and one more: so the rows are all alike.
        """
        size = self.whisper.config.vocab_size
        anything = np.zeros(size, bool)
        rules, rows = TokenRules(anything, anything, size), MAX_CANDIDATES - 1
        state: DecodingState = self.engine.prefill(
            features, [tokens[:1]], rules, group=rows
        )
        free = [Bounds(0, 0, size, False)] * rows
        return [self.engine.step(state, [token] * rows, free) for token in tokens]
