"""Train the demo model, or go on where it was stopped.

    python -m training.train [--steps N] [--speech FOLDER] [--work FOLDER]

Everything that takes time is kept in the work folder: the tokenizer, the clips that
espeak-ng spoke, the music that FluidSynth played, and the state of the training, which
is saved every few minutes.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import time
from collections.abc import Sequence
from ctypes.util import find_library
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Muon, Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from max_whisper.config import WhisperConfig
from max_whisper.tokenizer.tokenizer import Tokenizer
from training.batches import BINS, Batch, Batches
from training.fluidsynth import SOUND_FONT
from training.losses import SHARES, decoder_loss, frame_loss, look_loss, turn_loss
from training.model import HEAD_SIZE, Whisper
from training.places import SPEECH, WORK
from training.sources import load_sources
from training.targets import IGNORED
from training.vocabulary import tokenizer_json

SEED = 20260
D_MODEL = 128
LAYERS = (4, 4)
PEAK_RATE = 1.5e-3
WARM_UP = 300
SAVE_SECONDS = 180
LOG_STEPS = 25


def main() -> None:
    """One loop over batches."""
    asked = arguments()
    tokenizer = load_tokenizer(asked.work)
    sources = load_sources(asked.speech / "digits", asked.work)
    trainer = Trainer(tokenizer, asked.steps, asked.work / "state.pt")
    batches = Batches(sources, tokenizer, asked.steps, SEED)
    left = range(trainer.step, asked.steps)
    loader = DataLoader(
        batches, batch_size=None, sampler=left, num_workers=1, prefetch_factor=4
    )
    try:
        for batch in loader:
            trainer.learn(batch)
    finally:
        trainer.save()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.train")
    parser.add_argument("--steps", type=int, default=13_900)
    parser.add_argument("--speech", type=Path, default=SPEECH)
    parser.add_argument("--work", type=Path, default=WORK)
    asked = parser.parse_args()
    if not (asked.speech / "digits").is_dir():
        sys.exit(
            f"expected the Free Spoken Digit Dataset in {asked.speech / 'digits'}, "
            "found no such folder; name its parent with --speech"
        )
    if find_library("espeak-ng") is None:
        sys.exit("expected the library espeak-ng, found none; apt install espeak-ng")
    if shutil.which("fluidsynth") is None or not SOUND_FONT.exists():
        sys.exit(
            f"expected the program fluidsynth and {SOUND_FONT}, found not both; "
            "apt install fluidsynth fluid-soundfont-gm"
        )
    asked.work.mkdir(parents=True, exist_ok=True)
    return asked


def load_tokenizer(work: Path) -> Tokenizer:
    """The one in the work folder, which is learnt first where there is none."""
    path = work / "tokenizer.json"
    if not path.exists():
        text = tokenizer_json(np.random.default_rng(SEED))
        path.write_text(text, encoding="utf-8")
    return Tokenizer.from_json(path.read_text(encoding="utf-8"), is_multilingual=False)


def config_for(tokenizer: Tokenizer) -> WhisperConfig:
    """Whisper's shape, as small as works."""
    heads = D_MODEL // HEAD_SIZE
    return WhisperConfig(
        num_mel_bins=BINS,
        vocab_size=tokenizer.timestamp_begin + 1501,
        d_model=D_MODEL,
        encoder_layers=LAYERS[0],
        encoder_attention_heads=heads,
        encoder_ffn_dim=4 * D_MODEL,
        decoder_layers=LAYERS[1],
        decoder_attention_heads=heads,
        decoder_ffn_dim=4 * D_MODEL,
    )


class Trainer:
    """The model, its average over the last steps, the optimisers; kept in a file."""

    def __init__(self, tokenizer: Tokenizer, steps: int, path: Path) -> None:
        torch.manual_seed(SEED)
        self.tokenizer = tokenizer
        self.steps = steps
        self.path = path
        self.model = Whisper(config_for(tokenizer), tokenizer.timestamp_begin)
        self.average = AveragedModel(
            self.model, multi_avg_fn=get_ema_multi_avg_fn(0.998)
        )
        self.optimizers = optimizers(self.model)
        self.step = 0
        self.saved = time.monotonic()
        self.recent: list[list[float]] = []
        if path.exists():
            self.load()

    def learn(self, batch: Batch) -> None:
        """One step of gradient descent."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate(self.step, self.steps)
        with torch.autocast("cpu", torch.bfloat16):
            losses = self.losses(batch)
        self.model.zero_grad()
        sum(share * losses[name] for name, share in SHARES.items()).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.average.update_parameters(self.model)
        self.step += 1
        self.recent.append([losses[name].item() for name in SHARES])
        self.report()

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Everything that is to become small, by name."""
        is_said = batch.labels != IGNORED
        heard = self.model(batch.mel, batch.starts, batch.tokens, is_said)
        times = self.tokenizer.timestamp_begin
        return {
            "said": decoder_loss(heard.said, batch.labels[is_said], times),
            "looks": look_loss(heard.looks, batch.spans),
            "turns": turn_loss(heard.looks, batch.turns),
            "frames": frame_loss(heard.positions, batch.frames),
        }

    def report(self) -> None:
        """A line now and then; a file now and then."""
        if self.step % LOG_STEPS == 0:
            means = zip(SHARES, np.mean(self.recent, axis=0), strict=True)
            losses = " ".join(f"{name} {mean:.3f}" for name, mean in means)
            print(time.strftime("%H:%M:%S"), "step", self.step, losses, flush=True)
            self.recent.clear()
        if time.monotonic() - self.saved > SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Whole or not at all."""
        parts = self.model, self.average, *self.optimizers
        state = {"step": self.step, "parts": [part.state_dict() for part in parts]}
        new = self.path.with_suffix(".new")
        torch.save(state, new)
        new.replace(self.path)
        self.saved = time.monotonic()

    def load(self) -> None:
        """Go on where the file was written."""
        state = torch.load(self.path, weights_only=True)
        self.step = state["step"]
        parts = self.model, self.average, *self.optimizers
        for part, kept in zip(parts, state["parts"], strict=True):
            part.load_state_dict(kept)


def optimizers(model: Whisper) -> Sequence[Optimizer]:
    """Muon for the matrices of the layers, Adam for everything else, at one rate."""
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    inner = {n for n, p in named if p.ndim == 2 and ".layers." in n}
    matrices = [p for n, p in named if n in inner]
    others = [p for n, p in named if n not in inner]
    return (
        Muon(matrices, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        AdamW(others, betas=(0.9, 0.98), weight_decay=0.01),
    )


def rate(step: int, steps: int) -> float:
    """Up in a line, down in half a cosine."""
    if step < WARM_UP:
        return PEAK_RATE * (step + 1) / WARM_UP
    done = (step - WARM_UP) / max(1, steps - WARM_UP)
    return PEAK_RATE * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1, done))))


if __name__ == "__main__":
    main()
