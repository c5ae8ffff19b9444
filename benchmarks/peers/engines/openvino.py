"""OpenVINO GenAI: weights in int8, activations as its CPU plugin chooses.

Its own count of tokens is that of all beams, so those of the text are counted.
"""

from __future__ import annotations

import numpy as np

from benchmarks.peers.engines import Heard, Job, Transcribe

PACKAGES = ("openvino-genai", "openvino", "numpy")


def load(weights: str, precision: str, threads: int) -> Transcribe:
    import openvino_genai

    pipeline = openvino_genai.WhisperPipeline(
        weights, "CPU", INFERENCE_NUM_THREADS=threads
    )

    tokenizer = pipeline.get_tokenizer()

    def transcribe(samples: np.ndarray, job: Job) -> Heard:
        config = pipeline.get_generation_config()
        config.num_beams = job.beam
        config.return_timestamps = job.tokens is None
        if job.tokens is not None:
            config.max_new_tokens = job.tokens
            config.ignore_eos = True
        found = pipeline.generate(samples, config)
        text = " ".join(found.texts)
        ids = tokenizer.encode(text, add_special_tokens=False).input_ids
        return Heard(text, int(ids.shape[1]))

    return transcribe
