"""Hugging Face's transformers: long recordings window by window, float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.engines import Heard, Job, Transcribe

PACKAGES = ("transformers", "torch", "tokenizers", "numpy")
SAMPLE_RATE = 16_000
WINDOW = 30 * SAMPLE_RATE


def load(weights: str, precision: str, threads: int) -> Transcribe:
    import torch
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    torch.set_num_threads(threads)
    processor = WhisperProcessor.from_pretrained(weights)
    model = WhisperForConditionalGeneration.from_pretrained(
        weights, dtype=torch.float32
    ).eval()

    def transcribe(samples: np.ndarray, job: Job) -> Heard:
        is_long = samples.size > WINDOW
        inputs = processor(
            samples,
            sampling_rate=SAMPLE_RATE,
            return_tensors="pt",
            return_attention_mask=True,
            truncation=False,
            padding="longest" if is_long else "max_length",
        )
        with torch.no_grad():
            found = model.generate(**inputs, **options(job))
        texts = processor.batch_decode(found, skip_special_tokens=True)
        return Heard(" ".join(texts), int((found != model.config.pad_token_id).sum()))

    return transcribe


def options(job: Job) -> dict[str, Any]:
    if job.tokens is None:
        return {"num_beams": job.beam, "return_timestamps": True}
    fixed = {"min_new_tokens": job.tokens, "max_new_tokens": job.tokens}
    return {"num_beams": job.beam, "return_timestamps": False, **fixed}
