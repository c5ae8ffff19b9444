"""The waist: all that Whisper's logic asks of a device.

Above it are tokens and seconds, below it are tensors. Candidates cross, logits do not;
rules cross as data, not as callbacks.

    log_mel    samples               → Mel             (once a file)
    encode     mel windows           → AudioFeatures   (once a window)
    gather     windows               → AudioFeatures   (where they were encoded apart)
    prefill    features and prompts  → DecodingState   (once a window and temperature)
    step       state and tokens      → Candidates      (once a token)
    swap       state and features    → DecodingState   (windows for those that are done)
    keep       state and windows     → DecodingState   (when others are done)
    align      features and tokens   → Alignment       (once a window with word times)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from max_whisper.config import WhisperConfig


class Frames(Protocol):
    """Mel frames `[n, bins]` in memory, or wherever there is room; read by slices."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Frames and bins."""

    def __len__(self) -> int:
        """How many frames there are."""

    def __getitem__(self, part: slice, /) -> NDArray[np.float32]:
        """Some frames that follow one another."""


@dataclass(frozen=True, slots=True)
class Mel:
    """The log-mel spectrogram of a whole recording, normalised by its own maximum.

    `frames` is `[n, num_mel_bins]` float32, time first, 10 ms a frame, without padding.
    `tail` is what follows if silence follows the sound: the frames that still reach
    into its end, then silent ones, so many that the first window of 30 s is full.
    `samples` is the number of samples that the recording has.
    """

    frames: Frames
    samples: int = 0
    tail: NDArray[np.float32] = field(
        default_factory=lambda: np.empty((0, 1), np.float32)
    )

    def window(self, seek: int, size: int, length: int) -> NDArray[np.float32]:
        """`size` frames from `seek`, with zeros up to `length`: `[length, bins]`."""
        window = np.zeros((length, self.frames.shape[1]), np.float32)
        frames = self.frames[seek : seek + size]
        window[: len(frames)] = frames
        return window


@dataclass(frozen=True, slots=True)
class AudioFeatures:
    """Encoded windows, on the device.

    `states` is the encoder's output `[batch, positions, d_model]`; `cross` holds what
    the decoder reads of it: keys and values of every layer. What they are is the
    engine's own.
    """

    batch: int
    states: Any
    cross: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class EncodedWindow:
    """One window of an encoded batch: the `index`th."""

    features: AudioFeatures
    index: int


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What may never, or not yet, be said: one per decoding.

    `suppressed` and `suppressed_first` are `[vocab_size]` masks: tokens that may never
    come, and tokens that may not come first. Tokens from `timestamp_begin` on are
    timestamps, and if they outweigh every text token together, one of them must come;
    a decoding without timestamps sets it to `vocab_size`.

    Before all of this, `repetition_penalty` divides the logits of what a row has said
    if they are positive, and multiplies them if they are negative.
    """

    suppressed: NDArray[np.bool_]
    suppressed_first: NDArray[np.bool_]
    timestamp_begin: int
    repetition_penalty: float = 1.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one row may say next, from what it has said.

    Tokens below `first_text` may not come, nor timestamps below `first_timestamp`, nor
    any token from `end` on. `first` says that this is the row's first sampled token.
    The tokens of `said` are penalised, and those of `banned` may not come either.
    """

    first_text: int
    first_timestamp: int
    end: int
    first: bool
    said: tuple[int, ...] = ()
    banned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidates:
    """The best next tokens of every row, best first.

    `tokens` and `logprobs` are `[rows, n]`, where n is more than the rows of a window.
    Log probabilities are those after the rules, at temperature 1. In a row sampled at a
    temperature, the first token is the sample. A token that may not come has a log
    probability of minus infinity.
    """

    tokens: NDArray[np.int32]
    logprobs: NDArray[np.float32]

    def part(self, first: int, count: int) -> Candidates:
        """Those of `count` rows from `first` on."""
        rows = slice(first, first + count)
        return Candidates(self.tokens[rows], self.logprobs[rows])


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the tokens of a window were heard, and how likely each was.

    `looks` is `[tokens, positions]`: how much more than the others each token's
    attention is there, averaged over the alignment heads. `logprobs` is `[tokens]`: of
    each token after the one before it, among text alone; that of the first is 0.
    """

    looks: NDArray[np.float32]
    logprobs: NDArray[np.float32]


@dataclass(slots=True)
class DecodingState:
    """The decoder's memory of `batch` windows with `group` rows each; row `r` hears
    window `r // group` of `features`.

    `probes` is `[batch, n]`: log probabilities of the probed tokens, without any rule,
    at the position that was probed. `memory` is the engine's own.
    """

    features: AudioFeatures
    group: int
    probes: NDArray[np.float32]
    memory: Any

    @property
    def batch(self) -> int:
        """How many windows there are."""
        return self.features.batch


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask `prefill` for log probabilities of `tokens` after one position a prompt."""

    tokens: tuple[int, ...]
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sampling:
    """Draw the first candidate of a row instead of taking the best.

    There is a temperature for each row, 0 to take its best, and a seed. The same two
    draw the same token from the same logits, whichever row it is of.
    """

    temperatures: Sequence[float]
    seeds: Sequence[int]


