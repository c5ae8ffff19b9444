"""Whether a GPU can be trusted: equal windows must sound alike to it.

Products that were wrong for a row of one window of a batch have been seen. In a batch
of three that, and graphs that cannot run at all, are found here, before any text is.
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
LOGPROB_NEAR = 0.5
"""How far apart a best token's log probabilities may be."""
TOKEN = 0
"""Any will do."""


def verify_twins(engine: Engine) -> None:
    """Let equal windows be heard, and a token be said of each.

    Raises `DeviceError` if that depends on the place in the batch.
    """
    count = min(TWINS, engine.batch_size)
    shape = (engine.config.num_frames, engine.config.num_mel_bins)
    noise = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    features = engine.encode(np.stack([noise] * count))
    heard = as_float32(features.states)
    usual = np.linalg.norm(heard[-1], axis=-1).mean()
    _verify(np.linalg.norm(heard - heard[-1:], axis=-1) / usual, NEAR, engine)
    size = engine.config.vocab_size
    nothing = np.zeros(size, np.bool_)
    rules = TokenRules(nothing, nothing, size)
    state = engine.prefill(features, [[TOKEN]] * count, rules)
    free = [Bounds(0, size, size, False)] * count
    best = engine.step(state, [TOKEN] * count, free).logprobs[:, 0]
    _verify(np.abs(best - best[-1]), LOGPROB_NEAR, engine)


def _verify(apart: NDArray[np.float32], near: float, engine: Engine) -> None:
    # Not `max() > near`: what is no number is not near.
    if not apart.max() <= near:
        raise DeviceError(
            f"expected equal windows to be heard alike on {engine.runs_on}, found them "
            f"{apart.max():.2f} apart, where {near} is far: this GPU computes wrongly; "
            "use device='cpu'"
        )
