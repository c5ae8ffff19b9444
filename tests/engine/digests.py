"""Digests of what the engine yields: of two windows, then of the first again.

    python -m tests.engine.digests DTYPE THREADS

Memory that is given back after a window comes again, full of it, with the next one; so
whatever is read before it is written changes the last digest. The number of threads
holds for the whole process, so this is a process of its own.
"""

from __future__ import annotations

import hashlib
import sys

import numpy as np

from max_whisper.engine.engine import MaxEngine
from max_whisper.engine.load import load_engine
from max_whisper.engine.options import EngineOptions
from max_whisper.engine.protocol import Bounds, Sampling, TokenRules
from tests.compiled import config_of, half_weights

ROWS = 5


def main() -> None:
    dtype, threads = sys.argv[1:]
    config = config_of(multilingual=True)
    options = EngineOptions(device="cpu", dtype=dtype, threads=int(threads))
    engine = load_engine(config, half_weights(config), options)
    shape = (2, 1, config.num_frames, config.num_mel_bins)
    one, other = np.random.default_rng(5).uniform(-1, 1, shape).astype(np.float32)
    for window in (one, other * 50, one):
        print(digest(engine, window))


def digest(engine: MaxEngine, window: np.ndarray) -> str:
    """Of the features, and of the candidates of a few steps."""
    size = engine.config.vocab_size
    anything = np.zeros(size, np.bool_)
    features = engine.encode(window)
    found = hashlib.sha256(features.states.to_numpy().tobytes())
    rules, free = TokenRules(anything, anything, size), [Bounds(0, size, size, False)]
    state = engine.prefill(features, [[5, 8, 200]], rules, group=ROWS)
    chance = Sampling([0.7] * ROWS, range(ROWS))
    for token, sampling in ((200, None), (31, chance), (7, None)):
        tokens = [token + row for row in range(ROWS)]
        candidates = engine.step(state, tokens, free * ROWS, sampling=sampling)
        found.update(candidates.tokens.tobytes())
        found.update(candidates.logprobs.tobytes())
    return found.hexdigest()


if __name__ == "__main__":
    main()
