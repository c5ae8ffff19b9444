"""`max-whisper inspect`: what a checkpoint is made of, without running it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from max_whisper.cli.choices import chosen_dtype

if TYPE_CHECKING:
    from max_whisper.weights import Checkpoint


def run(arguments: Namespace) -> int:
    """Print the facts of a model, one a line."""
    from max_whisper.engine.devices import settled
    from max_whisper.engine.load import is_compiled
    from max_whisper.engine.options import EngineOptions
    from max_whisper.weights import load_checkpoint

    asked = EngineOptions(
        device=arguments.device,
        dtype=chosen_dtype(arguments),
        threads=arguments.threads,
    )
    options = settled(asked)
    checkpoint = load_checkpoint(arguments.model, cache_dir=arguments.model_dir)
    for name, value in facts(checkpoint):
        print(f"{name:<26}{value}")
    print(f"{'device':<26}{options.device}")
    compiled = is_compiled(checkpoint.config, checkpoint.weights, options)
    print(f"{'compiled':<26}{'yes' if compiled else 'no, the first use will do it'}")
    return 0


def facts(checkpoint: Checkpoint) -> Iterator[tuple[str, object]]:
    """Names and values of what is known of a checkpoint."""
    config = checkpoint.config
    parameters = sum(weight.size for weight in checkpoint.weights.values())
    yield "name", checkpoint.name
    yield "languages", "many" if checkpoint.is_multilingual else "English only"
    yield "stored as", checkpoint.dtype
    yield "parameters", f"{parameters:,}"
    shapes = asdict(config)
    heads = shapes.pop("alignment_heads")
    yield from shapes.items()
    yield "alignment heads", " ".join(f"{layer}.{head}" for layer, head in heads)
    yield "mel", f"[1, {config.num_frames}, {config.num_mel_bins}]"
    yield "encoder output", f"[1, {config.max_source_positions}, {config.d_model}]"
    yield "decoder logits", f"[1, tokens, {config.vocab_size}]"
