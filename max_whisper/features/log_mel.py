"""The log-mel graph, and what stands around it: framing, and the recording's maximum.

As `log_mel_spectrogram` in openai/whisper: a Hann window of 25 ms every 10 ms, and
everything clamped to 8 decades (80 dB) below the loudest point of the *whole*
recording.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from max.dtype import DType
from max.graph import Graph, Module, TensorType, ops
from numpy.typing import NDArray

from max_whisper.audio.constants import HOP_LENGTH, N_FFT, N_FRAMES
from max_whisper.features.mel_filters import mel_filters
from max_whisper.kernels.ops import Ops

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


def blocks(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Cut samples into blocks of 3000 frames; frames are centred on their samples.

    The recording is mirrored at its beginning, as `torch.stft` does it, and followed by
    silence, as openai/whisper pads it.
    """
    half = N_FFT // 2
    head = np.zeros(half + 1, np.float32)
    head[: min(samples.size, half + 1)] = samples[: half + 1]
    padded = np.concatenate([head[:0:-1], samples])
    for start in range(0, samples.size + half, N_FRAMES * HOP_LENGTH):
        block = np.zeros(BLOCK_SAMPLES, np.float32)
        piece = padded[start : start + BLOCK_SAMPLES]
        block[: piece.size] = piece
        yield block


def normalise(log_energies: NDArray[np.float32]) -> NDArray[np.float32]:
    """Clamp to 8 below the maximum and scale to about -1..1, in place."""
    np.maximum(log_energies, log_energies.max() - np.float32(8.0), out=log_energies)
    log_energies += np.float32(4.0)
    log_energies /= np.float32(4.0)
    return log_energies
