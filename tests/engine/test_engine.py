"""The engine on MAX says what a plain Whisper in NumPy says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from max_whisper.engine.engine import MaxEngine
from max_whisper.engine.load import load_engine
from max_whisper.engine.protocol import (
    AudioFeatures,
    Bounds,
    Candidates,
    EncodedWindow,
    Probe,
    Sampling,
    TokenRules,
)
from max_whisper.kernels.limits import MAX_CANDIDATES
from tests.compiled import CPU, half_weights
from tests.numpy_whisper import NumpyWhisper

WINDOWS = 2


def sound(engine: MaxEngine) -> np.ndarray:
    """Mel windows of noise, no two alike."""
    shape = (WINDOWS, engine.config.num_frames, engine.config.num_mel_bins)
    return np.random.default_rng(5).uniform(-1, 1, shape).astype(np.float32)


@pytest.fixture(scope="session")
def heard(engine: MaxEngine) -> AudioFeatures:
    return engine.encode(sound(engine))


@pytest.fixture(scope="session")
def features(engine: MaxEngine, whisper: NumpyWhisper) -> list[np.ndarray]:
    return [whisper.encode(mel) for mel in sound(engine)]


def no_rules(engine: MaxEngine) -> TokenRules:
    nothing = np.zeros(engine.config.vocab_size, np.bool_)
    return TokenRules(nothing, nothing, engine.config.vocab_size)


def anything(engine: MaxEngine, rows: int) -> list[Bounds]:
    end = engine.config.vocab_size
    return [Bounds(0, end, end, False)] * rows


class Dictation:
    """Rows of tokens: told to an engine one by one, and to NumPy all at once."""

    def __init__(
        self,
        engine: MaxEngine,
        whisper: NumpyWhisper,
        heard: AudioFeatures,
        features: Sequence[np.ndarray],
        prompts: Sequence[Sequence[int]],
        *,
        group: int = 1,
    ) -> None:
        rules = no_rules(engine)
        self.engine, self.whisper, self.group = engine, whisper, group
        self.features = list(features)
        self.state = engine.prefill(heard, prompts, rules, group=group)
        self.told = [list(prompt[:-1]) for prompt in prompts for _ in range(group)]
        self.tell([prompt[-1] for prompt in prompts for _ in range(group)])

    def tell(
        self,
        tokens: Sequence[int],
        sources: Sequence[int] | None = None,
        sampling: Sampling | None = None,
    ) -> Candidates:
        """One more token a row; what may follow must be as NumPy has it."""
        rows = range(len(tokens))
        self.told = [
            [*self.told[source], token]
            for source, token in zip(sources or rows, tokens, strict=True)
        ]
        found = self.engine.step(
            self.state,
            tokens,
            anything(self.engine, len(tokens)),
            sources=sources,
            sampling=sampling,
        )
        for row in rows:
            window = self.features[row // self.group]
            expected = self.whisper.logprobs(self.told[row], window)[-1]
            np.testing.assert_allclose(
                found.logprobs[row], expected[found.tokens[row]], atol=1e-4
            )
            if sampling is None:
                best = np.sort(expected)[::-1][: found.tokens.shape[1]]
                np.testing.assert_allclose(found.logprobs[row], best, atol=1e-4)
        return found

    def keep(self, windows: Sequence[int]) -> None:
        """Go on with these windows only."""
        rows = range(len(self.told))
        kept = [rows[self.group * w : self.group * (w + 1)] for w in windows]
        self.state = self.engine.keep(self.state, windows)
        self.features = [self.features[window] for window in windows]
        self.told = [self.told[row] for some in kept for row in some]

    def swap(
        self,
        windows: Sequence[int],
        heard: AudioFeatures,
        features: Sequence[np.ndarray],
        prompts: Sequence[Sequence[int]],
    ) -> None:
        """Other windows in the places of these."""
        self.state = self.engine.swap(self.state, windows, heard, prompts)
        for place, feature, prompt in zip(windows, features, prompts, strict=True):
            self.features[place] = feature
            rows = slice(place * self.group, (place + 1) * self.group)
            self.told[rows] = [list(prompt[:-1])] * self.group


def test_features_are_those_of_numpy(
    heard: AudioFeatures, features: list[np.ndarray]
) -> None:
    found = heard.states.to_numpy()
    error = np.linalg.norm(found - features) / np.linalg.norm(features)
    assert error <= 1e-5


def test_windows_encoded_apart_are_gathered_in_their_order(
    engine: MaxEngine, heard: AudioFeatures
) -> None:
    again = engine.encode(sound(engine)[::-1])
    picked = [(heard, 1), (again, 0), (heard, 0)]
    gathered = engine.gather([EncodedWindow(*one) for one in picked])
    assert gathered.batch == 3
    for place, (batch, index) in enumerate(picked):
        found, source = (
            [buffer.to_numpy() for buffer in (one.states, *one.cross)]
            for one in (gathered, batch)
        )
        for mine, theirs in zip(found, source, strict=True):
            np.testing.assert_array_equal(mine[place], theirs[index])
    every = [EncodedWindow(heard, index) for index in range(heard.batch)]
    assert engine.gather(every) is heard


def test_prompts_of_different_lengths_are_continued(
    engine: MaxEngine,
    whisper: NumpyWhisper,
    heard: AudioFeatures,
    features: list[np.ndarray],
) -> None:
    prompts = [[5, 8, 200, 31, 7, 9, 2], [11, 300]]
    dictation = Dictation(engine, whisper, heard, features, prompts)
    for tokens in ([4, 4], [100, 33], [0, 299]):
        dictation.tell(tokens)


def test_beams_swap_their_pasts(
    engine: MaxEngine,
    whisper: NumpyWhisper,
    heard: AudioFeatures,
    features: list[np.ndarray],
) -> None:
    prompts = [[5, 8, 200], [11, 300, 4, 77]]
    dictation = Dictation(engine, whisper, heard, features, prompts, group=3)
    dictation.tell([1, 2, 3, 4, 5, 6], sources=[0, 0, 0, 3, 3, 3])
    dictation.tell([7, 8, 9, 10, 11, 12], sources=[1, 0, 1, 5, 5, 3])
    dictation.tell([7, 8, 9, 10, 11, 12])
    dictation.tell([3, 2, 1, 6, 5, 4], sources=[2, 2, 0, 4, 3, 4])


@pytest.mark.parametrize("windows", [[0], [1], [1, 0]])
def test_windows_that_are_kept_go_on_as_they_were(
    engine: MaxEngine,
    whisper: NumpyWhisper,
    heard: AudioFeatures,
    features: list[np.ndarray],
    windows: list[int],
) -> None:
    prompts = [[5, 8, 200], [11, 300, 4, 77]]
    dictation = Dictation(engine, whisper, heard, features, prompts, group=2)
    dictation.tell([1, 2, 4, 5], sources=[1, 0, 3, 3])
    dictation.keep(windows)
    rows = range(2 * len(windows))
    dictation.tell([7 + row for row in rows])
    dictation.tell([3 + row for row in rows], sources=[row ^ 1 for row in rows])


def test_more_windows_may_leave_later(
    engine: MaxEngine,
    whisper: NumpyWhisper,
    heard: AudioFeatures,
    features: list[np.ndarray],
) -> None:
    four = engine.gather([EncodedWindow(heard, index) for index in (0, 1, 1, 0)])
    sounds = [features[index] for index in (0, 1, 1, 0)]
    prompts = [[5, 8, 200], [11, 300, 4, 77], [9], [31, 7]]
    dictation = Dictation(engine, whisper, four, sounds, prompts, group=2)
    dictation.keep([0, 2, 3])
    dictation.tell([1, 2, 3, 4, 5, 6], sources=[1, 0, 2, 2, 5, 4])
    dictation.keep([2, 1])
    dictation.tell([7, 8, 9, 10], sources=[0, 0, 3, 3])
    dictation.keep([1])
    dictation.tell([12, 13], sources=[1, 0])
    dictation.tell([14, 15], sampling=Sampling([0.5, 0.0], [3, 4]))


def test_a_window_may_take_the_place_of_another(
    engine: MaxEngine,
    whisper: NumpyWhisper,
    heard: AudioFeatures,
    features: list[np.ndarray],
) -> None:
    before = heard.states.to_numpy().copy()
    three = engine.gather([EncodedWindow(heard, index) for index in (0, 1, 1)])
    sounds = [features[index] for index in (0, 1, 1)]
    prompts = [[5, 8, 200], [11, 300, 4, 77], [9]]
    dictation = Dictation(engine, whisper, three, sounds, prompts, group=2)
    dictation.tell([1, 2, 3, 4, 5, 6], sources=[1, 0, 2, 2, 5, 4])
    one = engine.gather([EncodedWindow(heard, 0)])
    dictation.swap([1], one, features[:1], [[3, 21]])
    dictation.tell([7, 8, 21, 21, 9, 10], sources=[0, 0, 2, 3, 5, 4])
    dictation.tell([1, 2, 3, 4, 5, 6], sources=[1, 0, 3, 3, 5, 4])
    dictation.keep([2, 1])
    dictation.swap([0, 1], heard, features, [[6], [15, 16, 17]])
    dictation.tell([6, 6, 17, 17])
    dictation.tell([1, 2, 3, 4], sources=[1, 0, 3, 2])
    np.testing.assert_array_equal(heard.states.to_numpy(), before)


def test_a_swapped_window_is_asked_what_it_thinks_of_silence(
    engine: MaxEngine, heard: AudioFeatures
) -> None:
    three = engine.gather([EncodedWindow(heard, index) for index in (0, 1, 0)])
    rules, prompts = no_rules(engine), [[5, 8], [11, 300, 4], [7]]
    state = engine.prefill(three, prompts, rules, probe=Probe((7, 9), (1, 0, 0)))
    expected = state.probes.copy()
    other = engine.gather([EncodedWindow(heard, 1)])
    probe = Probe((7, 9), (0,))
    state = engine.swap(state, [2], other, prompts[1:2], probe=probe)
    np.testing.assert_allclose(state.probes, expected[[0, 1, 1]], rtol=1e-5)


def test_samples_carry_their_true_log_probability(
    engine: MaxEngine,
    whisper: NumpyWhisper,
    heard: AudioFeatures,
    features: list[np.ndarray],
) -> None:
    prompts = [[5, 8], [11, 300]]
    dictation = Dictation(engine, whisper, heard, features, prompts, group=4)
    found = dictation.tell([1] * 8, sampling=Sampling([1.0] * 8, range(8)))
    assert len(set(found.tokens[:, 0].tolist())) > 1


def test_equal_seeds_draw_equal_tokens(engine: MaxEngine, heard: AudioFeatures) -> None:
    def draw(seed: int) -> list[int]:
        state = engine.prefill(heard, [[5], [6]], no_rules(engine), group=5)
        bounds = anything(engine, 10)
        warm = Sampling([0.8] * 10, range(seed, seed + 10))
        found = engine.step(state, [5] * 5 + [6] * 5, bounds, sampling=warm)
        return found.tokens[:, 0].tolist()

    assert draw(1) == draw(1)
    assert draw(1) != draw(100)


def test_probes_are_log_probabilities_after_one_position_of_a_prompt(
    engine: MaxEngine,
    whisper: NumpyWhisper,
    heard: AudioFeatures,
    features: list[np.ndarray],
) -> None:
    prompts, asked = [[5, 8, 200, 31], [11, 300]], (0, 17, 266)
    probe = Probe(asked, positions=(2, 0))
    state = engine.prefill(heard, prompts, no_rules(engine), probe=probe)
    expected = [
        whisper.logprobs(prompts[0], features[0])[2, asked],
        whisper.logprobs(prompts[1], features[1])[0, asked],
    ]
    np.testing.assert_allclose(state.probes, expected, atol=1e-4)


def all_candidates(
    engine: MaxEngine,
    heard: AudioFeatures,
    rules: TokenRules,
    bounds: Sequence[Bounds],
) -> list[dict[int, float]]:
    """As many as there are, of a step of two windows, that may come.

    There is one more than a window has rows, so it has many that are alike.
    """
    rows = MAX_CANDIDATES - 1
    state = engine.prefill(heard, [[5], [6]], rules, group=rows)
    tokens = [token for token in (5, 6) for _ in range(rows)]
    found = engine.step(state, tokens, [b for b in bounds for _ in range(rows)])
    lines = zip(found.tokens.tolist(), found.logprobs.tolist(), strict=True)
    candidates = [
        {token: score for token, score in zip(*line, strict=True) if score > -np.inf}
        for line in lines
    ]
    return candidates[::rows]


def test_rules_hold_in_a_step(engine: MaxEngine, heard: AudioFeatures) -> None:
    size = engine.config.vocab_size
    never, not_first = np.zeros((2, size), np.bool_)
    never[::2] = True
    not_first[:100] = True
    rules = TokenRules(never, not_first, size)
    bounds = [Bounds(0, size, 111, True), Bounds(90, size, 99, False)]
    one, other = all_candidates(engine, heard, rules, bounds)
    assert set(one) == {101, 103, 105, 107, 109}
    assert set(other) == {91, 93, 95, 97}


def test_rows_have_penalties_and_bans_of_their_own(
    engine: MaxEngine, heard: AudioFeatures
) -> None:
    size, nothing = engine.config.vocab_size, no_rules(engine)
    rules = replace(nothing, repetition_penalty=2.0)
    free = Bounds(0, size, 16, False)
    said, banned = replace(free, said=(3, 5)), replace(free, banned=(7,))

    def scores(bounds: Sequence[Bounds]) -> list[dict[int, float]]:
        return all_candidates(engine, heard, rules, bounds)

    usual, changed = scores([free, free]), scores([said, banned])
    assert usual[1].keys() - changed[1].keys() == {7}
    differences = {t: changed[0][t] - usual[0][t] for t in range(16)}
    common = differences[0]
    others = {t for t, d in differences.items() if abs(d - common) < 1e-4}
    assert others == {*range(16)} - {3, 5}
    assert scores([free, free]) == usual


def test_states_do_not_disturb_each_other(
    engine: MaxEngine,
    whisper: NumpyWhisper,
    heard: AudioFeatures,
    features: list[np.ndarray],
) -> None:
    first, second = (
        Dictation(engine, whisper, heard, features, prompts)
        for prompts in ([[5, 8], [11, 300]], [[1], [2, 3, 4]])
    )
    for token in range(3):
        first.tell([token, 50])
        second.tell([70, token])


def test_a_row_may_fill_its_context(
    engine: MaxEngine,
    whisper: NumpyWhisper,
    heard: AudioFeatures,
    features: list[np.ndarray],
) -> None:
    length = engine.config.max_target_positions - 2
    prompts = [list(range(length)), [1]]
    dictation = Dictation(engine, whisper, heard, features, prompts)
    dictation.tell([3, 3])
    dictation.tell([4, 4])


def test_precision_of_the_file_does_not_matter(
    english: MaxEngine, compiled: object
) -> None:
    halves = half_weights(english.config)
    wide = {name: w.astype(np.float32) for name, w in halves.items()}
    other = load_engine(english.config, wide, CPU)
    mel, rules = sound(english), no_rules(english)
    found = []
    for engine in (english, other):
        heard = engine.encode(mel)
        state = engine.prefill(heard, [[5, 8], [11, 300]], rules)
        step = engine.step(state, [8, 300], anything(engine, 2))
        found.append((heard.states.to_numpy(), step.tokens, step.logprobs))
    for half, full in zip(*found, strict=True):
        np.testing.assert_array_equal(half, full)


def test_an_alignment_is_as_sure_of_tokens_as_numpy(
    engine: MaxEngine,
    whisper: NumpyWhisper,
    heard: AudioFeatures,
    features: list[np.ndarray],
) -> None:
    end = 30
    tokens = [end + 2, 3, 17, 8, end]
    positions = engine.config.max_source_positions - 5
    for window in range(WINDOWS):
        encoded = EncodedWindow(heard, window)
        found = engine.align(encoded, tokens, positions=positions, text_end=end)
        logprobs = whisper.logprobs(tokens, features[window])[:-1, :end]
        logprobs = logprobs - np.logaddexp.reduce(logprobs, axis=1, keepdims=True)
        expected = logprobs[np.arange(3), tokens[1:4]]
        np.testing.assert_allclose(found.logprobs[1:4], expected, atol=1e-4)
        assert found.looks.shape == (len(tokens), positions)


def test_an_alignment_compares_what_tokens_look_at(
    engine: MaxEngine, heard: AudioFeatures
) -> None:
    tokens = [32, 3, 17, 8, 30]
    positions = engine.config.max_source_positions
    window = EncodedWindow(heard, 0)
    found = engine.align(window, tokens, positions=positions, text_end=30)
    np.testing.assert_allclose(found.looks.mean(axis=0), 0, atol=0.7)
    again = engine.align(window, tokens, positions=positions, text_end=30)
    np.testing.assert_array_equal(found.looks, again.looks)
