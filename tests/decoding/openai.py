"""Drives openai/whisper itself with the invented logits of a `FakeEngine`.

Only the model is replaced: `DecodingTask` and `transcribe` run as they are. Sampling is
replaced too, by one that both sides share.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest

from max_whisper.engine.protocol import EncodedWindow
from max_whisper.timestamps.alignment import Heard, Said, find_alignment
from tests.fakes import FakeEngine, FakeTokenizer, Logits

pytest.importorskip("whisper", reason="needs openai-whisper to compare with")
torch = pytest.importorskip("torch", reason="needs PyTorch to compare with it")
decoding = importlib.import_module("whisper.decoding")
transcribing = importlib.import_module("whisper.transcribe")
timing = importlib.import_module("whisper.timing")


def shared_draw(logits: Logits, row: int, seed: int) -> int:
    """A sample that depends on the logits only, and on the row."""
    key = [row, int(np.argmax(logits)), int(np.isfinite(logits).sum())]
    noise = np.random.default_rng(key).gumbel(size=len(logits))
    return int(np.argmax(logits + noise.astype(np.float32)))


class SharedCategorical:
    """In place of `torch.distributions.Categorical`."""

    def __init__(self, logits: torch.Tensor) -> None:
        self.rows = logits.numpy()

    def sample(self) -> torch.Tensor:
        return torch.tensor([shared_draw(r, i, 0) for i, r in enumerate(self.rows)])


class TheirTokenizer:
    """Our fake tokenizer with the attributes that they ask for."""

    def __init__(self, ours: FakeTokenizer, language: str, task: str) -> None:
        self.ours = ours
        self.sot_sequence = ours.sot_sequence(language, task)
        self.sot_sequence_including_notimestamps = (
            *self.sot_sequence,
            ours.no_timestamps,
        )
        self.language = language
        self.language_token = ours.language_tokens[language]
        self.all_language_tokens = tuple(ours.language_tokens.values())
        self.all_language_codes = tuple(ours.language_tokens)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ours, name)


class LogitsOnDemand:
    """Logits `[rows, positions, vocab]` of which two positions are looked at."""

    def __init__(self, engine: FakeEngine, keys: Any, tokens: torch.Tensor) -> None:
        self.engine = engine
        self.keys = keys
        self.tokens = tokens

    def __getitem__(self, index: tuple[slice, int]) -> torch.Tensor:
        end = index[1] + 1 if index[1] >= 0 else self.tokens.shape[1]
        group = len(self.tokens) // len(self.keys)
        rows = [
            self.engine.logits(self.keys[r // group], past[:end])
            for r, past in enumerate(self.tokens.tolist())
        ]
        return torch.from_numpy(np.stack(rows))


class TheirModel:
    """What their code asks of a model."""

    def __init__(self, engine: FakeEngine, tokenizer: FakeTokenizer) -> None:
        self.engine = engine
        self.tokenizer = tokenizer
        config = engine.config
        self.dims = SimpleNamespace(
            n_mels=config.num_mel_bins,
            n_text_ctx=config.max_target_positions,
            n_audio_ctx=config.max_source_positions,
            n_audio_state=-1,
        )
        self.is_multilingual = tokenizer.is_multilingual
        self.num_languages = len(tokenizer.language_tokens)
        self.device = torch.device("cpu")

    def encoder(self, mel: torch.Tensor) -> torch.Tensor:
        first = mel[:, 0, 0]
        return torch.stack([first, torch.count_nonzero(mel[:, 0], dim=-1)], dim=-1)

    def decode(self, mel: torch.Tensor, options: Any) -> Any:
        return decoding.decode(self, mel, options)

    def logits(self, tokens: torch.Tensor, features: torch.Tensor) -> LogitsOnDemand:
        keys = [(int(a), int(b)) for a, b in features.tolist()]
        return LogitsOnDemand(self.engine, keys, tokens)

    def inference(self, model: Any, initial_token_length: int) -> Any:
        return SimpleNamespace(
            logits=self.logits,
            rearrange_kv_cache=lambda indices: None,
            cleanup_caching=lambda: None,
        )

    def find_alignment(
        self, model: Any, tokenizer: Any, text: Any, mel: torch.Tensor, frames: int
    ) -> list[Any]:
        """Ours, since the fake has no attention that theirs could look at."""
        window = EncodedWindow(self.engine.encode(mel.T.numpy()[None]), 0)
        heard = Heard(window, frames)
        said = Said(text, tokenizer.language, tokenizer.sot_sequence)
        found = find_alignment(self.engine, self.tokenizer, heard, said)
        return [
            timing.WordTiming(t.word, list(t.tokens), t.start, t.end, t.probability)
            for t in found
        ]

    @contextmanager
    def installed(self) -> Iterator[None]:
        def get_tokenizer(multilingual: bool, **wanted: Any) -> TheirTokenizer:
            language, task = wanted["language"], wanted["task"]
            return TheirTokenizer(self.tokenizer, language, task)

        with (
            mock.patch.object(decoding, "get_tokenizer", get_tokenizer),
            mock.patch.object(transcribing, "get_tokenizer", get_tokenizer),
            mock.patch.object(decoding, "PyTorchInference", self.inference),
            mock.patch.object(decoding, "Categorical", SharedCategorical),
            mock.patch.object(timing, "find_alignment", self.find_alignment),
        ):
            yield


def their_decode(
    engine: FakeEngine, tokenizer: FakeTokenizer, windows: Any, **options: Any
) -> list[Any]:
    """`DecodingTask.run` on mel windows `[batch, frames, bins]`."""
    model = TheirModel(engine, tokenizer)
    mel = torch.from_numpy(windows).transpose(1, 2)
    chosen = decoding.DecodingOptions(**{"language": "en", "fp16": False, **options})
    with model.installed():
        results: list[Any] = decoding.DecodingTask(model, chosen).run(mel)
    return results


def their_languages(
    engine: FakeEngine, tokenizer: FakeTokenizer, windows: Any
) -> list[dict[str, float]]:
    """`detect_language` on mel windows `[batch, frames, bins]`."""
    mel = torch.from_numpy(windows).transpose(1, 2)
    theirs = TheirTokenizer(tokenizer, "en", "transcribe")
    model = TheirModel(engine, tokenizer)
    found: list[dict[str, float]] = decoding.detect_language(model, mel, theirs)[1]
    return found


def their_transcribe(
    engine: FakeEngine, tokenizer: FakeTokenizer, frames: Any, **options: Any
) -> dict[str, Any]:
    """`whisper.transcribe` of a recording with the mel `[n, bins]`."""
    model = TheirModel(engine, tokenizer)
    mel = torch.from_numpy(np.pad(frames, ((0, 3000), (0, 0)))).T

    def log_mel(audio: Any, n_mels: int, padding: int) -> torch.Tensor:
        return mel

    with (
        model.installed(),
        mock.patch.object(transcribing, "log_mel_spectrogram", log_mel),
    ):
        result: dict[str, Any] = transcribing.transcribe(
            model, None, **{"language": "en", "fp16": False, **options}
        )
    return result
