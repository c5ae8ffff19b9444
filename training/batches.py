"""Batches, each a function of its step alone, so that training can be resumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from max_whisper.tokenizer.tokenizer import Tokenizer
from training.features import log_mel, mask
from training.scenes import Scene, Sources, scene
from training.targets import IGNORED, Target, target

BINS = 80
SECONDS_A_BATCH = 96
TEXTS_BEFORE_PER_SECOND = 0.7
"""At most, in a prompt: a short window costs little and shall not read much."""


class Batch(NamedTuple):
    """`mel [B, bins, 2 T]`, `starts [B]`, `tokens, labels [B, N]`, `spans [B, N, 2]`,
    `turns, frames [B, T]`.
    """

    mel: Tensor
    starts: Tensor
    tokens: Tensor
    labels: Tensor
    spans: Tensor
    turns: Tensor
    frames: Tensor


@dataclass(frozen=True, slots=True)
class Stage:
    """From a share of the training on: windows of these seconds, this often.

    `digits` is the share of strings of digits, which are easier than sentences.
    """

    begin: float
    digits: float
    seconds: Sequence[float]
    shares: Sequence[float]


STAGES = (
    Stage(0.0, 0.6, (5,), (1.0,)),
    Stage(0.15, 0.6, (5, 8), (0.5, 0.5)),
    Stage(0.3, 0.6, (5, 10, 30), (0.4, 0.3, 0.3)),
    Stage(0.6, 0.75, (8, 15, 30), (0.3, 0.2, 0.5)),
    Stage(0.85, 0.75, (10, 30), (0.2, 0.8)),
)
"""Short windows are cheap and teach to hear; long ones teach to find the place."""


class Batches(Dataset[Batch]):
    """Batch `step` of `steps`."""

    def __init__(
        self, sources: Sources, tokenizer: Tokenizer, steps: int, seed: int = 0
    ) -> None:
        self.sources = sources
        self.tokenizer = tokenizer
        self.steps = steps
        self.seed = seed

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Batch:
        random = np.random.default_rng([self.seed, step])
        stage = [s for s in STAGES if step >= s.begin * self.steps][-1]
        seconds = float(random.choice(stage.seconds, p=stage.shares))
        count = round(SECONDS_A_BATCH / seconds)
        sources = replace(self.sources, digits_share=stage.digits)
        scenes = [scene(random, sources, seconds) for _ in range(count)]
        most = round(TEXTS_BEFORE_PER_SECOND * seconds)
        previous = [sources.text(random, 14) for _ in range(most)]
        targets = [target(random, self.tokenizer, s, previous) for s in scenes]
        return collate(random, scenes, targets, self.tokenizer.eot)


def collate(
    random: np.random.Generator,
    scenes: Sequence[Scene],
    targets: Sequence[Target],
    padding: int,
) -> Batch:
    """Scenes and their targets as tensors."""
    samples = torch.from_numpy(np.stack([scene.samples for scene in scenes]))
    louder = random.uniform(0, 1.5, len(scenes)) * (random.random(len(scenes)) < 0.3)
    generator = torch.Generator().manual_seed(int(random.integers(2**62)))
    mel = log_mel(samples, BINS, torch.from_numpy(louder.astype(np.float32)))
    return Batch(
        mel=mask(mel, generator),
        starts=torch.tensor([t.start for t in targets]),
        tokens=padded([t.tokens for t in targets], padding),
        labels=padded([t.labels for t in targets], IGNORED),
        spans=padded([t.spans for t in targets], 0),
        turns=torch.tensor([t.turns for t in targets]),
        frames=torch.tensor([t.frames for t in targets]),
    )


def padded(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    """Rows of unequal length as one tensor."""
    tensors = [torch.tensor(row, dtype=torch.long) for row in rows]
    return pad_sequence(tensors, batch_first=True, padding_value=value)
