"""One engine at one shape with random weights: seconds of encoding, and of it all.

python -m benchmarks.gpu_runs ENGINE SHAPE DEVICE DTYPE BATCH TOKENS ROUNDS
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shapes import SHAPES, Shape, alignment_heads, facts

POSITIONS = 1500
LIMITS = "limits"
"""Stands for an engine: what the card can do at most."""

Both = tuple[Callable[[], Any], Callable[[], Any]]
"""Encode the windows; encode and decode them."""


def main() -> None:
    engine, shape, device, dtype, *numbers = sys.argv[1:]
    if engine == LIMITS:
        print(json.dumps(limits(device)))
        return
    batch, tokens, rounds = map(int, numbers)
    encode, whole = ENGINES[engine](SHAPES[shape], device, dtype, batch, tokens)
    encode(), whole()
    found: dict[str, list[float]] = {"encode": [], "whole": []}
    for _ in range(rounds):
        found["encode"].append(seconds(encode))
        found["whole"].append(seconds(whole))
    print(json.dumps(found))


def seconds(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def encoder_operations(shape: str) -> float:
    """Multiplications and additions of the encoder's products, for one window."""
    sizes = SHAPES[shape]
    width, layers = sizes["width"], sizes["encoder"]
    convolutions = 2 * POSITIONS * 3 * sizes["mels"] * width
    convolutions += POSITIONS * 3 * width * width
    block = 12 * POSITIONS * width * width + 2 * POSITIONS * POSITIONS * width
    return 2 * (convolutions + layers * block)


def step_values(shape: str, windows: int, said: int) -> float:
    """Numbers that a token step reads: the decoder's weights, and of each window what
    was heard and so many tokens that were said.
    """
    sizes = SHAPES[shape]
    width, layers = sizes["width"], sizes["decoder"]
    weights = layers * 14 * width * width + sizes["vocabulary"] * width
    return weights + windows * layers * 2 * (POSITIONS + said) * width


def limits(device: str) -> dict[str, Any]:
    """What PyTorch finds that the card can do: a large product in bfloat16, and a large
    copy, read and written."""
    import torch

    place, size, count = device.replace("gpu", "cuda"), 8192, 20
    a, b = torch.randn(2, size, size, device=place, dtype=torch.bfloat16)
    source = torch.randint(256, (2**31,), device=place, dtype=torch.uint8)
    sink = torch.empty_like(source)

    def seconds(work: Callable[[], Any]) -> float:
        work()
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(count):
            work()
        end.record()
        torch.cuda.synchronize()
        found: float = begin.elapsed_time(end) / count / 1000
        return found

    return {
        "card": torch.cuda.get_device_name(place),
        "tflops": 2 * size**3 / seconds(lambda: a @ b) / 1e12,
        "tb_s": 2 * source.numel() / seconds(lambda: sink.copy_(source)) / 1e12,
    }


def ours(shape: Shape, device: str, dtype: str, batch: int, tokens: int) -> Both:
    """The engine alone, without a tokenizer: the best token goes on."""
    from max_whisper.config import WhisperConfig
    from max_whisper.engine.load import load_engine
    from max_whisper.engine.options import EngineOptions
    from max_whisper.engine.protocol import Bounds, TokenRules
    from max_whisper.weights import expected_shapes

    heads = alignment_heads(shape)
    config = WhisperConfig(**facts(shape), alignment_heads=heads)
    random = np.random.default_rng(0)
    some = (random.standard_normal(2**22, np.float32) / 50).astype(np.float16)
    weights = {
        name: np.resize(some, size) for name, size in expected_shapes(config).items()
    }
    engine = load_engine(config, weights, EngineOptions(device=device, dtype=dtype))
    mel = random.standard_normal((batch, 3000, shape["mels"]), np.float32)
    vocabulary = shape["vocabulary"]
    anything = np.zeros(vocabulary, np.bool_)
    rules = TokenRules(anything, anything, vocabulary)
    free = [Bounds(0, vocabulary, vocabulary, False)] * batch

    def encode() -> Any:
        return engine.encode(mel).states.device.synchronize()

    def whole() -> None:
        state = engine.prefill(engine.encode(mel), [(1,)] * batch, rules)
        said = [1] * batch
        for _ in range(tokens):
            said = engine.step(state, said, free).tokens[:, 0].tolist()

    return encode, whole


