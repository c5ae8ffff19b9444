"""The names and shapes of a Whisper's tensors, and how OpenAI spells those names."""

from __future__ import annotations

from collections.abc import Collection

from max_whisper.config import WhisperConfig
from max_whisper.errors import CheckpointError
from max_whisper.weights.checkpoint import Weights

Shape = tuple[int, ...]

OPENAI_TO_HUGGING_FACE = (
    (".blocks.", ".layers."),
    (".cross_attn_ln.", ".encoder_attn_layer_norm."),
    (".attn_ln.", ".self_attn_layer_norm."),
    (".mlp_ln.", ".final_layer_norm."),
    (".cross_attn.", ".encoder_attn."),
    (".attn.", ".self_attn."),
    (".query.", ".q_proj."),
    (".key.", ".k_proj."),
    (".value.", ".v_proj."),
    (".out.", ".out_proj."),
    (".mlp.0.", ".fc1."),
    (".mlp.2.", ".fc2."),
    ("encoder.ln_post.", "encoder.layer_norm."),
    ("decoder.ln.", "decoder.layer_norm."),
    (".token_embedding.", ".embed_tokens."),
    (".positional_embedding", ".embed_positions.weight"),
)
"""Parts of names that differ: OpenAI's spelling, Hugging Face's spelling."""


def from_openai(name: str) -> str:
    """The Hugging Face name of an OpenAI tensor.

    >>> from_openai("decoder.blocks.0.cross_attn.query.weight")
    'decoder.layers.0.encoder_attn.q_proj.weight'
    """
    for openai, hugging_face in OPENAI_TO_HUGGING_FACE:
        name = name.replace(openai, hugging_face)
    return name


def expected_shapes(config: WhisperConfig) -> dict[str, Shape]:
    """Every tensor that a Whisper of this config needs, with its shape."""
    size = config.d_model
    shapes: dict[str, Shape] = {
        "encoder.conv1.weight": (size, config.num_mel_bins, 3),
        "encoder.conv1.bias": (size,),
        "encoder.conv2.weight": (size, size, 3),
        "encoder.conv2.bias": (size,),
        "encoder.embed_positions.weight": (config.max_source_positions, size),
        "decoder.embed_tokens.weight": (config.vocab_size, size),
        "decoder.embed_positions.weight": (config.max_target_positions, size),
    }
    for layer in range(config.encoder_layers):
        prefix = f"encoder.layers.{layer}"
        shapes |= _attention(f"{prefix}.self_attn", size)
        shapes |= _feed_forward(prefix, size, config.encoder_ffn_dim)
    for layer in range(config.decoder_layers):
        prefix = f"decoder.layers.{layer}"
        shapes |= _attention(f"{prefix}.self_attn", size)
        shapes |= _attention(f"{prefix}.encoder_attn", size)
        shapes |= _feed_forward(prefix, size, config.decoder_ffn_dim)
    return (
        shapes
        | _layer_norm("encoder.layer_norm", size)
        | _layer_norm("decoder.layer_norm", size)
    )


def check(weights: Weights, config: WhisperConfig) -> None:
    """Raise `CheckpointError` unless `weights` are just those of `config`."""
    expected = expected_shapes(config)
    if missing := expected.keys() - weights.keys():
        raise CheckpointError(
            f"expected {len(expected)} tensors, found no {_some(missing)}; "
            "is the file whole, and does it belong to this config?"
        )
    if surplus := weights.keys() - expected.keys():
        raise CheckpointError(
            f"expected {len(expected)} tensors, found also {_some(surplus)}; "
            "is this a plain Whisper, without adapters or quantisation?"
        )
    for name, shape in expected.items():
        if weights[name].shape != shape:
            raise CheckpointError(
                f"expected shape {list(shape)} for {name}, found "
                f"{list(weights[name].shape)}; does the file belong to this config?"
            )


def _attention(prefix: str, size: int) -> dict[str, Shape]:
    """Four projections and the norm before them; Whisper's keys have no bias."""
    projections = ("q_proj", "k_proj", "v_proj", "out_proj")
    weights: dict[str, Shape] = {
        f"{prefix}.{p}.weight": (size, size) for p in projections
    }
    biases: dict[str, Shape] = {
        f"{prefix}.{p}.bias": (size,) for p in projections if p != "k_proj"
    }
    return weights | biases | _layer_norm(f"{prefix}_layer_norm", size)


def _feed_forward(prefix: str, size: int, inner: int) -> dict[str, Shape]:
    return {
        f"{prefix}.fc1.weight": (inner, size),
        f"{prefix}.fc1.bias": (inner,),
        f"{prefix}.fc2.weight": (size, inner),
        f"{prefix}.fc2.bias": (size,),
        **_layer_norm(f"{prefix}.final_layer_norm", size),
    }


def _layer_norm(prefix: str, size: int) -> dict[str, Shape]:
    return {f"{prefix}.weight": (size,), f"{prefix}.bias": (size,)}


def _some(names: Collection[str], count: int = 3) -> str:
    """The first few of `names`, and how many more there are."""
    shown = ", ".join(sorted(names)[:count])
    more = len(names) - count
    return f"{shown} and {more} more" if more > 0 else shown
