"""Where and how a model runs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from max_whisper.errors import OptionError
from max_whisper.option import check_whole, option

DTYPES = ("auto", "float32", "float16", "bfloat16", "int8")
DEVICE = re.compile(r"auto|cpu|(gpu|cuda)(:[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Choices that are made once, when a model is loaded."""

    device: str = option(
        "auto",
        "where to run: auto (the first GPU if it is NVIDIA's with bfloat16, unless "
        "float32, int8 or threads ask for the CPU), cpu, gpu, or gpu:N for the Nth GPU",
    )
    dtype: str = option(
        "auto",
        "precision: auto, float32, float16, bfloat16 or int8 (a CPU only; close to "
        "float32, not equal)",
    )
    threads: int = option(0, "CPU threads; 0 means all physical cores")

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise OptionError(
                f"expected dtype to be one of {', '.join(DTYPES)}, found {self.dtype!r}"
            )
        if not isinstance(self.device, str) or not DEVICE.fullmatch(self.device):
            raise OptionError(
                f"expected device auto, cpu, gpu or gpu:N, found {self.device!r}"
            )
        check_whole("threads", self.threads, 0)
