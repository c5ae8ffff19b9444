"""The graphs of a model, all in one module: one compilation serves them all.

encode    mel                     → features, cross keys and values
prefill   prompts                 → caches; log probabilities of probed tokens
step      one token for each row  → caches; the candidates for the next
align     all tokens of a window  → where each was heard, and its log probability
"""

from __future__ import annotations

from collections.abc import Sequence

from max.dtype import DType
from max.graph import BufferType, Graph, Module, TensorType, Type, Value, ops

from max_whisper.config import WhisperConfig
from max_whisper.model.decoder import Memory, align, choose, decode, listen, project
from max_whisper.model.encoder import encode
from max_whisper.model.parameters import Parameters

ENCODE, PREFILL, STEP, ALIGN = "encode", "prefill", "step", "align"


def build_encode(module: Module, at: Parameters, config: WhisperConfig) -> None:
    """mel `[batch, 2 P + 2, bins]`, padded by a frame at each end."""
    frames = config.num_frames + 2
    windows = _type(at, DType.float32, "batch", frames, config.num_mel_bins)
    with _graph(ENCODE, [windows], module, at) as graph:
        mel = ops.cast(graph.inputs[0].tensor, at.ops.dtype)
        features = encode(mel, at / "encoder", config)
        graph.output(features, *listen(features, at / "decoder", config))


def build_prefill(module: Module, at: Parameters, config: WhisperConfig) -> None:
    """tokens `[batch, length]`, a position to probe `[batch]`, probed tokens `[n]`."""
    asked = [
        _type(at, DType.int32, "batch", "length"),
        _type(at, DType.int32, "batch"),
        _type(at, DType.int32, "probed"),
    ]
    types = asked + _memory_types(at, config, "batch")
    with _graph(PREFILL, types, module, at) as graph:
        tokens, position, probed = (value.tensor for value in graph.inputs[:3])
        memory = _memory(graph.inputs[3:], config)
        decoded = decode(tokens, memory, at / "decoder", config)
        state = at.ops.take(decoded.states, position)
        logits = project(state, decoded.embedding, at / "decoder")
        graph.output(at.ops.probe(logits, probed))


def build_step(module: Module, at: Parameters, config: WhisperConfig) -> None:
    """tokens `[batch, group]` and the rules of `Ops.next_tokens`: first what is new at
    each step, at last what is the same at all of them."""
    new = [
        _type(at, DType.int32, "batch", "group"),
        _type(at, DType.int32, "rows", 4),
        _type(at, DType.float32, "rows"),
        _type(at, DType.uint64, "rows"),
        _type(at, DType.int32, "rows", "said"),
        _type(at, DType.int32, "rows", "banned"),
    ]
    same = [
        _type(at, DType.uint8, 2, config.vocab_size),
        _type(at, DType.int32, 1),
        _type(at, DType.float32, 1),
    ]
    types = [*new, *_memory_types(at, config, "rows"), *same]
    with _graph(STEP, types, module, at) as graph:
        tokens, *one = (value.tensor for value in graph.inputs[: len(new)])
        masks, begin, penalty = (value.tensor for value in graph.inputs[-len(same) :])
        bounds, temperatures, seeds, *lists = one
        rules = [masks, bounds, begin, temperatures, seeds, penalty, *lists]
        memory = _memory(graph.inputs[len(new) : -len(same)], config)
        decoded = decode(tokens, memory, at / "decoder", config)
        graph.output(*choose(decoded, rules, at / "decoder"))


def build_align(module: Module, at: Parameters, config: WhisperConfig) -> None:
    """tokens `[1, length]`, text's end `[1]`, features `[1, positions, d_model]`."""
    asked = [
        _type(at, DType.int32, 1, "length"),
        _type(at, DType.int32, 1),
        _type(at, at.ops.dtype, 1, "positions", config.d_model),
    ]
    types = asked + _memory_types(at, config, 1)
    with _graph(ALIGN, types, module, at) as graph:
        tokens, end, features = (value.tensor for value in graph.inputs[:3])
        memory = _memory(graph.inputs[3:], config)
        decoded = decode(tokens, memory, at / "decoder", config)
        logits = project(decoded.states, decoded.embedding, at / "decoder")
        heard = align(decoded, features, at / "decoder", config)
        graph.output(heard, at.ops.next_logprobs(logits, tokens, end))


def _graph(name: str, types: Sequence[Type], module: Module, at: Parameters) -> Graph:
    extensions = at.ops.extensions
    return Graph(name, input_types=types, module=module, custom_extensions=extensions)


def _memory_types(at: Parameters, config: WhisperConfig, rows: str | int) -> list[Type]:
    """The types of a `Memory`: paths, cross keys and values, caches."""
    paths = [
        _type(at, DType.int32, rows),
        _type(at, DType.int32, rows),
        _type(at, DType.int32, rows, "path"),
    ]
    heads = config.decoder_attention_heads
    size = config.d_model // heads
    cross = at.ops.memory_types(heads, size, config.max_source_positions)
    shape = ["slots", config.max_target_positions, config.d_model]
    cache = BufferType(at.ops.cache_dtype, shape, at.ops.device)
    pairs = config.decoder_layers
    return [*paths, *cross * pairs, *[cache] * (2 * pairs)]


def _memory(values: Sequence[Value], config: WhisperConfig) -> Memory:
    pairs = 2 * config.decoder_layers
    slots, starts, ancestors = (value.tensor for value in values[:3])
    cross = [value.tensor for value in values[3 : 3 + pairs]]
    caches = [value.buffer for value in values[3 + pairs :]]
    return Memory(cross, caches, slots, starts, ancestors)


def _type(at: Parameters, dtype: DType, *shape: int | str) -> TensorType:
    return TensorType(dtype, shape, at.ops.device)
