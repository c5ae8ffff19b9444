"""The frames of 32 ms of which a detector says whether they are speech."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from max_whisper.vad.options import FRAME_SAMPLES


def frames(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Samples `[n]` as a copy `[ceil(n / 512), 512]`; zeros fill the last frame."""
    rest = -samples.size % FRAME_SAMPLES
    return np.pad(samples, (0, rest)).reshape(-1, FRAME_SAMPLES)
