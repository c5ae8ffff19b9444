"""The encoder: mel frames to audio features, as `AudioEncoder` in openai/whisper."""

from __future__ import annotations

from max.graph import TensorValue, ops

from max_whisper.config import WhisperConfig
from max_whisper.kernels.ops import BlockOps
from max_whisper.model.layers import (
    QKV,
    convolution,
    feed_forward,
    layer_norm,
    linear,
    projections,
    weights_of,
)
from max_whisper.model.parameters import Parameters


def encode(mel: TensorValue, at: Parameters, config: WhisperConfig) -> TensorValue:
    """Padded frames `[B, 2 P + 2, num_mel_bins]` to features `[B, P, d_model]`."""
    positions = (at / "embed_positions").tensor()
    x = convolution(mel, at / "conv1")
    x = convolution(x, at / "conv2", stride=2, add=ops.unsqueeze(positions, 0))
    for i in range(config.encoder_layers):
        x = _block(x, at / f"layers.{i}", config.encoder_attention_heads)
    return layer_norm(x, at / "layer_norm")


def _block(x: TensorValue, at: Parameters, heads: int) -> TensorValue:
    attn = at / "self_attn"
    if isinstance(at.ops, BlockOps):
        into = [attn / name for name in (*QKV, "out_proj")]
        weights = weights_of(at / "self_attn_layer_norm", into)
        weights += weights_of(at / "final_layer_norm", [at / "fc1", at / "fc2"])
        return at.ops.encoder_block(x, heads, weights)
    q, k, v = projections(x, at / "self_attn_layer_norm", [attn / n for n in QKV])
    y = at.ops.attention(q, *at.ops.memorise(k, v, heads))
    x = linear(y, attn / "out_proj", add=x)
    return feed_forward(x, at)
