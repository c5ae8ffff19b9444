"""The shapes of OpenAI's models, for random weights."""

from __future__ import annotations

from typing import TypeAlias

Shape: TypeAlias = dict[str, int]

NAMES = ("width", "encoder", "decoder", "heads", "mels", "vocabulary")
"""Width of a layer, layers on both sides, heads, mel bins and tokens."""

SHAPES: dict[str, Shape] = {
    name: dict(zip(NAMES, numbers, strict=True))
    for name, numbers in {
        "tiny": (384, 4, 4, 6, 80, 51865),
        "base": (512, 6, 6, 8, 80, 51865),
        "small": (768, 12, 12, 12, 80, 51865),
        "medium": (1024, 24, 24, 16, 80, 51865),
        "large-v3": (1280, 32, 32, 20, 128, 51866),
        "turbo": (1280, 32, 4, 20, 128, 51866),
    }.items()
}


def facts(shape: Shape) -> dict[str, int]:
    """A shape in Hugging Face's words, which ours shares."""
    width = shape["width"]
    found = {
        "vocab_size": shape["vocabulary"],
        "num_mel_bins": shape["mels"],
        "d_model": width,
    }
    for side in ("encoder", "decoder"):
        found[f"{side}_layers"] = shape[side]
        found[f"{side}_attention_heads"] = shape["heads"]
        found[f"{side}_ffn_dim"] = 4 * width
    return found


def alignment_heads(shape: Shape) -> tuple[tuple[int, int], ...]:
    """About as many as OpenAI names: one in each layer of the upper half."""
    layers = shape["decoder"]
    return tuple((layer, 0) for layer in range(layers // 2, layers))
