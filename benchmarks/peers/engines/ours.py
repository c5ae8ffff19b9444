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
        options = openai_options(job) | {"vad_filter": job.vad}
        if job.batched:
            options |= {"cut_at_silence": True, "batch_size": 8}
            options["condition_on_previous_text"] = False
        found = model.transcribe(samples, **options)
        return Heard(found.text, sum(len(s.tokens) for s in found.segments))

    return transcribe
