"""sherpa-onnx, which is greedy and hears 30 s at most.

Longer sound is cut here where it is quietest, which its users do with a voice detector.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.peers.engines import Heard, Job, Transcribe

PACKAGES = ("sherpa-onnx", "sherpa-onnx-core", "numpy")
SAMPLE_RATE = 16_000
LONGEST = 29 * SAMPLE_RATE
SHORTEST = 20 * SAMPLE_RATE
PAUSE = SAMPLE_RATE // 5
FRAMES = 3000
"""Frames of silence after a piece, of which a window takes what it has room for."""


def load(weights: str, precision: str, threads: int) -> Transcribe:
    import sherpa_onnx

    folder = Path(weights)
    recognizer = sherpa_onnx.OfflineRecognizer.from_whisper(
        encoder=str(folder / "encoder.onnx"),
        decoder=str(folder / "decoder.onnx"),
        tokens=str(folder / "tokens.txt"),
        language="en",
        num_threads=threads,
        tail_paddings=FRAMES,
    )

    def transcribe(samples: np.ndarray, job: Job) -> Heard:
        if job.beam > 1 or job.tokens is not None:
            raise ValueError("beam: sherpa-onnx decodes Whisper greedily alone")
        results = []
        for piece in pieces(samples):
            stream = recognizer.create_stream()
            stream.accept_waveform(SAMPLE_RATE, piece)
            recognizer.decode_stream(stream)
            results.append(stream.result)
        text = " ".join(result.text for result in results)
        return Heard(text, sum(len(result.tokens) for result in results))

    return transcribe


def pieces(samples: np.ndarray) -> Iterator[np.ndarray]:
    """Sound of 20 to 29 s each, cut in the middle of its quietest fifth of a second."""
    while samples.size > LONGEST:
        blocks = samples[SHORTEST:LONGEST].reshape(-1, PAUSE)
        quietest = int((blocks**2).sum(axis=1).argmin())
        cut = SHORTEST + quietest * PAUSE + PAUSE // 2
        yield samples[:cut]
        samples = samples[cut:]
    yield samples
