from __future__ import annotations

import pytest

from max_whisper.formats.sentences import sentences
from max_whisper.transcript import Word


def split(text: str, pause_after: int = -1) -> list[str]:
    """Words a second apart, with a pause of 4 s after one of them."""
    words, now = [], 0.0
    for place, word in enumerate(text.split()):
        words.append(Word(f" {word}", now, now + 1, 1.0))
        now += 5 if place == pause_after else 1
    return ["".join(word.word for word in one).strip() for one in sentences(words)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("One two", ["One two"]),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ('He said "No." Then he left.', ['He said "No."', "Then he left."]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ("Mr. Smith met J. F. Kennedy.", ["Mr. Smith met J. F. Kennedy."]),
        (
            "The U.S. Army came at 5 p.m. today.",
            ["The U.S. Army came at 5 p.m. today."],
        ),
        ("It cost 3.5 dollars. Then 4.", ["It cost 3.5 dollars.", "Then 4."]),
        ("Are you? No. I am not.", ["Are you?", "No.", "I am not."]),
        ("Bread, salt, etc. Then eat.", ["Bread, salt, etc.", "Then eat."]),
        ("He has 4. She has 5.", ["He has 4.", "She has 5."]),
        ("你好。 谢谢！ 再见", ["你好。", "谢谢！", "再见"]),
    ],
)
def test_a_sentence_ends_at_its_mark(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_a_long_pause_ends_a_sentence() -> None:
    assert split("one two three", pause_after=1) == ["one two", "three"]
