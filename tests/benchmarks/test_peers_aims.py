"""Aims are compared with the better of sequential and batched, on both sides."""

from __future__ import annotations

from typing import Any

from benchmarks.peers_aims import AIMS, Aim, lines, ratio, table


def row(contender: str, seconds: float, beam: int = 5, **ratios: float) -> Any:
    return {
        "contender": contender,
        "beam": beam,
        "seconds": {"median": seconds},
        "against": {
            f"ours int8{', batched' if name == 'batched' else ''}": {"median": found}
            for name, found in ratios.items()
        },
    }


ROWS = [
    row("ours int8", 3.0),
    row("ours int8, batched", 2.0),
    row("ours float32", 1.0),
    row("faster-whisper int8", 9.0, alone=3.1, batched=4.6),
    row("faster-whisper int8, batched", 8.0, alone=2.7, batched=4.1),
    row("faster-whisper int8", 1.0, beam=1),
]
RESULTS = {"cases": [{"name": "librispeech", "rows": ROWS}]}
AIM = Aim("librispeech", "int8", (5, 1), "faster-whisper int8", 5)


def test_the_best_of_each_counts() -> None:
    assert ratio(AIM, 5, RESULTS) == 4.1


def test_what_one_of_them_did_not_run_is_left_out() -> None:
    assert ratio(AIM, 1, RESULTS) is None
    [line] = lines(AIM, RESULTS)
    assert line == (
        "int8, beam 5",
        "faster-whisper int8",
        "librispeech",
        "4.10 (missed)",
        "5",
    )


def test_every_aim_that_was_measured_has_a_line() -> None:
    head, found = table(RESULTS)
    assert len(found) == 1
    assert all(len(line) == len(head) for line in found)
    assert {aim.precision for aim in AIMS} == {"int8", "float32"}
