"""The facts of a checkpoint, under Hugging Face's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from max_whisper.errors import CheckpointError


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperConfig:
    """The shapes of a Whisper, all read from `config.json`, none assumed.

    Besides, `alignment_heads`: the decoder's `(layer, head)` pairs whose attention
    follows the sound, which other files name; where none does they are all heads of the
    last half of the layers, as in openai/whisper.
    """

    num_mel_bins: int
    vocab_size: int
    d_model: int
    encoder_layers: int
    encoder_attention_heads: int
    encoder_ffn_dim: int
    decoder_layers: int
    decoder_attention_heads: int
    decoder_ffn_dim: int
    max_source_positions: int = 1500
    max_target_positions: int = 448
    alignment_heads: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "alignment_heads":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise CheckpointError(
                    f"expected a positive whole number for {field.name}, "
                    f"found {value!r}; is this a Whisper checkpoint?"
                )
        for heads in (self.encoder_attention_heads, self.decoder_attention_heads):
            if self.d_model % heads:
                raise CheckpointError(
                    f"expected d_model to be a multiple of the attention heads, "
                    f"found {self.d_model} and {heads}"
                )
        aligned = tuple(sorted(set(self.alignment_heads or self.late_heads())))
        object.__setattr__(self, "alignment_heads", aligned)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> WhisperConfig:
        """Take the fields of a `config.json` that matter; name those that miss."""
        if values.get("model_type", "whisper") != "whisper":
            raise CheckpointError(
                f"expected model_type 'whisper' in config.json, "
                f"found {values['model_type']!r}; is this a Whisper checkpoint?"
            )
        if values.get("activation_function", "gelu") != "gelu":
            raise CheckpointError(
                "expected activation_function 'gelu', "
                f"found {values['activation_function']!r}"
            )
        names = [f.name for f in fields(cls) if f.name != "alignment_heads"]
        optional = {"max_source_positions", "max_target_positions"}
        missing = [n for n in names if n not in values and n not in optional]
        if missing:
            raise CheckpointError(
                f"expected {', '.join(missing)} in config.json, found nothing there; "
                "is this a Whisper checkpoint?"
            )
        return cls(**{name: values[name] for name in names if name in values})

    def late_heads(self) -> tuple[tuple[int, int], ...]:
        """All heads of the last half of the decoder's layers."""
        layers = range(self.decoder_layers // 2, self.decoder_layers)
        heads = range(self.decoder_attention_heads)
        return tuple((layer, head) for layer in layers for head in heads)

    @property
    def num_frames(self) -> int:
        """Mel frames in a window: the second convolution has a stride of two."""
        return 2 * self.max_source_positions
