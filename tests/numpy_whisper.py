"""A whole Whisper in NumPy: float64, full attention, no cache, for others to equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from max_whisper.config import WhisperConfig


def gelu(x: np.ndarray) -> np.ndarray:
    return x * 0.5 * (1 + np.vectorize(erf, otypes=[float])(x / sqrt(2)))


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(x: np.ndarray) -> np.ndarray:
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def layer_norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + 1e-5) * weight + bias


def attention(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, heads: int, *, causal: bool = False
) -> np.ndarray:
    """Queries `[T, D]` over keys and values `[P, D]`; the last query sees them all."""
    q, k, v = (np.stack(np.split(np.float64(x), heads, axis=1)) for x in (q, k, v))
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2])  # [H, T, P]
    if causal:
        seen = np.tri(q.shape[1], k.shape[1], k.shape[1] - q.shape[1])
        scores = np.where(seen, scores, -np.inf)
    return np.concatenate(softmax(scores) @ v, axis=1)


def convolution(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int = 1
) -> np.ndarray:
    """Frames `[T, in]` with a frame of silence at each end; weight `[out, in, 3]`."""
    padded = np.pad(np.float64(x), ((1, 1), (0, 0)))
    taps = [
        padded[tap : tap + len(x) : stride] @ weight[:, :, tap].T for tap in (0, 1, 2)
    ]
    return sum(taps) + bias


@dataclass(frozen=True)
class NumpyWhisper:
    config: WhisperConfig
    weights: Mapping[str, np.ndarray]

    def encode(self, mel: np.ndarray) -> np.ndarray:
        """Mel `[frames, bins]` to features `[positions, d_model]`."""
        x = gelu(convolution(mel, *self._pair("encoder.conv1")))
        x = gelu(convolution(x, *self._pair("encoder.conv2"), stride=2))
        x = x + self._weight("encoder.embed_positions")
        heads = self.config.encoder_attention_heads
        for i in range(self.config.encoder_layers):
            at = f"encoder.layers.{i}"
            h = self._norm(x, f"{at}.self_attn_layer_norm")
            x = x + self._attention(h, h, f"{at}.self_attn", heads)
            x = x + self._feed_forward(x, at)
        return self._norm(x, "encoder.layer_norm")

    def logprobs(self, tokens: Sequence[int], features: np.ndarray) -> np.ndarray:
        """Log probabilities of what follows each token: `[T, vocab_size]`."""
        embedding = self._weight("decoder.embed_tokens")
        x = embedding[list(tokens)]
        x = x + self._weight("decoder.embed_positions")[: len(tokens)]
        heads = self.config.decoder_attention_heads
        for i in range(self.config.decoder_layers):
            at = f"decoder.layers.{i}"
            h = self._norm(x, f"{at}.self_attn_layer_norm")
            x = x + self._attention(h, h, f"{at}.self_attn", heads, causal=True)
            h = self._norm(x, f"{at}.encoder_attn_layer_norm")
            x = x + self._attention(h, features, f"{at}.encoder_attn", heads)
            x = x + self._feed_forward(x, at)
        return log_softmax(self._norm(x, "decoder.layer_norm") @ embedding.T)

    def _attention(
        self,
        x: np.ndarray,
        source: np.ndarray,
        at: str,
        heads: int,
        *,
        causal: bool = False,
    ) -> np.ndarray:
        q = self._linear(x, f"{at}.q_proj")
        k = self._linear(source, f"{at}.k_proj")
        v = self._linear(source, f"{at}.v_proj")
        return self._linear(attention(q, k, v, heads, causal=causal), f"{at}.out_proj")

    def _feed_forward(self, x: np.ndarray, at: str) -> np.ndarray:
        h = self._norm(x, f"{at}.final_layer_norm")
        return self._linear(gelu(self._linear(h, f"{at}.fc1")), f"{at}.fc2")

    def _linear(self, x: np.ndarray, at: str) -> np.ndarray:
        return x @ self._weight(at).T + self.weights.get(f"{at}.bias", 0)

    def _norm(self, x: np.ndarray, at: str) -> np.ndarray:
        return layer_norm(x, *self._pair(at))

    def _pair(self, at: str) -> tuple[np.ndarray, np.ndarray]:
        return self._weight(at), np.float64(self.weights[f"{at}.bias"])

    def _weight(self, at: str) -> np.ndarray:
        return np.float64(self.weights[f"{at}.weight"])
