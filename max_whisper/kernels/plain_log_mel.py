"""The log-mel of a stretch of sound by MAX's own operations, with a plain transform.

Each bin of a frame is a product with a cosine and with a sine: `[F, 400] · [400, 201]`.
"""

from __future__ import annotations

import numpy as np
from max.dtype import DType
from max.graph import TensorValue, ops

FRAME, HOP = 400, 160


def log_mel(
    samples: TensorValue,
    window: TensorValue,
    turns: TensorValue,
    filters: TensorValue,
) -> TensorValue:
    """See `Ops.log_mel`."""
    frames = (int(samples.shape[0]) - (FRAME - HOP)) // HOP
    hops = ops.pad(samples, [0, 3 * HOP - FRAME]).reshape((frames + 2, HOP))
    cut = ops.concat([hops[i : i + frames] for i in range(3)], axis=1)
    framed = cut[:, :FRAME] * window
    bins = int(filters.shape[1])
    product = np.outer(np.arange(FRAME), np.arange(bins)) % FRAME
    places = ops.constant(product.astype(np.int32), DType.int32, samples.device)
    power = None
    for part in range(2):
        wave = ops.gather(turns[:, part], places, axis=0)
        side = ops.matmul(framed, wave)
        power = side * side if power is None else power + side * side
    mels = ops.matmul(power, ops.transpose(filters, 0, 1))
    return ops.log(ops.max(mels, 1e-10)) / float(np.log(10.0))
