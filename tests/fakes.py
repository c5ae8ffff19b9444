"""Stand-ins for all that needs weights: engines without MAX, a tokenizer of 20 words.

`FakeEngine` obeys `engine/protocol.py` to the letter, with logits from any function of
the window and the past. `ScriptedEngine` says what it is told to.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from max_whisper.config import WhisperConfig
from max_whisper.engine.protocol import (
    Alignment,
    AudioFeatures,
    Bounds,
    Candidates,
    DecodingState,
    EncodedWindow,
    Mel,
    Probe,
    Sampling,
    TokenRules,
)

Logits: TypeAlias = NDArray[np.float32]
WindowKey: TypeAlias = tuple[int, int]
"""What a fake hears of a window: its first frame, counted from 1, and its size."""

WORDS = (" ", *"abcdefgh", " one", " two", " three", " four", " -", "♪", ".", ",")
LANGUAGES = ("en", "de", "fr")
SPECIALS = ("translate", "transcribe", "sot_lm", "sot_prev", "no_speech")


class FakeTokenizer:
    """Twenty pieces of text, three languages and 1,501 timestamps."""

    def __init__(self, *, multilingual: bool = True, timestamps: int = 1501) -> None:
        self.is_multilingual = multilingual
        self.eot = len(WORDS)
        self.sot = self.eot + 1
        languages = enumerate(LANGUAGES, start=self.sot + 1)
        self.language_tokens = {code: token for token, code in languages}
        after = self.sot + 1 + len(LANGUAGES)
        for place, name in enumerate(SPECIALS):
            setattr(self, name, after + place)
        self.no_timestamps = after + len(SPECIALS)
        self.timestamp_begin = self.no_timestamps + 1
        self.vocab_size = self.timestamp_begin + timestamps
        self.bytes_of = {token: word.encode() for token, word in enumerate(WORDS)}
        self.text_tokens = {word: token for token, word in self.bytes_of.items()}
        self.non_speech_tokens = (WORDS.index(" -"), WORDS.index("♪"))

    def encode(self, text: str) -> list[int]:
        tokens = []
        while text:
            word = max((w for w in WORDS if text.startswith(w)), key=len)
            tokens.append(WORDS.index(word))
            text = text[len(word) :]
        return tokens

    def decode(self, tokens: Iterable[int]) -> str:
        text = (token for token in tokens if token < self.timestamp_begin)
        return self.decode_with_timestamps(text)

    def decode_with_timestamps(self, tokens: Iterable[int]) -> str:
        pieces = [*WORDS, *(f"<|{i}|>" for i in range(len(WORDS), self.vocab_size))]
        return "".join(pieces[t] for t in tokens)

    def sot_sequence(self, language: str | None, task: str) -> tuple[int, ...]:
        if not self.is_multilingual:
            return (self.sot,)
        said: int = getattr(self, task)
        return (self.sot, self.language_tokens[language or "en"], said)

    def time(self, seconds: float) -> int:
        """The timestamp token of a time."""
        return self.timestamp_begin + round(seconds / 0.02)

    def spell(self, *parts: str | float) -> tuple[int, ...]:
        """Tokens of text and of times in seconds, as they come."""
        tokens: list[int] = []
        for part in parts:
            is_text = isinstance(part, str)
            tokens += self.encode(part) if is_text else [self.time(part)]
        return tuple(tokens)


def fake_config(tokenizer: FakeTokenizer, context: int = 448) -> WhisperConfig:
    """The config of a model with this vocabulary and windows of 30 s."""
    return WhisperConfig(
        num_mel_bins=2,
        vocab_size=tokenizer.vocab_size,
        d_model=1,
        encoder_layers=1,
        encoder_attention_heads=1,
        encoder_ffn_dim=1,
        decoder_layers=1,
        decoder_attention_heads=1,
        decoder_ffn_dim=1,
        max_target_positions=context,
    )


def numbered_mel(frames: int) -> Mel:
    """A recording whose mel frames say their number, from 1."""
    numbers = np.arange(1, frames + 1, dtype=np.float32)
    return Mel(np.stack([numbers, numbers], axis=1))


def random_logits(tokenizer: FakeTokenizer, seed: int) -> Callable[..., Logits]:
    """Logits that look random, but are the same for the same window and past.

    Times come often enough and mostly soon after the last one, so that windows have
    several segments; how often depends on the seed.
    """
    style = np.random.default_rng(seed)
    begin = tokenizer.timestamp_begin
    bias = np.zeros(tokenizer.vocab_size, np.float32)
    bias[tokenizer.eot :] = -3
    bias[tokenizer.eot] = style.uniform(-2, 1)
    bias[begin:] = style.uniform(-7, -3)
    bias[tokenizer.no_speech] = style.uniform(-2, 5)
    nearness = style.uniform(0, 6)

    def logits(window: WindowKey, past: Sequence[int]) -> Logits:
        key = np.array([*window, *past], np.int64).tobytes()
        noise = np.random.default_rng([seed, zlib.crc32(key)])
        values = bias + 2 * noise.standard_normal(len(bias), np.float32)
        latest = max([begin, *past[-20:]])
        values[latest : latest + 150] += np.float32(nearness)
        return values.astype(np.float32)

    return logits


def log_softmax(logits: Logits) -> Logits:
    peak = logits.max()
    return logits - peak - np.log(np.exp(logits - peak).sum(dtype=np.float32))


def apply_rules(logits: Logits, rules: TokenRules, bounds: Bounds) -> Logits:
    """The logits `[vocab_size]` that rules and bounds leave, as the protocol says."""
    logits = logits.copy()
    begin = rules.timestamp_begin
    said = logits[[*bounds.said]]
    penalty = np.float32(rules.repetition_penalty)
    logits[[*bounds.said]] = np.where(said > 0, said / penalty, said * penalty)
    logits[[*bounds.banned]] = -np.inf
    logits[rules.suppressed] = -np.inf
    if bounds.first:
        logits[rules.suppressed_first] = -np.inf
    logits[: bounds.first_text] = -np.inf
    logits[begin : bounds.first_timestamp] = -np.inf
    logits[bounds.end :] = -np.inf
    logprobs = log_softmax(logits)
    times = np.exp(logprobs[begin:]).sum()
    if times > 0 and np.log(times) > logprobs[:begin].max():
        logits[:begin] = -np.inf
    return logits


def draw(logits: Logits, row: int, seed: int) -> int:
    """A sample from logits, which have been divided by the temperature.

    A row's seed is all that it draws by.
    """
    noise = np.random.default_rng(seed).gumbel(size=len(logits))
    return int(np.argmax(logits + noise))


@dataclass
class Memory:
    """What a fake state remembers: each row's past, without the prompt's last token.

    `rows` are the numbers that rows had before any window left, by which they draw.
    """

    pasts: list[list[int]]
    rules: TokenRules
    rows: list[int]


@dataclass
class FakeEngine:
    """An engine with invented logits, which keeps a record of all samplings."""

    config: WhisperConfig
    logits: Callable[[WindowKey, Sequence[int]], Logits]
    draw: Callable[[Logits, int, int], int] = draw
    samplings: list[Sampling | None] = field(default_factory=list)
    batch_size: int = 8
    runs_on: str = "cpu, float32"

    def log_mel(self, sound: Iterable[NDArray[np.float32]]) -> Mel:
        samples = sum(piece.size for piece in sound)
        return replace(numbered_mel(samples // 160), samples=samples)

    def encode(self, windows: NDArray[np.float32]) -> AudioFeatures:
        keys = [(int(w[0, 0]), np.count_nonzero(w[:, 0])) for w in windows]
        return AudioFeatures(len(keys), keys, ())

    def gather(self, windows: Sequence[EncodedWindow]) -> AudioFeatures:
        first = windows[0].features
        alike = all(window.features is first for window in windows)
        if alike and [w.index for w in windows] == [*range(first.batch)]:
            return first
        keys = [window.features.states[window.index] for window in windows]
        return AudioFeatures(len(keys), keys, ())

    def prefill(
        self,
        features: AudioFeatures,
        prompts: Sequence[Sequence[int]],
        rules: TokenRules,
        *,
        group: int = 1,
        probe: Probe | None = None,
    ) -> DecodingState:
        probes = self._probes(features, prompts, probe)
        pasts = [list(prompt[:-1]) for prompt in prompts for _ in range(group)]
        memory = Memory(pasts, rules, [*range(len(pasts))])
        return DecodingState(features, group, probes, memory)

    def _probes(
        self,
        features: AudioFeatures,
        prompts: Sequence[Sequence[int]],
        probe: Probe | None,
    ) -> Logits:
        assert len(prompts) == features.batch
        if not probe:
            return np.zeros((features.batch, 0), np.float32)
        assert len(probe.positions) == features.batch
        rows = zip(features.states, prompts, probe.positions, strict=True)
        return np.stack(
            [
                log_softmax(self.logits(window, prompt[: position + 1]))[
                    list(probe.tokens)
                ]
                for window, prompt, position in rows
            ]
        )

    def swap(
        self,
        state: DecodingState,
        windows: Sequence[int],
        features: AudioFeatures,
        prompts: Sequence[Sequence[int]],
        *,
        probe: Probe | None = None,
    ) -> DecodingState:
        memory: Memory = state.memory
        state.probes[[*windows]] = self._probes(features, prompts, probe)
        for place, key, prompt in zip(windows, features.states, prompts, strict=True):
            state.features.states[place] = key
            for row in range(place * state.group, (place + 1) * state.group):
                memory.pasts[row] = [*prompt[:-1]]
        return state

    def step(
        self,
        state: DecodingState,
        tokens: Sequence[int],
        bounds: Sequence[Bounds],
        *,
        sources: Sequence[int] | None = None,
        sampling: Sampling | None = None,
    ) -> Candidates:
        self.samplings.append(sampling)
        memory: Memory = state.memory
        rows = range(len(memory.pasts)) if sources is None else sources
        assert len(rows) == len(tokens) == len(bounds) == len(memory.pasts)
        memory.pasts = [
            [*memory.pasts[s], t] for s, t in zip(rows, tokens, strict=True)
        ]
        for past, bound in zip(memory.pasts, bounds, strict=True):
            is_done = bound.end < self.config.vocab_size and not bound.first
            room = self.config.max_target_positions
            assert is_done or len(past) <= room, "no such position"
        found = [
            self._candidates(state, row, bound, sampling)
            for row, bound in enumerate(bounds)
        ]
        count = state.group + 1
        return Candidates(
            np.stack([tokens[:count] for tokens, _ in found]).astype(np.int32),
            np.stack([logprobs[:count] for _, logprobs in found]),
        )

    def keep(self, state: DecodingState, windows: Sequence[int]) -> DecodingState:
        memory: Memory = state.memory
        rows = range(len(memory.pasts))
        group = state.group
        kept = [r for w in windows for r in rows[w * group : (w + 1) * group]]
        left = Memory(
            [memory.pasts[r] for r in kept],
            memory.rules,
            [memory.rows[r] for r in kept],
        )
        features = self.gather([EncodedWindow(state.features, w) for w in windows])
        return DecodingState(features, group, state.probes[[*windows]], left)

    def align(
        self,
        window: EncodedWindow,
        tokens: Sequence[int],
        *,
        positions: int,
        text_end: int,
    ) -> Alignment:
        """Tokens heard one after another, roughly; the same for the same window."""
        [encoded] = self.gather([window]).states
        key = np.array([*encoded, *tokens], np.int64).tobytes()
        random = np.random.default_rng(zlib.crc32(key))
        places = np.sort(random.integers(positions, size=len(tokens)))
        apart = np.abs(places[:, None] - np.arange(positions))
        looks = random.standard_normal(apart.shape) - 0.3 * apart
        logprobs = np.array([self.alignment_logprob(token) for token in tokens])
        return Alignment(looks.astype(np.float32), logprobs.astype(np.float32))

    def alignment_logprob(self, token: int) -> float:
        """How sure the fake is of a token, whatever comes before it."""
        return -0.35 * (token % 9)

    def _candidates(
        self, state: DecodingState, row: int, bound: Bounds, sampling: Sampling | None
    ) -> tuple[NDArray[Any], Logits]:
        memory: Memory = state.memory
        window = state.features.states[row // state.group]
        raw = self.logits(window, memory.pasts[row])
        logits = apply_rules(raw, memory.rules, bound)
        order = np.argsort(-logits, kind="stable")
        if sampling and sampling.temperatures[row] > 0:
            warm = logits / np.float32(sampling.temperatures[row])
            order[0] = self.draw(warm, memory.rows[row], sampling.seeds[row])
        return order, log_softmax(logits)[order]


@dataclass(frozen=True)
class Script:
    """What one decoding says, how sure of each token and of silence."""

    tokens: tuple[int, ...]
    logprob: float = -0.1
    no_speech: float = 0.0


class ScriptedEngine(FakeEngine):
    """Says one script after the other, a script a decoding; rules do not matter."""

    def __init__(self, tokenizer: FakeTokenizer, scripts: Iterable[Script]) -> None:
        super().__init__(fake_config(tokenizer), random_logits(tokenizer, 0))
        self.prompts: list[tuple[int, ...]] = []
        self.windows: list[WindowKey] = []
        self._scripts: Iterator[Script] = iter(scripts)
        self._eot = tokenizer.eot

    def prefill(
        self,
        features: AudioFeatures,
        prompts: Sequence[Sequence[int]],
        rules: TokenRules,
        *,
        group: int = 1,
        probe: Probe | None = None,
    ) -> DecodingState:
        script = next(self._scripts)
        self.prompts.append(tuple(prompts[0]))
        self.windows += features.states
        with np.errstate(divide="ignore"):
            probes = np.log(np.full((1, 1), script.no_speech, np.float32))
        said = (*script.tokens, self._eot)
        ahead = iter([(token, script.logprob) for token in said])
        return DecodingState(features, group, probes, ahead)

    def step(
        self,
        state: DecodingState,
        tokens: Sequence[int],
        bounds: Sequence[Bounds],
        *,
        sources: Sequence[int] | None = None,
        sampling: Sampling | None = None,
    ) -> Candidates:
        self.samplings.append(sampling)
        token, logprob = next(state.memory, (self._eot, -0.1))
        shape = (len(tokens), state.group + 1)
        others = np.broadcast_to(np.arange(shape[1], dtype=np.int32), shape)
        candidates = np.where(others == 0, token, others).astype(np.int32)
        logprobs = np.where(others == 0, logprob, -np.inf).astype(np.float32)
        return Candidates(candidates, logprobs)
