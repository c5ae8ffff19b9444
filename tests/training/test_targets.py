from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import cast

import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.tokenizer.tokenizer import Tokenizer
from tests.tiny_tokenizer import tiny_tokenizer_json
from training.scenes import Scene, Spoken
from training.targets import IGNORED, Target, heard_tokens, target

TOKENIZER = Tokenizer.from_json(tiny_tokenizer_json(False), is_multilingual=False)
SOT, EOT = TOKENIZER.sot, TOKENIZER.eot
NOTHING = np.zeros(0, np.float32)
TWO = (Spoken(0.5, 1.0, "one two"), Spoken(2.02, 2.5, "three"))
YES, NO = 0.0, 1.0
"""Drawn where a prompt or a target without times is decided on."""
HALF = 0.7
"""Drawn where so many of the texts before are the prompt: 0.7² of them."""


class Script:
    """Draws the values that it was told, in order."""

    def __init__(self, *values: float) -> None:
        self.values = list(values)

    def random(self) -> float:
        return self.values.pop(0)

    def integers(self, low: int, high: int = 0, size: int = 0) -> int | np.ndarray:
        if size:
            return np.array([self.integers(0, low) for _ in range(size)])
        value = int(self.values.pop(0))
        assert low <= value < high
        return value


def spell(*parts: str | float) -> list[int]:
    """Text, times in seconds (as float) and special tokens (as int)."""
    tokens: list[int] = []
    for part in parts:
        if isinstance(part, str):
            tokens += TOKENIZER.encode(part)
        elif isinstance(part, float):
            tokens.append(TOKENIZER.timestamp_begin + round(part * 50))
        else:
            tokens.append(part)
    return tokens


def words_of(segments: Sequence[Spoken]) -> list[Spoken]:
    """The words of each segment one after another, all as long."""
    return [
        Spoken(s.start + i * length, s.start + (i + 1) * length, word)
        for s in segments
        for length in [(s.end - s.start) / len(s.text.split())]
        for i, word in enumerate(s.text.split())
    ]


def made(
    draws: Sequence[float],
    segments: Sequence[Spoken] = (),
    cut: float | None = None,
    previous: Sequence[str] = (),
) -> Target:
    script = Script(*draws)
    random = cast(np.random.Generator, script)
    scene = Scene(NOTHING, segments, cut, words_of(segments))
    result = target(random, TOKENIZER, scene, previous)
    assert not script.values, "drew less than expected"
    assert len(result.tokens) == len(result.labels)
    return result


def test_every_segment_stands_between_its_times() -> None:
    said = spell(0.5, " one two", 1.0, 2.02, " three", 2.5)
    result = made([NO, NO], TWO)
    assert result.tokens == [SOT, *said]
    assert result.labels == [*said, EOT]


def test_a_segment_that_is_cut_off_is_only_its_start() -> None:
    said = spell(0.5, " one two", 1.0, 4.0)
    result = made([NO, NO], TWO[:1], cut=4.0)
    assert result.tokens == [SOT, *said]
    assert result.labels == [*said, EOT]


def test_a_segment_that_is_cut_off_always_has_times() -> None:
    assert made([NO, YES], TWO[:1], cut=4.0) == made([NO, NO], TWO[:1], cut=4.0)


def test_now_and_then_there_are_no_times() -> None:
    said = spell(TOKENIZER.no_timestamps, " one two", " three")
    result = made([NO, YES], TWO)
    assert result.tokens == [SOT, *said]
    assert result.labels == [*said, EOT]


def test_without_speech_it_says_so_and_ends() -> None:
    result = made([NO])
    assert result.tokens == spell(SOT, 0.0)
    assert result.labels == [TOKENIZER.no_speech, EOT]


def test_a_prompt_is_read_and_never_said() -> None:
    prompt = spell(TOKENIZER.sot_prev, " four", " five six")
    previous = ["four", "five six", "seven"]
    result = made([YES, HALF, YES, NO], TWO, previous=previous)
    plain = made([NO, NO], TWO)
    assert result.tokens == [*prompt, *plain.tokens]
    assert result.labels == [IGNORED] * len(prompt) + [*plain.labels]


def test_a_prompt_has_times_as_an_earlier_window_leaves_them() -> None:
    prompt = spell(TOKENIZER.sot_prev, 1.0, " four", 2.0, 6.0, " five six", 8.0)
    drawn = [50, 400, 100, 300]
    result = made(
        [YES, HALF, NO, *drawn, NO], TWO, previous=["four", "five six", "seven"]
    )
    assert result.tokens == [*prompt, *made([NO, NO], TWO).tokens]


