"""max-whisper itself."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.engines import Heard, Job, Transcribe, openai_options

PACKAGES = ("max-whisper", "max", "numpy")


def load(weights: str, precision: str, threads: int) -> Transcribe:
    import max_whisper

    model = max_whisper.load_model(
        weights, device="cpu", dtype=precision, threads=threads
    )

    def transcribe(samples: np.ndarray, job: Job) -> Heard:
        if job.batched:
            raise ValueError("batched: this version has no batched transcription")
        found = model.transcribe(samples, **openai_options(job))
        return Heard(found.text, sum(len(s.tokens) for s in found.segments))

    return transcribe
