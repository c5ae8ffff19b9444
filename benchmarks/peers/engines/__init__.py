"""What each engine is asked, and what it answers: one file an engine.

Every file has `PACKAGES`, whose versions are written down, and `load`, which takes the
weights, a precision and a number of threads. These files run in the engine's own
environment, so they import nothing but NumPy, their engine and this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

EOT = 50256
"""The end of an English-only transcript, which a fixed number of tokens leaves out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How to transcribe.

    `tokens` is a fixed number of tokens for each window, without times. `as_shipped`
    leaves thresholds, temperatures and previous text as a user finds them; otherwise
    there is one try at temperature 0, which reads nothing of the window before. With
    `vad` only where somebody speaks is transcribed, as the engine itself finds it.
    """

    beam: int = 5
    batched: bool = False
    tokens: int | None = None
    as_shipped: bool = False
    vad: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """A text and the tokens it took, times included."""

    text: str
    tokens: int


Transcribe = Callable[[np.ndarray, Job], Heard]


def openai_options(job: Job) -> dict[str, Any]:
    """The job in OpenAI's words, which ours shares."""
    options: dict[str, Any] = {"language": "en"}
    options["beam_size"] = job.beam if job.beam > 1 else None
    if job.as_shipped:
        temperatures = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
        return options | {"temperature": temperatures, "best_of": 5}
    options |= {"temperature": 0.0, "condition_on_previous_text": False}
    if job.tokens is not None:
        options["sample_len"] = job.tokens
        options["suppress_tokens"] = f"-1,{EOT}"
        options["without_timestamps"] = True
        thresholds = ("compression_ratio", "logprob", "no_speech")
        options |= {f"{name}_threshold": None for name in thresholds}
    return options
