"""The rounds with engines that only pretend, and what is made of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.audio import Recording
from benchmarks.peers import rounds
from benchmarks.peers.contenders import OURS, REFERENCE, Case, cpp
from benchmarks.peers.conversation import Failed
from benchmarks.peers.diary import Diary
from benchmarks.peers.summary import summarise
from benchmarks.peers_tables import tables

SECONDS = {"ours": 1.0, "openai-whisper": 8.0, "whisper.cpp": 4.0}
CONTENDERS = (*OURS, REFERENCE, cpp("f16"), cpp("q8_0"))
CASE = Case(
    name="short",
    model="tiny",
    audio="librispeech",
    seconds=30,
    minutes=1,
    contenders=CONTENDERS,
    beams=(5,),
)


class Pretender:
    """A worker that answers at once; int8 of ours is refused, q8_0 is faster."""

    def __init__(self, engine: str, threads: int) -> None:
        self.engine = engine
        self.factor = 1.0

    def ask(self, limit: float, **request: Any) -> dict[str, Any]:
        if request["do"] == "load":
            if self.engine == "ours" and request["precision"] == "int8":
                raise Failed("no int8 yet")
            self.factor = 0.5 if request["precision"] == "q8_0" else 1.0
            return {"seconds": 0.1, "peak_mb": 100.0, "versions": {}, "about": None}
        seconds = SECONDS[self.engine] * self.factor
        facts = {"text": "one two", "tokens": 2, "peak_mb": 99.0}
        return {"seconds": seconds, "cpu_seconds": seconds, **facts}

    def end(self) -> None: ...


@pytest.fixture
def plan() -> rounds.Plan:
    return rounds.Plan(rounds=3, least=2, threads=2, ends=time.monotonic() + 60)


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Diary]:
    sound = Recording("short", tmp_path / "short.wav", 30.0, ("One, two.", "Three."))
    monkeypatch.setattr(rounds, "recording", lambda *_: sound)
    monkeypatch.setattr(rounds, "weights", lambda *_: tmp_path)
    monkeypatch.setattr(rounds, "Conversation", Pretender)
    yield Diary(tmp_path / "diary.jsonl", resume=False)


def split(texts: list[str]) -> list[list[str]]:
    return [text.lower().replace(",", "").replace(".", "").split() for text in texts]


def test_everybody_runs_and_the_slower_rival_does_not(
    diary: Diary, plan: rounds.Plan
) -> None:
    rounds.Race(CASE, plan, diary).run()
    ran = {run["contender"] for run in diary.find("run")}
    assert ran == {"ours float32", "openai-whisper float32", "whisper.cpp q8_0"}
    assert len(diary.find("run", contender="ours float32")) == 3
    assert len(diary.find("run", contender="openai-whisper float32")) == 2
    [missing] = diary.find("missing")
    assert (missing["contender"], missing["reason"]) == ("ours int8", "no int8 yet")


def test_a_broken_run_goes_on_where_it_stopped(
    diary: Diary, plan: rounds.Plan, tmp_path: Path
) -> None:
    rounds.Race(CASE, plan, diary).run()
    with open(tmp_path / "diary.jsonl", "a") as file:
        file.write('{"kind": "ru')
    again = Diary(tmp_path / "diary.jsonl", resume=True)
    assert again.entries == json.loads(json.dumps(diary.entries))
    rounds.Race(CASE, plan, again).run()
    assert len(again.find("run")) == len(diary.find("run"))
    assert len(again.find("case")) == 1


def test_the_summary_has_ratios_of_the_same_round(
    diary: Diary, plan: rounds.Plan
) -> None:
    rounds.Race(CASE, plan, diary).run()
    found = summarise(diary, split)
    rows = {row["contender"]: row for row in found["cases"][0]["rows"]}
    reference = rows["openai-whisper float32"]
    assert reference["against"]["ours float32"]["median"] == 8
    assert reference["against"]["ours float32"]["rounds"] == 2
    assert reference["rtfx"] == 30 / 8
    assert (reference["wer_all"], reference["lost"]) == (1 / 3, 1)
    assert reference["against"]["ours float32"]["wer"] == 0


def test_the_tables_have_a_row_for_each(diary: Diary, plan: rounds.Plan) -> None:
    rounds.Race(CASE, plan, diary).run()
    race, _, missing = tables(summarise(diary, split))
    assert [row[0] for row in race[2]] == [
        "ours float32",
        "whisper.cpp q8_0",
        "openai-whisper float32",
    ]
    assert all(len(row) == len(race[1]) for row in race[2])
    assert missing[2] == [("ours int8", "short", "no int8 yet")]
