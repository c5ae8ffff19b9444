"""The log-mel graph, and what stands around it: framing, and the recording's maximum.

As `log_mel_spectrogram` in openai/whisper: a Hann window of 25 ms every 10 ms, and
everything clamped to 8 decades (80 dB) below the loudest point of the *whole*
recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np
from max.dtype import DType
from max.graph import Graph, Module, TensorType, ops
from numpy.typing import NDArray

from max_whisper.audio.constants import HOP_LENGTH, N_FFT, N_FRAMES
from max_whisper.features.mel_filters import mel_filters
from max_whisper.kernels.ops import Ops

Samples: TypeAlias = NDArray[np.float32]

GRAPH = "log_mel"
BLOCK_SAMPLES = N_FRAMES * HOP_LENGTH + N_FFT - HOP_LENGTH


def build_log_mel(module: Module, kernels: Ops, num_mel_bins: int) -> None:
    """Add the graph: samples `[480240]` to log10 mel energies `[3000, bins]`."""
    block = TensorType(DType.float32, [BLOCK_SAMPLES], kernels.device)
    angles = 2 * np.pi * np.arange(N_FFT) / N_FFT
    window = 0.5 - 0.5 * np.cos(angles)
    turns = np.stack([np.cos(angles), -np.sin(angles)], axis=1)
    constants = [window, turns, mel_filters(num_mel_bins)]
    with Graph(
        GRAPH,
        input_types=[block],
        module=module,
        custom_extensions=kernels.extensions,
    ) as graph:
        values = [
            ops.constant(array.astype(np.float32), DType.float32, kernels.device)
            for array in constants
        ]
        graph.output(kernels.log_mel(graph.inputs[0].tensor, *values))


def blocks(sound: Iterable[Samples]) -> Iterator[Samples]:
    """Cut a stream of samples into blocks of 3000 frames, centred on their samples.

    The recording is mirrored at its beginning, as `torch.stft` does it, and followed by
    silence, as openai/whisper pads it.
    """
    step = N_FRAMES * HOP_LENGTH
    left = np.empty(0, np.float32)
    for piece in _large(_mirrored(_small(sound))):
        left = np.concatenate([left, piece])
        while left.size >= BLOCK_SAMPLES:
            yield left[:BLOCK_SAMPLES]
            left = left[step:]
    while left.size:
        block = np.zeros(BLOCK_SAMPLES, np.float32)
        piece = left[:BLOCK_SAMPLES]
        block[: piece.size] = piece
        yield block
        left = left[step:]


def normalise(log_energies: Samples, maximum: np.float32) -> Samples:
    """Clamp to 8 below the maximum of the recording and scale to about -1..1."""
    clamped = np.maximum(log_energies, maximum - np.float32(8.0))
    clamped += np.float32(4.0)
    clamped /= np.float32(4.0)
    return clamped


def _small(pieces: Iterable[Samples]) -> Iterator[Samples]:
    """The same stream in pieces of a block at most: long ones are not copied whole."""
    for piece in pieces:
        for start in range(0, piece.size, BLOCK_SAMPLES):
            yield piece[start : start + BLOCK_SAMPLES]


def _large(pieces: Iterable[Samples]) -> Iterator[Samples]:
    """The same stream in pieces of about a block: decoders give thousandths of it."""
    waiting: list[Samples] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += piece.size
        if size >= BLOCK_SAMPLES:
            yield np.concatenate(waiting)
            waiting, size = [], 0
    yield np.concatenate([np.empty(0, np.float32), *waiting])


def _mirrored(sound: Iterable[Samples]) -> Iterator[Samples]:
    """The stream with its first half frame mirrored before it."""
    half = N_FFT // 2
    coming = iter(sound)
    begin = np.empty(0, np.float32)
    while begin.size <= half and (piece := next(coming, None)) is not None:
        begin = np.concatenate([begin, piece])
    head = np.zeros(half + 1, np.float32)
    head[: min(begin.size, half + 1)] = begin[: half + 1]
    yield np.concatenate([head[:0:-1], begin])
    yield from coming
