"""Whisper in PyTorch, under Hugging Face's names, with what only training needs.

Two things are added, and folded away or dropped by `export.py`:

- a timestamp's embedding is a linear map of the sinusoid of its encoder position, plus
  a small part of its own, so that all 1501 are learnt from few examples;
- a head on the encoder, which teaches it what is said long before the decoder's
  attention finds out where.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from max_whisper.config import WhisperConfig
from max_whisper.weights.complete import sinusoids

HEAD_SIZE = 64

LOUDER = 3.5
"""At first the sound is as loud as the positions, or only these would be heard."""
BLIND_LAYERS = 1
"""The first layer of the decoder cannot know where the words before were heard."""
NEARNESS = 1.0
"""At first a position looks around itself: from nothing, this takes long to learn."""


class Attention(nn.Module):
    """Multi-head attention; Whisper's keys have no bias."""

    def __init__(self, config: WhisperConfig) -> None:
        super().__init__()
        self.heads = config.encoder_attention_heads
        self.q_proj = nn.Linear(config.d_model, config.d_model)
        self.k_proj = nn.Linear(config.d_model, config.d_model, bias=False)
        self.v_proj = nn.Linear(config.d_model, config.d_model)
        self.out_proj = nn.Linear(config.d_model, config.d_model)

    def forward(self, x: Tensor, memory: Tensor, *, causal: bool = False) -> Tensor:
        """`x [B, T, D]` looks at `memory [B, S, D]`."""
        q, k, v = (
            projected.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for projected in (self.q_proj(x), self.k_proj(memory), self.v_proj(memory))
        )
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(y.transpose(1, 2).flatten(-2))

    def look(self, x: Tensor, memory: Tensor) -> Tensor:
        """Log probabilities `[B, T, S]` of where the first head looks."""
        size = self.q_proj.out_features // self.heads
        q = functional.linear(x, self.q_proj.weight[:size], self.q_proj.bias[:size])
        k = functional.linear(memory, self.k_proj.weight[:size])
        scores = q @ k.transpose(1, 2) * size**-0.5
        return functional.log_softmax(scores.float(), dim=-1)


class Block(nn.Module):
    """Self-attention, cross-attention in a decoder, feed-forward; norms come first."""

    def __init__(self, config: WhisperConfig, *, cross: bool) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.self_attn_layer_norm = nn.LayerNorm(config.d_model)
        if cross:
            self.encoder_attn = Attention(config)
            self.encoder_attn_layer_norm = nn.LayerNorm(config.d_model)
        self.fc1 = nn.Linear(config.d_model, config.encoder_ffn_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_dim, config.d_model)
        self.final_layer_norm = nn.LayerNorm(config.d_model)

    def forward(self, x: Tensor) -> Tensor:
        h = self.self_attn_layer_norm(x)
        return self.think(x + self.self_attn(h, h))

    def decode(self, x: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """A decoder's block; also where the first head of its cross-attention looks."""
        h = self.self_attn_layer_norm(x)
        x = x + self.self_attn(h, h, causal=True)
        h = self.encoder_attn_layer_norm(x)
        x = x + self.encoder_attn(h, features)
        return self.think(x), self.encoder_attn.look(h, features)

    def think(self, x: Tensor) -> Tensor:
        """The feed-forward half."""
        h = functional.gelu(self.fc1(self.final_layer_norm(x)))
        return x + self.fc2(h)


class Encoder(nn.Module):
    """Log-mel `[B, bins, 2 T]` to audio features `[B, T, D]`, for any T up to 1500."""

    def __init__(self, config: WhisperConfig) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(config.num_mel_bins, config.d_model, 3, padding=1)
        self.conv2 = nn.Conv1d(config.d_model, config.d_model, 3, stride=2, padding=1)
        self.embed_positions = frozen_sinusoids(config)
        self.layers = blocks(config, config.encoder_layers, cross=False)
        self.layer_norm = nn.LayerNorm(config.d_model)
        with torch.no_grad():
            self.conv1.weight *= LOUDER
            self.conv2.weight *= LOUDER
            for layer in self.layers:
                look_nearby(layer.self_attn)

    def forward(self, mel: Tensor, starts: Tensor) -> Tensor:
        """`starts [B]` are the positions at which the windows' parts begin."""
        x = functional.gelu(self.conv1(mel))
        x = functional.gelu(self.conv2(x)).transpose(1, 2)
        x = x + self.embed_positions(starts[:, None] + torch.arange(x.shape[1]))
        for layer in self.layers:
            x = layer(x)
        return self.layer_norm(x)


class Decoder(nn.Module):
    """Tokens `[B, N]` and audio features to states `[B, N, D]`.

    Beside them: where each layer but the blind looks, log probabilities
    `[layers, B, N, T]`.
    """

    def __init__(self, config: WhisperConfig, timestamp_begin: int) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.d_model)
        self.embed_positions = nn.Embedding(config.max_target_positions, config.d_model)
        self.layers = blocks(config, config.decoder_layers, cross=True)
        self.layer_norm = nn.LayerNorm(config.d_model)
        self.timestamp_map = nn.Linear(config.d_model, config.d_model, bias=False)
        self.register_buffer("times", timestamp_sinusoids(config, timestamp_begin))
        nn.init.normal_(self.embed_tokens.weight, std=config.d_model**-0.5)
        nn.init.normal_(self.embed_positions.weight, std=0.02)
        with torch.no_grad():
            self.embed_tokens.weight[timestamp_begin:] *= 0.02

    def embedding(self) -> Tensor:
        """The matrix that reads tokens and writes them: `[vocab_size, D]`."""
        return self.embed_tokens.weight + self.timestamp_map(self.times)

    def forward(
        self, tokens: Tensor, features: Tensor, embedding: Tensor
    ) -> tuple[Tensor, Tensor]:
        x = functional.embedding(tokens, embedding)
        x = x + self.embed_positions.weight[: tokens.shape[1]]
        looks = []
        for layer in self.layers:
            x, look = layer.decode(x, features)
            looks.append(look)
        return self.layer_norm(x), torch.stack(looks[BLIND_LAYERS:])


