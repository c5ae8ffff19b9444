"""The engine on MAX: buffers in, candidates out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
from max.driver import Buffer
from max.engine import Model
from numpy.typing import NDArray

from max_whisper.audio.constants import HOP_LENGTH
from max_whisper.config import WhisperConfig
from max_whisper.engine.batch_size import batch_size
from max_whisper.engine.buffers import (
    filled,
    first_positions,
    gathered,
    on_host,
    only,
    put,
    room_for,
    uploaded,
)
from max_whisper.engine.captured import Captured
from max_whisper.engine.devices import NVIDIA, Place
from max_whisper.engine.gpu_errors import gpu_errors
from max_whisper.engine.in_turn import in_turn, turn_on
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
from max_whisper.engine.rows import Rows
from max_whisper.errors import MaxWhisperError
from max_whisper.features import log_mel
from max_whisper.features.kept_frames import KeptFrames
from max_whisper.model import graphs

_log = logging.getLogger("max_whisper")


class MaxEngine:
    """`Engine` with MAX's graphs; made by `load_engine`."""

    def __init__(
        self, config: WhisperConfig, models: dict[str, Model], place: Place
    ) -> None:
        self.config = config
        self.runs_on = place.name
        self._models = models
        self._device = place.device
        self._cache_dtype = place.ops.cache_dtype
        self.turn = turn_on(place.device)
        # MAX captures a graph on these devices only.
        self._captures = count(1) if place.device.api == NVIDIA else None
        self.batch_size = batch_size(config, place.device, self._cache_dtype)

    def log_mel(self, sound: Iterable[NDArray[np.float32]]) -> Mel:
        samples = 0

        def counted() -> Iterator[NDArray[np.float32]]:
            nonlocal samples
            for piece in sound:
                samples += piece.size
                yield piece

        frames = KeptFrames(self.config.num_mel_bins)
        for block in log_mel.blocks(counted()):
            with self.turn, gpu_errors(self.runs_on):
                frames.append(on_host(self._run(log_mel.GRAPH, self._put(block))[0]))
        tail = frames.cut_off(samples // HOP_LENGTH)
        return Mel(frames, samples, tail)

    @in_turn
    def encode(self, windows: NDArray[np.float32]) -> AudioFeatures:
        padded = np.pad(windows, ((0, 0), (1, 1), (0, 0)))
        if len(padded) == 1 or not self._device.is_host:
            states, *cross = self._run(graphs.ENCODE, self._put(padded))
            return AudioFeatures(len(padded), states, tuple(cross))
        # What one window needs stays in a processor's cache; what several do does not.
        rooms: list[Buffer] = []
        for place in range(len(padded)):
            found = self._run(graphs.ENCODE, self._put(padded[place : place + 1]))
            rooms = rooms or [room_for(buffer, len(padded)) for buffer in found]
            for room, buffer in zip(rooms, found, strict=True):
                put(room, [place], buffer)
        return AudioFeatures(len(padded), rooms[0], tuple(rooms[1:]))

    @in_turn
    def gather(self, windows: Sequence[EncodedWindow]) -> AudioFeatures:
        first = windows[0].features
        if [w.index for w in windows] == [*range(first.batch)] and all(
            w.features is first for w in windows
        ):
            return first
        parts = zip(*(_buffers(w.features) for w in windows), strict=True)
        indices = [window.index for window in windows]
        states, *cross = (gathered(same, indices) for same in parts)
        return AudioFeatures(len(windows), states, tuple(cross))

    @in_turn
    def prefill(
        self,
        features: AudioFeatures,
        prompts: Sequence[Sequence[int]],
        rules: TokenRules,
        *,
        group: int = 1,
        probe: Probe | None = None,
    ) -> DecodingState:
        batch = features.batch
        probe = probe or Probe((0,), (0,) * batch)
        probes = np.empty((batch, len(probe.tokens)), np.float32)
        rows = self._rows(rules, batch, group)
        state = DecodingState(features, group, probes, rows)
        return self._read(state, range(batch), features, prompts, probe)

    @in_turn
    def swap(
        self,
        state: DecodingState,
        windows: Sequence[int],
        features: AudioFeatures,
        prompts: Sequence[Sequence[int]],
        *,
        probe: Probe | None = None,
    ) -> DecodingState:
        pairs = zip(_buffers(state.features), _buffers(features), strict=True)
        for own, others in pairs:
            put(own, windows, others)
        probe = probe or Probe((0,), (0,) * features.batch)
        return self._read(state, windows, features, prompts, probe)

    @in_turn
    def step(
        self,
        state: DecodingState,
        tokens: Sequence[int],
        bounds: Sequence[Bounds],
        *,
        sources: Sequence[int] | None = None,
        sampling: Sampling | None = None,
    ) -> Candidates:
        rows: Rows = state.memory
        limits = [(b.first_text, b.first_timestamp, b.end, b.first) for b in bounds]
        none = [0] * len(tokens)
        sampling = sampling or Sampling(none, none)
        small = (
            np.array(tokens, np.int32).reshape(state.batch, state.group),
            np.array(limits, np.int32),
            np.array(sampling.temperatures, np.float32),
            np.array(sampling.seeds, np.uint64),
            filled([b.said for b in bounds]),
            filled([b.banned for b in bounds]),
            *rows.go_on(sources, whole=self._captures is not None),
        )
        found, logprobs = map(on_host, self._step(state, small))
        rows.advance()
        return Candidates(found, logprobs)

    @in_turn
    def keep(self, state: DecodingState, windows: Sequence[int]) -> DecodingState:
        rows: Rows = state.memory
        features = self.gather([EncodedWindow(state.features, w) for w in windows])
        probes = state.probes[[*windows]]
        return DecodingState(features, state.group, probes, rows.keep(windows))

    @in_turn
    def align(
        self,
        window: EncodedWindow,
        tokens: Sequence[int],
        *,
        positions: int,
        text_end: int,
    ) -> Alignment:
        start, capacity = np.zeros(1, np.int32), self.config.max_target_positions
        buffers = _buffers(window.features)
        states, *cross = (only(buffer, window.index) for buffer in buffers)
        looks, logprobs = self._run(
            graphs.ALIGN,
            self._put(np.array([tokens], np.int32)),
            self._put(np.array([text_end], np.int32)),
            first_positions(states, positions),
            *map(self._put, (start, start, np.zeros((1, len(tokens)), np.int32))),
            *cross,
            *self._caches((1, capacity, self.config.d_model)),
        )
        # The graph says it of what follows each token.
        return Alignment(on_host(looks), np.roll(on_host(logprobs), 1))

    def close(self) -> None:
        """Give back the weights and graphs; the engine cannot be used any more."""
        self._models = {}

    def _rows(self, rules: TokenRules, batch: int, group: int) -> Rows:
        count = batch * group
        capacity = self.config.max_target_positions
        masks = np.stack([rules.suppressed, rules.suppressed | rules.suppressed_first])
        return Rows(
            group=group,
            caches=self._caches((count, capacity, self.config.d_model)),
            rules=(
                self._put(masks.astype(np.uint8)),
                self._put(np.array([rules.timestamp_begin], np.int32)),
                self._put(np.array([rules.repetition_penalty], np.float32)),
            ),
            slots=np.arange(count, dtype=np.int32),
            positions=np.zeros(count, np.int32),
            ancestors=np.zeros((count, capacity), np.int32),
        )

    def _read(
        self,
        state: DecodingState,
        windows: Sequence[int],
        features: AudioFeatures,
        prompts: Sequence[Sequence[int]],
        probe: Probe,
    ) -> DecodingState:
        """Let some windows of a state, whose features these are, read their prompts."""
        rows: Rows = state.memory
        lengths = np.array([len(prompt) for prompt in prompts], np.int32)
        tokens = np.zeros((len(prompts), int(lengths.max())), np.int32)
        for line, prompt in zip(tokens, prompts, strict=True):
            line[: len(prompt)] = prompt
        slots = rows.slots[rows.of(windows)[:, 0]]
        ancestors = np.repeat(slots[:, np.newaxis], tokens.shape[1], 1)
        asked = (np.array(some, np.int32) for some in (probe.positions, probe.tokens))
        (probes,) = self._run(
            graphs.PREFILL,
            *uploaded(
                [tokens, *asked, slots, np.zeros_like(slots), ancestors], self._device
            ),
            *features.cross,
            *rows.caches,
        )
        rows.begin(windows, lengths)
        state.probes[[*windows]] = on_host(probes)
        return state

    def _caches(self, shape: tuple[int, ...]) -> tuple[Buffer, ...]:
        """Keys and values of every layer; nothing is read that was not written."""
        pairs = range(2 * self.config.decoder_layers)
        return tuple(Buffer(self._cache_dtype, shape, self._device) for _ in pairs)

    def _step(
        self, state: DecodingState, small: Sequence[NDArray[Any]]
    ) -> list[Buffer]:
        """Run the graph; on NVIDIA's as it was captured at the state's first step."""
        rows: Rows = state.memory
        model = self._model(graphs.STEP)
        others = (*state.features.cross, *rows.caches, *rows.rules)
        if self._captures and not (rows.captured and rows.captured.fits(small)):
            rows.captured = None
            try:
                key = next(self._captures)
                rows.captured = Captured(model, key, self._device, small, others)
            except RuntimeError as error:
                _log.warning("A step cannot be captured, and is slower: %s", error)
                self._captures = None
        if rows.captured:
            return rows.captured.run(small)
        return self._run(graphs.STEP, *uploaded(small, self._device), *others)

    def _run(self, graph: str, *inputs: Buffer) -> list[Buffer]:
        outputs: list[Buffer] = self._model(graph).execute(*inputs)
        return outputs

    def _model(self, graph: str) -> Model:
        if not self._models:
            raise MaxWhisperError("expected a model that is open, found it closed")
        return self._models[graph]

    def _put(self, array: NDArray[Any]) -> Buffer:
        """An array on the device; on the host it is the array's own memory."""
        return Buffer.from_numpy(array).to(self._device)


def _buffers(features: AudioFeatures) -> tuple[Buffer, ...]:
    return features.states, *features.cross
