"""From a checkpoint's weights to an engine that runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from max.driver import Buffer
from max.dtype import DType
from numpy.typing import NDArray

from max_whisper.config import WhisperConfig
from max_whisper.engine.compile import (
    OnCompile,
    Plan,
    kept_paths,
    load_graphs,
    session_on,
)
from max_whisper.engine.devices import Place, choose
from max_whisper.engine.engine import MaxEngine
from max_whisper.engine.gpu_errors import gpu_errors
from max_whisper.engine.in_turn import turn_on
from max_whisper.engine.options import EngineOptions
from max_whisper.engine.twins import verify_twins
from max_whisper.weights.names import check

_TABLES = ("encoder.embed_positions.weight", "decoder.embed_positions.weight")

_log = logging.getLogger("max_whisper")


def load_engine(
    config: WhisperConfig,
    weights: Mapping[str, NDArray[Any]],
    options: EngineOptions,
    on_compile: OnCompile | None = None,
) -> MaxEngine:
    """Compile (or find compiled) graphs for `config` and bind `weights` to them.

    `weights` are float16 or float32 arrays under Hugging Face's names. `on_compile` is
    entered around a compilation, with the reason for the wait.

    Raises `DeviceError` if a GPU cannot run it, or not rightly.
    """
    check(weights, config)
    place = choose(options, weights_are_half=_are_half(weights))
    with gpu_errors(place.name, "try a smaller model, or device='cpu'"):
        engine = _engine(place, config, weights, on_compile or _tell)
        if not place.device.is_host:
            with engine.turn:
                verify_twins(engine)
    return engine


def is_compiled(
    config: WhisperConfig, weights: Mapping[str, NDArray[Any]], options: EngineOptions
) -> bool:
    """Whether `load_engine` would find its graphs compiled."""
    place = choose(options, weights_are_half=_are_half(weights))
    return bool(kept_paths(Plan(config, place.ops, place.device)))


def _engine(
    place: Place,
    config: WhisperConfig,
    weights: Mapping[str, NDArray[Any]],
    on_compile: OnCompile,
) -> MaxEngine:
    session = session_on(place.device)
    with turn_on(place.device):
        registry = {name: _bind(name, array, place) for name, array in weights.items()}
    plan = Plan(config, place.ops, place.device)
    models = load_graphs(plan, session, registry, on_compile)
    return MaxEngine(config, models, place)


def _are_half(weights: Mapping[str, NDArray[Any]]) -> bool:
    """Whether float16 holds every matrix exactly: half the bytes, the same numbers."""
    return all(
        array.dtype == np.float16
        for name, array in weights.items()
        if array.ndim > 1 and name not in _TABLES
    )


def _bind(name: str, array: NDArray[Any], place: Place) -> Buffer:
    """A weight in the layout, precision and memory that its graph expects."""
    if array.ndim == 1 or name in _TABLES:
        packed: NDArray[Any] = np.ascontiguousarray(array, np.float32)
        if place.ops.dtype == DType.float16:
            packed = packed.astype(np.float16)
    else:
        packed = place.ops.pack(_as_matrix(array))
    buffer = Buffer.from_numpy(packed)
    if place.ops.dtype == DType.bfloat16:
        buffer = Buffer.from_numpy(_to_bfloat16(packed)).view(DType.bfloat16)
    return buffer.to(place.device)


def _as_matrix(array: NDArray[Any]) -> NDArray[Any]:
    """`[rows, columns]`; a convolution `[out, in, 3]` reads taps before channels."""
    if array.ndim == 3:
        array = array.transpose(0, 2, 1)
    return array.reshape(array.shape[0], -1)


def _to_bfloat16(array: NDArray[Any]) -> NDArray[np.uint16]:
    """The upper halves of float32 values, rounded to even; NumPy has no bfloat16."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    return np.ascontiguousarray((rounded >> 16).astype(np.uint16))


@contextmanager
def _tell(reason: str) -> Iterator[None]:
    _log.warning("%s …", reason)
    yield
