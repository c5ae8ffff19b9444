"""What a window and a token step of tiny.en must do and read."""

from __future__ import annotations

import pytest

from benchmarks.gpu_runs import encoder_operations
from benchmarks.wholes import bytes_of_step, operations_of_window
from max_whisper.config import WhisperConfig

TINY = WhisperConfig(
    num_mel_bins=80,
    vocab_size=51864,
    d_model=384,
    encoder_layers=4,
    encoder_attention_heads=6,
    encoder_ffn_dim=1536,
    decoder_layers=4,
    decoder_attention_heads=6,
    decoder_ffn_dim=1536,
)


def test_a_window_is_the_encoder_and_what_the_decoder_hears() -> None:
    cross = 2 * 4 * 2 * 1500 * 384**2
    assert operations_of_window(TINY) == encoder_operations("tiny") + cross


def test_a_step_reads_the_decoders_weights_and_one_window() -> None:
    weights = 4 * (6 * 384**2 + 2 * 384 * 1536) + 51864 * 384
    heard = 4 * 2 * 1500 * 384
    assert bytes_of_step(TINY, "int8") == weights + heard
    assert bytes_of_step(TINY, "float32") == pytest.approx(2 * weights + 4 * heard)