def test_a_short_window_lies_later_in_the_long_one() -> None:
    random = cast(np.random.Generator, Script(NO, NO))
    scene = Scene(NOTHING, TWO, words=words_of(TWO), offset=20.0)
    result = target(random, TOKENIZER, scene, [])
    said = spell(20.5, " one two", 21.0, 22.02, " three", 22.5)
    assert result.start == 1000
    assert result.labels == [*said, EOT]
    assert result.spans == made([NO, NO], TWO).spans


def test_a_prompt_may_stand_before_silence() -> None:
    prompt = spell(TOKENIZER.sot_prev, " four")
    result = made([YES, 0.0, YES], previous=["four"])
    assert result.tokens == [*prompt, *spell(SOT, 0.0)]
    assert result.labels == [IGNORED] * len(prompt) + [TOKENIZER.no_speech, EOT]


def test_no_time_is_later_than_the_window() -> None:
    for end in (30.004, 30.4):
        said = [Spoken(0.5, 1.0, "two"), Spoken(29.0, end, "one")]
        result = made([NO, NO], said)
        assert result.labels == [*spell(0.5, " two", 1.0, 29.0, " one", 30.0), EOT]


def test_the_first_time_is_the_latest_that_whisper_may_say() -> None:
    result = made([NO, NO], [Spoken(1.2, 2.0, "one"), Spoken(3.0, 4.0, "two")])
    assert result.labels == [*spell(1.0, " one", 2.0, 3.0, " two", 4.0), EOT]


def test_the_end_of_an_only_segment_after_a_pause_is_said_twice() -> None:
    result = made([NO, NO], [Spoken(0.5, 1.0, "one two")])
    assert result.tokens == spell(SOT, 0.5, " one two", 1.0, 1.0)
    assert result.labels == spell(0.5, " one two", 1.0, 1.0, EOT)


def test_an_only_segment_that_begins_with_the_window_ends_once() -> None:
    result = made([NO, NO], [Spoken(0.1, 1.0, "one two")])
    assert result.labels == spell(0.1, " one two", 1.0, EOT)


def turns_of(draws: list[float], seconds: float = 3) -> list[tuple[int, int]]:
    """Each label that has a turn, and at how many positions."""
    samples = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    random = cast(np.random.Generator, Script(*draws))
    scene = Scene(samples, TWO, words=words_of(TWO))
    found = target(random, TOKENIZER, scene, [])
    assert len(found.turns) == len(found.frames)
    runs = [(row, len([*run])) for row, run in groupby(found.turns)]
    return [
        (row if row == IGNORED else found.labels[row], count) for row, count in runs
    ]


def test_silence_belongs_to_the_token_before_it() -> None:
    turns = turns_of([NO, NO])
    tokens = [*TOKENIZER.encode(" one two"), *TOKENIZER.encode(" three")]
    assert (turns[0], turns[-1]) == ((IGNORED, 25), (IGNORED, 24))
    inner = turns[1:-1]
    assert [token for token, _ in inner] == [t for t in tokens if t in dict(inner)]
    assert sum(count for _, count in inner) == 150 - 25 - 24


def test_without_times_the_end_takes_its_turn_after_the_last_word() -> None:
    assert turns_of([NO, YES])[-1] == (EOT, 25)


def test_nothing_takes_a_turn_where_nobody_speaks() -> None:
    assert set(made([NO]).turns) <= {IGNORED}


def test_at_each_position_the_word_that_is_heard() -> None:
    [word] = TOKENIZER.encode(" a")
    scene = Scene(
        samples=np.zeros(SAMPLE_RATE, np.float32),
        segments=[Spoken(0.2, 0.4, "a"), Spoken(0.6, 0.8, "one")],
        words=[Spoken(0.2, 0.4, "a"), Spoken(0.6, 0.8, "one")],
    )
    heard = heard_tokens(TOKENIZER, scene)
    assert len(heard) == 50
    assert set(heard[:10]) == set(heard[21:30]) == set(heard[41:]) == {EOT}
    assert set(heard[13:19]) == {word}
    assert set(heard[10:13]) == {IGNORED}


def test_a_word_of_several_pieces_is_heard_piece_by_piece() -> None:
    tokens = TOKENIZER.encode(" one")
    assert len(tokens) > 1
    samples = np.zeros(SAMPLE_RATE, np.float32)
    word = Spoken(0.2, 0.8, "one")
    heard = heard_tokens(TOKENIZER, Scene(samples, [word], words=[word]))
    assert list(dict.fromkeys(t for t in heard[10:40] if t != IGNORED)) == [
        token for token in tokens if TOKENIZER.decode([token]).strip()
    ]