class Heard(NamedTuple):
    """What training compares with the truth.

    `said [S, V]` are the decoder's logits of what is to be said, `looks [layers, B, N,
    T]` log probabilities of where it looked, `positions [B, T, timestamp_begin]` the
    logits of the encoder's head.
    """

    said: Tensor
    looks: Tensor
    positions: Tensor


class Whisper(nn.Module):
    """The encoder, its head, and the decoder."""

    def __init__(self, config: WhisperConfig, timestamp_begin: int) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config, timestamp_begin)
        self.head = nn.Linear(config.d_model, timestamp_begin)

    def forward(
        self, mel: Tensor, starts: Tensor, tokens: Tensor, is_said: Tensor
    ) -> Heard:
        """`is_said [B, N]` tells after which tokens there is something to say."""
        features = self.encoder(mel, starts)
        embedding = self.decoder.embedding()
        states, looks = self.decoder(tokens, features, embedding)
        return Heard(states[is_said] @ embedding.T, looks, self.head(features))


def look_nearby(attention: Attention) -> None:
    """Begin with queries and keys that compare positions.

    The product of two sinusoids is largest where they are the same position. Heads
    share the frequencies, sine and cosine together.
    """
    size = attention.q_proj.in_features
    pairs = torch.arange(size).view(2, -1, attention.heads)
    order = pairs.permute(2, 1, 0).reshape(-1)
    for projection in (attention.q_proj, attention.k_proj):
        projection.weight *= 0.5
        projection.weight += NEARNESS * torch.eye(size)[order]


def blocks(config: WhisperConfig, count: int, *, cross: bool) -> nn.ModuleList:
    return nn.ModuleList(Block(config, cross=cross) for _ in range(count))


def frozen_sinusoids(config: WhisperConfig) -> nn.Embedding:
    """The encoder's positions, which are never learnt."""
    table = torch.from_numpy(sinusoids(config.max_source_positions, config.d_model))
    return nn.Embedding.from_pretrained(table, freeze=True)


def timestamp_sinusoids(config: WhisperConfig, timestamp_begin: int) -> Tensor:
    """A row for each token: zeros for text, positions for times; both are 20 ms."""
    times = sinusoids(config.vocab_size - timestamp_begin, config.d_model)
    text = torch.zeros(timestamp_begin, config.d_model)
    return torch.cat([text, torch.from_numpy(times)]) * config.d_model**-0.5
