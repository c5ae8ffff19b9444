"""How many windows are decoded side by side, unless the user says."""

from __future__ import annotations

from max.driver import Device
from max.dtype import DType

from max_whisper.config import WhisperConfig

CPU_BATCH, GPU_BATCH = 12, 64
"""At most: more gains little on a CPU, and on a GPU a file would wait for others."""
CPU_BYTES = 2**30
"""What keys and values of the cross-attention may take on a CPU, in float32; while a
batch gets smaller, there is a copy of those that go on."""
GPU_PART = 0.5
"""Of the memory that is free once the weights are there; graphs need some too."""
UNKNOWN_GPU_BATCH = 16
"""Where a GPU does not say how much memory it has."""
GROUP = 5
"""Rows of a window: the beams that people ask for."""


def batch_size(config: WhisperConfig, device: Device, dtype: DType) -> int:
    """So many that they fit into memory, one at least; `dtype` is the caches'."""
    if device.is_host:
        fit, most = CPU_BYTES // _cross(config, 4), CPU_BATCH
    else:
        # A GPU that has nothing free says nothing of it.
        free = device.stats.get("free_memory") or device.stats.get("total_memory")
        if not free:
            return UNKNOWN_GPU_BATCH
        fit = int(free * GPU_PART) // _window(config, dtype)
        most = GPU_BATCH
    return max(1, min(fit, most))


def _cross(config: WhisperConfig, size: int) -> int:
    """Bytes of the keys and values that a window is heard by."""
    width = config.decoder_layers * config.d_model
    return 2 * size * config.max_source_positions * width


def _window(config: WhisperConfig, dtype: DType) -> int:
    """Bytes of a window: what is heard, its copy, what is said, and the encoder's."""
    size = int(dtype.size_in_bytes)
    heard = _cross(config, size) + size * config.max_source_positions * config.d_model
    said = config.max_target_positions * config.decoder_layers * config.d_model
    inner = config.encoder_ffn_dim + 6 * config.d_model
    encoder = size * config.max_source_positions * inner
    if dtype != DType.bfloat16:
        # Without flash attention scores are written, and what becomes of them.
        scores = config.encoder_attention_heads * config.max_source_positions**2
        encoder += 3 * size * scores
    return 2 * heard + 2 * size * GROUP * said + encoder
