"""faster-whisper on CTranslate2, window by window or several at once.

Batched, it finds speech first, cuts the sound there and decodes without times, as it
does unless told otherwise; 8 windows at a time is its own default.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.engines import EOT, Heard, Job, Transcribe

PACKAGES = ("faster-whisper", "ctranslate2", "onnxruntime", "numpy")
SAMPLE_RATE = 16_000
WINDOW = 30
PROMPT = 2
"""Tokens before an English text without times."""


def load(weights: str, precision: str, threads: int) -> Transcribe:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model = WhisperModel(
        weights, device="cpu", compute_type=precision, cpu_threads=threads
    )
    batches = BatchedInferencePipeline(model)

    def transcribe(samples: np.ndarray, job: Job) -> Heard:
        run = batches.transcribe if job.batched else model.transcribe
        found = list(run(samples, **options(job, samples))[0])
        text = "".join(segment.text for segment in found)
        return Heard(text, sum(len(segment.tokens) for segment in found))

    return transcribe


def options(job: Job, samples: np.ndarray) -> dict[str, Any]:
    chosen: dict[str, Any] = {"language": "en", "beam_size": job.beam}
    if job.vad:
        chosen["vad_filter"] = True
    if job.as_shipped:
        return chosen
    chosen |= {"temperature": 0.0, "condition_on_previous_text": False}
    if job.tokens is not None:
        # CTranslate2 decodes half of the length that it is given, prompt and all.
        chosen["max_new_tokens"] = 2 * job.tokens - PROMPT
        chosen["suppress_tokens"] = [-1, EOT]
        chosen["without_timestamps"] = True
        thresholds = ("compression_ratio", "log_prob", "no_speech")
        chosen |= {f"{name}_threshold": None for name in thresholds}
        if job.batched:
            chosen |= {"vad_filter": False, "clip_timestamps": windows(samples)}
    return chosen


def windows(samples: np.ndarray) -> list[dict[str, float]]:
    """The whole sound in windows, where finding speech is not the point."""
    end = samples.size / SAMPLE_RATE
    starts = range(0, int(np.ceil(end)), WINDOW)
    return [{"start": start, "end": min(start + WINDOW, end)} for start in starts]
