"""The reference, in float32 on PyTorch."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.engines import Heard, Job, Transcribe, openai_options

PACKAGES = ("openai-whisper", "torch", "numpy")


def load(weights: str, precision: str, threads: int) -> Transcribe:
    import torch
    import whisper

    torch.set_num_threads(threads)
    model = whisper.load_model(weights, device="cpu")

    def transcribe(samples: np.ndarray, job: Job) -> Heard:
        found = whisper.transcribe(model, samples, fp16=False, **openai_options(job))
        return Heard(found["text"], sum(len(s["tokens"]) for s in found["segments"]))

    return transcribe
