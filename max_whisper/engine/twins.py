"""Whether a GPU can be trusted: equal windows must sound alike to it.

A product that is wrong for some rows of a batch says so here, before any text is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from max_whisper.engine.buffers import as_float32
from max_whisper.engine.protocol import Engine
from max_whisper.errors import DeviceError

TWINS = 3
"""The first, one within and the last of a batch."""
NEAR = 0.05
"""A row's distance, relative to a usual row: several times what bfloat16 loses."""


def verify_twins(engine: Engine) -> None:
    """Raises `DeviceError` if what is heard depends on the place in a batch."""
    shape = (engine.config.num_frames, engine.config.num_mel_bins)
    noise = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    heard = as_float32(engine.encode(np.stack([noise] * TWINS)).states)
    found = farthest(heard)
    # Not `found > NEAR`: what is no number is not near.
    if not found <= NEAR:
        raise DeviceError(
            f"expected equal windows to sound alike to {engine.runs_on}, found them "
            f"{found:.0%} apart; use device='cpu'"
        )


def farthest(heard: NDArray[np.float32]) -> float:
    """How far apart the rows of equal windows `[windows, positions, d_model]` are at
    most, relative to a usual row.
    """
    usual = np.linalg.norm(heard[-1], axis=-1).mean()
    return float(np.linalg.norm(heard - heard[-1:], axis=-1).max() / usual)