def transformers(
    shape: Shape, device: str, dtype: str, batch: int, tokens: int
) -> Both:
    import torch
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    config = WhisperConfig(**facts(shape))
    place, kind = torch_names(device, dtype)
    model = WhisperForConditionalGeneration(config).to(place, kind).eval()
    mel = torch.randn(batch, shape["mels"], 3000, device=place, dtype=kind)
    length = {"min_new_tokens": tokens, "max_new_tokens": tokens}

    @torch.no_grad()
    def encode() -> Any:
        return model.model.encoder(mel).last_hidden_state.float().sum().item()

    @torch.no_grad()
    def whole() -> Any:
        return model.generate(mel, num_beams=1, do_sample=False, **length).cpu()

    return encode, whole


def faster_whisper(
    shape: Shape, device: str, dtype: str, batch: int, tokens: int
) -> Both:
    """What it runs on, CTranslate2, alone and with the windows side by side."""
    from ctranslate2 import StorageView
    from ctranslate2.models import Whisper

    from benchmarks.gpu_ctranslate2 import save

    kind, _, number = device.replace("gpu", "cuda").partition(":")
    place = {"device": kind, "device_index": int(number or 0)}
    precision = dtype if device != "cpu" else "float32"
    with tempfile.TemporaryDirectory() as folder:
        save(shape, Path(folder))
        model = Whisper(folder, compute_type=precision, **place)
    random = np.random.default_rng(0)
    noise = random.standard_normal((batch, shape["mels"], 3000), np.float32)
    mel = StorageView.from_array(noise)
    prompts = [[50258, 50259, 50359, 50363]] * batch
    # It stops after half of `max_length`, or at 50257, the end of a text.
    options = {"beam_size": 1, "max_length": 2 * tokens, "suppress_tokens": [50257]}

    def encode() -> Any:
        return model.encode(mel)

    def whole() -> Any:
        return model.generate(encode(), prompts, suppress_blank=False, **options)

    return encode, whole


def openai(shape: Shape, device: str, dtype: str, batch: int, tokens: int) -> Both:
    """One window at a time, in half precision on a GPU, as its users have it."""
    import torch
    from whisper.decoding import DecodingOptions
    from whisper.model import ModelDimensions, Whisper

    width, heads = shape["width"], shape["heads"]
    place, _ = torch_names(device, dtype)
    sound = (shape["mels"], POSITIONS, width, heads, shape["encoder"])
    text = (shape["vocabulary"], 448, width, heads, shape["decoder"])
    # Its weights stay float32, and each layer reads them as what it hears.
    model = Whisper(ModelDimensions(*sound, *text)).to(place).eval()
    half = place != "cpu"
    kind = torch.float16 if half else torch.float32
    mel = torch.randn(1, shape["mels"], 3000, device=place, dtype=kind)
    options = DecodingOptions(
        language="en",
        sample_len=tokens,
        without_timestamps=True,
        suppress_tokens=[50257],
        fp16=half,
    )

    @torch.no_grad()
    def encode() -> Any:
        return model.encoder(mel).float().sum().item()

    def whole() -> Any:
        return model.decode(mel, options)

    return encode, whole


def torch_names(device: str, dtype: str) -> tuple[str, Any]:
    """PyTorch's own words for a device and a precision."""
    import torch

    place = "cpu" if device == "cpu" else device.replace("gpu", "cuda")
    return place, getattr(torch, dtype if device != "cpu" else "float32")


ENGINES: dict[str, Callable[[Shape, str, str, int, int], Both]] = {
    "ours": ours,
    "transformers": transformers,
    "faster-whisper": faster_whisper,
    "openai-whisper": openai,
}

if __name__ == "__main__":
    main()
