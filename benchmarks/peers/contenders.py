"""Who takes part, and in what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Contender:
    """An engine at one precision.

    Of contenders with the same `rivals`, only the fastest goes on after the heat.
    """

    engine: str
    precision: str
    form: str
    batched: bool = False
    beams: tuple[int, ...] = (5, 1)
    rivals: str | None = None

    @property
    def name(self) -> str:
        return f"{self.engine} {self.precision}{', batched' if self.batched else ''}"


def faster(precision: str, *, batched: bool) -> Contender:
    form = f"ctranslate2-{precision}"
    return Contender("faster-whisper", precision, form, batched)


def cpp(precision: str) -> Contender:
    form = f"ggml-{precision}"
    return Contender("whisper.cpp", precision, form, rivals="whisper.cpp")


OURS = tuple(
    Contender("ours", precision, "huggingface") for precision in ("float32", "int8")
)
OURS_BATCHED = tuple(replace(contender, batched=True) for contender in OURS)
REFERENCE = Contender("openai-whisper", "float32", "openai")
FASTER = tuple(
    faster(precision, batched=batched)
    for precision in ("float32", "int8")
    for batched in (False, True)
)
CPP = tuple(cpp(precision) for precision in ("f16", "q8_0", "q5_0"))
TRANSFORMERS = Contender("transformers", "float32", "huggingface")
OPENVINO = Contender("openvino", "int8", "openvino-int8")
SHERPA = Contender("sherpa-onnx", "int8", "sherpa-int8", beams=(1,))

ALL = (*OURS, *OURS_BATCHED, REFERENCE, *FASTER, *CPP, TRANSFORMERS, OPENVINO, SHERPA)
SHAPES = (*OURS, *OURS_BATCHED, REFERENCE, *FASTER)
SHIPPED = (*OURS, REFERENCE, FASTER[0], FASTER[2], *CPP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One recording for one model, and the minutes that its rounds may take.

    `tokens` is a fixed number for each window, which random weights need. If it is not
    `resident`, every run starts a process anew, since all of them would not fit in
    memory, and there is no heat.
    """

    name: str
    model: str
    audio: str
    seconds: float
    minutes: float
    contenders: tuple[Contender, ...] = ALL
    beams: tuple[int, ...] = (5, 1)
    tokens: int | None = None
    as_shipped: bool = False
    resident: bool = True

    def entries(self) -> Iterator[tuple[Contender, int]]:
        for contender in self.contenders:
            for beam in self.beams:
                if beam in contender.beams:
                    yield contender, beam


CASES = (
    Case(
        name="librispeech",
        model="tiny",
        audio="librispeech",
        seconds=600,
        minutes=16,
    ),
    Case(name="columbia", model="tiny", audio="columbia", seconds=200, minutes=6),
    Case(
        name="columbia, as shipped",
        model="tiny",
        audio="columbia",
        seconds=200,
        minutes=3,
        contenders=SHIPPED,
        beams=(5,),
        as_shipped=True,
    ),
    Case(
        name="base",
        model="base",
        audio="librispeech",
        seconds=120,
        minutes=3,
        contenders=SHAPES,
        tokens=64,
    ),
    Case(
        name="small",
        model="small",
        audio="librispeech",
        seconds=60,
        minutes=3,
        contenders=SHAPES,
        tokens=64,
    ),
    Case(
        name="turbo",
        model="turbo",
        audio="librispeech",
        seconds=30,
        minutes=3,
        contenders=SHAPES,
        beams=(5,),
        tokens=64,
        resident=False,
    ),
)
