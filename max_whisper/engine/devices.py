"""The one place that decides the device, its precision and its set of operations."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from max.driver import (
    Accelerator,
    Device,
    accelerator_api,
    accelerator_architecture_name,
    accelerator_count,
)
from max.dtype import DType
from max.graph import DeviceRef

from max_whisper.engine.cublas import load_cublas
from max_whisper.engine.options import EngineOptions
from max_whisper.engine.threads import cpu
from max_whisper.errors import DeviceError, OptionError
from max_whisper.kernels.int8_ops import Int8Ops
from max_whisper.kernels.mojo_ops import MojoOps
from max_whisper.kernels.ops import Ops

if TYPE_CHECKING:
    from max_whisper.kernels.gpu_ops import GpuOps

_DTYPES = {
    "float32": DType.float32,
    "float16": DType.float16,
    "bfloat16": DType.bfloat16,
}

AMD, NVIDIA = "hip", "cuda"
"""MAX's words for the interfaces of GPUs."""
LEAST_GENERATION = 80
"""NVIDIA's first cards that compute in bfloat16."""

_log = logging.getLogger("max_whisper")


@dataclass(frozen=True, slots=True)
class Place:
    """A device, the operations that run on it, and what people call both."""

    device: Device
    ops: Ops
    name: str


def choose(options: EngineOptions, *, weights_are_half: bool) -> Place:
    """Where to run, and by which operations; `weights_are_half` says that fp16 holds
    all weights. Raises what `find` does.
    """
    device = find(options)
    if device.is_host:
        if options.dtype == "int8":
            return Place(device, Int8Ops(), "cpu, int8")
        stored = DType.float16 if weights_are_half else DType.float32
        return Place(device, MojoOps(stored), "cpu, float32")
    half = "float16" if device.api == AMD else "bfloat16"
    dtype = half if options.dtype == "auto" else options.dtype
    return Place(device, gpu_ops(device, _DTYPES[dtype]), f"gpu, {dtype}")


def settled(options: EngineOptions) -> EngineOptions:
    """The same, with the device that `auto` is here. Raises what `find` does."""
    kind = "cpu" if find(options).is_host else "gpu"
    return replace(options, device=kind) if options.device == "auto" else options


def find(options: EngineOptions) -> Device:
    """The device that was asked for, which can do what was asked of it.

    Raises `DeviceError` if it is not there, and `OptionError` if it cannot.
    """
    device = _device(options)
    if device.is_host:
        if options.dtype not in ("auto", "float32", "int8"):
            raise OptionError(
                f"expected dtype auto, float32 or int8 on a CPU, found {options.dtype}"
                "; leave dtype out, or name a GPU"
            )
    elif options.dtype == "int8":
        raise OptionError(
            "expected a floating dtype on a GPU, found int8; "
            "leave dtype out, or use device='cpu'"
        )
    elif options.dtype == "bfloat16" and device.api == AMD:
        raise OptionError(
            "expected dtype auto, float16 or float32 on an AMD GPU, found bfloat16, "
            "which MAX 26.7 does not compile there"
        )
    if device.api == NVIDIA:
        load_cublas()
    return device


def gpu_ops(device: Device, dtype: DType) -> GpuOps:
    """The operations on a GPU in a precision."""
    # Its imports start MAX's CPU, whose threads could then no longer be chosen.
    from max_whisper.kernels.gpu_ops import GpuOps

    own = device.api == NVIDIA and dtype != DType.float32
    return GpuOps(DeviceRef.from_device(device), dtype, own)


def _device(options: EngineOptions) -> Device:
    kind, _, number = options.device.partition(":")
    if kind == "auto":
        return _known_gpu(options) or cpu(options.threads)
    if kind == "cpu":
        return cpu(options.threads)
    if options.threads:
        raise OptionError(
            f"expected threads to be 0 on a GPU, found {options.threads}; "
            "leave them out, or use device='cpu'"
        )
    return _gpu(int(number or 0), options.device)


def _gpu(number: int, name: str) -> Device:
    count = accelerator_count()
    if number >= count:
        raise DeviceError(
            f"expected a GPU for device {name!r}, found {count} that MAX can use; "
            "check the driver, or use device='cpu'"
        )
    try:
        return Accelerator(number)
    except (RuntimeError, ValueError) as error:
        raise DeviceError(
            f"expected a GPU that is free for device {name!r}, found: {error}; use "
            "device='cpu'"
        ) from error


def _known_gpu(options: EngineOptions) -> Device | None:
    """The first GPU, if it is NVIDIA's and has bfloat16, and nothing asks for a CPU;
    others are used where they are named. Says why one that could be is not.
    """
    asks_for_cpu = options.threads or options.dtype in ("int8", "float32")
    if asks_for_cpu or not accelerator_count() or accelerator_api() != NVIDIA:
        return None
    generation = re.match(r"sm_(\d+)", accelerator_architecture_name())
    if generation is None or int(generation[1]) < LEAST_GENERATION:
        return None
    try:
        load_cublas()
        return _gpu(0, options.device)
    except DeviceError as error:
        _log.warning("The GPU is not used: %s", error)
        return None
