"""An OpenAI `.pt` as sherpa-onnx reads Whisper, in int8: … SOURCE MADE.

sherpa-onnx's exporter is a script in its repository, not a package. This writes the
same two graphs with the same inputs, outputs, metadata and way of quantising: `encoder`
from mel to the keys and values of cross-attention, `decoder` from tokens and caches to
logits and caches.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import onnx
import torch
import whisper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from whisper.model import MultiHeadAttention, Whisper
from whisper.tokenizer import get_tokenizer

OPSET = 17
CACHES = ("n_layer_self_k_cache", "n_layer_self_v_cache")
CROSS = ("n_layer_cross_k", "n_layer_cross_v")


def main() -> None:
    source, made = sys.argv[1], Path(sys.argv[2])
    model = whisper.load_model(source, device="cpu").eval()
    facts = metadata(model)
    with torch.no_grad():
        mel = torch.zeros(1, model.dims.n_mels, 3000)
        encoder = Encoder(model)
        cross = encoder(mel)
        names = (["mel"], list(CROSS))
        export(encoder, (mel,), made / "encoder.onnx", names, facts)
        caches = [torch.zeros(model.dims.n_text_layer, 1, 448, cross[0].shape[-1])] * 2
        tokens, offset = torch.zeros(1, 3, dtype=torch.int64), torch.tensor([2])
        example = (tokens, *caches, *cross, offset)
        inputs = ["tokens", *(f"in_{name}" for name in CACHES), *CROSS, "offset"]
        names = (inputs, ["logits", *(f"out_{name}" for name in CACHES)])
        export(Decoder(model), example, made / "decoder.onnx", names, {})
    write_tokens(made / "tokens.txt")


class Encoder(nn.Module):
    """Mel `[batch, mels, frames]` to keys and values `[layers, batch, 1500, d]`."""

    def __init__(self, model: Whisper) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.attentions = nn.ModuleList(b.cross_attn for b in model.decoder.blocks)

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        states = self.encoder(mel)
        keys = torch.stack([a.key(states) for a in self.attentions])
        return keys, torch.stack([a.value(states) for a in self.attentions])


class Decoder(nn.Module):
    """Tokens `[batch, n]` after `offset` others to logits and longer caches.

    Caches are `[layers, batch, 448, d]`, of which the first `offset` places are filled.
    """

    def __init__(self, model: Whisper) -> None:
        super().__init__()
        self.decoder = model.decoder

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        tokens, keys, values, cross_keys, cross_values, offset = inputs
        begin, count = offset[0], tokens.shape[1]
        places = torch.arange(count) + begin
        hidden = torch.arange(begin + count)[None] > places[:, None]
        mask = torch.zeros(hidden.shape).masked_fill(hidden, -torch.inf)
        x = self.decoder.token_embedding(tokens)
        x = x + self.decoder.positional_embedding[places]
        written: list[tuple[Tensor, Tensor]] = []
        for layer, block in enumerate(self.decoder.blocks):
            y = block.attn_ln(x)
            k = torch.cat([keys[layer, :, :begin], block.attn.key(y)], 1)
            v = torch.cat([values[layer, :, :begin], block.attn.value(y)], 1)
            x = x + attend(block.attn, y, k, v, mask)
            y = block.cross_attn_ln(x)
            cross = cross_keys[layer], cross_values[layer]
            x = x + attend(block.cross_attn, y, *cross, None)
            x = x + block.mlp(block.mlp_ln(x))
            rest = begin + count
            full_k = torch.cat([k, keys[layer, :, rest:]], 1)
            written.append((full_k, torch.cat([v, values[layer, :, rest:]], 1)))
        logits = self.decoder.ln(x) @ self.decoder.token_embedding.weight.T
        new_keys, new_values = (torch.stack(parts) for parts in zip(*written))  # noqa: B905
        return logits, new_keys, new_values


def attend(
    attention: MultiHeadAttention, x: Tensor, k: Tensor, v: Tensor, mask: Tensor | None
) -> Tensor:
    """Softmax(q kᵀ / √d) v of every head, projected."""
    q, k, v = (heads(part, attention.n_head) for part in (attention.query(x), k, v))
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    scores = scores if mask is None else scores + mask
    mixed = (scores.softmax(-1) @ v).transpose(1, 2)
    return attention.out(mixed.flatten(2))  # type: ignore[no-any-return]


def heads(x: Tensor, count: int) -> Tensor:
    return x.unflatten(-1, (count, -1)).transpose(1, 2)


def export(
    graph: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    names: tuple[list[str], list[str]],
    facts: dict[str, Any],
) -> None:
    """Trace, then quantise the weights of matrix products to int8."""
    full = path.with_suffix(".full.onnx")
    batch = {name: {1: "n_audio"} for side in names for name in side if "layer" in name}
    axes = {"mel": {0: "n_audio"}, "tokens": {0: "n_audio", 1: "n_tokens"}, **batch}
    torch.onnx.export(
        graph,
        example,
        str(full),
        opset_version=OPSET,
        input_names=names[0],
        output_names=names[1],
        dynamic_axes={n: a for n, a in axes.items() if n in names[0] + names[1]},
        dynamo=False,
    )
    model = onnx.load(full)
    onnx.helper.set_model_props(model, {key: str(facts[key]) for key in facts})
    onnx.save(model, full)
    quantize_dynamic(
        full,
        path,
        op_types_to_quantize=["MatMul"],
        weight_type=QuantType.QInt8,
        per_channel=True,
    )
    full.unlink()


def metadata(model: Whisper) -> dict[str, Any]:
    """What sherpa-onnx asks of the encoder: shapes, and tokens of the vocabulary."""
    tokenizer = get_tokenizer(model.is_multilingual)
    lists = ("sot_sequence", "all_language_tokens", "all_language_codes")
    single = ("sot", "eot", "no_speech", "transcribe", "translate", "sot_prev")
    return {
        **vars(model.dims),
        **{name: joined(getattr(tokenizer, name)) for name in lists},
        **{name: getattr(tokenizer, name) for name in single},
        "non_speech_tokens": joined(tokenizer.non_speech_tokens),
        "sot_lm": tokenizer.sot_lm,
        "no_timestamps": tokenizer.no_timestamps,
        "sot_index": 0,
        "blank_id": tokenizer.encode(" ")[0],
        "is_multilingual": int(model.is_multilingual),
        "model_type": "whisper-tiny.en",
        "maintainer": "k2-fsa",
        "version": 1,
    }


def joined(values: Any) -> str:
    return ",".join(map(str, values))


def write_tokens(path: Path) -> None:
    """The English vocabulary as OpenAI's package has it: base64 and number."""
    assets = Path(whisper.__file__).parent / "assets"
    path.write_text((assets / "gpt2.tiktoken").read_text())


if __name__ == "__main__":
    main()
