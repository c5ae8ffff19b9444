"""whisper.cpp through pywhispercpp, built on this machine for this processor."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.engines import Heard, Job, Transcribe

PACKAGES = ("pywhispercpp", "numpy")


def load(weights: str, precision: str, threads: int) -> Transcribe:
    import _pywhispercpp as library
    from pywhispercpp.model import Model

    model = Model(
        weights,
        n_threads=threads,
        language="en",
        print_progress=False,
        print_realtime=False,
        suppress_nst=True,
    )
    strategies = library.whisper_sampling_strategy

    def transcribe(samples: np.ndarray, job: Job) -> Heard:
        if job.tokens is not None:
            raise ValueError("tokens: whisper.cpp cannot decode past the end")
        greedy = strategies.WHISPER_SAMPLING_GREEDY
        beams = strategies.WHISPER_SAMPLING_BEAM_SEARCH
        found = model.transcribe(
            samples,
            strategy=beams if job.beam > 1 else greedy,
            beam_search={"beam_size": job.beam, "patience": -1.0},
            n_max_text_ctx=16384 if job.as_shipped else 0,
            temperature_inc=0.2 if job.as_shipped else 0.0,
        )
        count = library.whisper_full_n_tokens
        tokens = sum(count(model._ctx, number) for number in range(len(found)))
        return Heard(" ".join(segment.text for segment in found), tokens)

    return transcribe


def about() -> str:
    """What the library was compiled to use."""
    import _pywhispercpp as library

    return str(library.whisper_print_system_info())