class Engine(Protocol):
    """One Whisper on one device. Weights and graphs are shared, states are not."""

    @property
    def config(self) -> WhisperConfig:
        """The facts of the checkpoint."""

    @property
    def runs_on(self) -> str:
        """The device and the precision, such as `gpu, bfloat16`."""

    @property
    def batch_size(self) -> int:
        """How many windows are best decoded side by side."""

    def log_mel(self, sound: Iterable[NDArray[np.float32]]) -> Mel:
        """A stream of n samples at 16 kHz to `n // 160` frames, and what follows."""

    def encode(self, windows: NDArray[np.float32]) -> AudioFeatures:
        """Windows `[batch, num_frames, num_mel_bins]`, padded, to audio features."""

    def gather(self, windows: Sequence[EncodedWindow]) -> AudioFeatures:
        """Windows that were encoded apart, as one batch; of a whole batch, itself."""

    def prefill(
        self,
        features: AudioFeatures,
        prompts: Sequence[Sequence[int]],
        rules: TokenRules,
        *,
        group: int = 1,
        probe: Probe | None = None,
    ) -> DecodingState:
        """Read one prompt per window into a fresh state of `group` rows a window.

        The features are the state's while it is used: `swap` writes into them.
        """

    def step(
        self,
        state: DecodingState,
        tokens: Sequence[int],
        bounds: Sequence[Bounds],
        *,
        sources: Sequence[int] | None = None,
        sampling: Sampling | None = None,
    ) -> Candidates:
        """Feed one token to every row and return what may come next.

        `sources[r]` is the row whose past row `r` goes on from (its own if None). The
        first step after `prefill` feeds the last token of the prompt, which the state
        has read but not answered.
        """

    def swap(
        self,
        state: DecodingState,
        windows: Sequence[int],
        features: AudioFeatures,
        prompts: Sequence[Sequence[int]],
        *,
        probe: Probe | None = None,
    ) -> DecodingState:
        """Let other windows take the places of some, which are done.

        The state's rules are theirs too. `probe` asks for as many tokens as the one of
        `prefill`; `state` is used up.
        """

    def keep(self, state: DecodingState, windows: Sequence[int]) -> DecodingState:
        """Go on with some of the windows only, in this order; `state` is used up."""

    def align(
        self,
        window: EncodedWindow,
        tokens: Sequence[int],
        *,
        positions: int,
        text_end: int,
    ) -> Alignment:
        """Let a window, its first `positions`, be heard once more.

        `tokens` are all of its text between the prompt's and the end of text; text
        tokens are those below `text_end`.
        """

    def close(self) -> None:
        """Give the memory back; nothing else may be called afterwards."""
