"""Whether a GPU can be trusted: equal windows must sound alike to it.

Products that were wrong for a row of one window of a batch have been seen. That, and
graphs that cannot run at all, are found here, before any text is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from max_whisper.engine.buffers import as_float32
from max_whisper.engine.protocol import Bounds, Engine, TokenRules
from max_whisper.errors import DeviceError

TWINS = 3
"""The first, one within and the last of a batch; fewer where fewer fit."""
NEAR = 0.05
"""A row's distance, relative to a usual row: several times what bfloat16 loses."""
TOKEN = 0
"""Any will do."""


def verify_twins(engine: Engine) -> None:
    """Let equal windows be heard, and a token be said of each.

    Raises `DeviceError` if what is heard depends on the place in a batch.
    """
    count = min(TWINS, engine.batch_size)
    shape = (engine.config.num_frames, engine.config.num_mel_bins)
    noise = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    features = engine.encode(np.stack([noise] * count))
    found = _farthest(as_float32(features.states))
    # Not `found > NEAR`: what is no number is not near.
    if not found <= NEAR:
        raise DeviceError(
            f"expected equal windows to be heard alike on {engine.runs_on}, found them "
            f"{found:.0%} apart: this GPU computes wrongly; use device='cpu'"
        )
    size = engine.config.vocab_size
    nothing = np.zeros(size, np.bool_)
    rules = TokenRules(nothing, nothing, size)
    state = engine.prefill(features, [[TOKEN]] * count, rules)
    engine.step(state, [TOKEN] * count, [Bounds(0, size, size, False)] * count)


def _farthest(heard: NDArray[np.float32]) -> float:
    """How far apart the rows of equal windows `[windows, positions, d_model]` are at
    most, relative to a usual row.
    """
    usual = np.linalg.norm(heard[-1], axis=-1).mean()
    return float(np.linalg.norm(heard - heard[-1:], axis=-1).max() / usual)
