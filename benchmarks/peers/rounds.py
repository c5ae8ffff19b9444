"""The rounds of a case: everybody in turn, again and again, while there is time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from benchmarks.audio import Recording, recording
from benchmarks.peers.contenders import Case, Contender
from benchmarks.peers.conversation import Conversation, Failed
from benchmarks.peers.diary import Diary
from benchmarks.peers.engines import Job
from benchmarks.peers.environments import BUILD, Missing
from benchmarks.peers.weights import weights

HEAT_SECONDS = 30.0
LIMIT = 900.0
"""Seconds after which a worker that does not answer is given up."""

Start = tuple[Contender, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is asked for."""

    rounds: int
    least: int
    threads: int
    ends: float
    """When, by `time.monotonic`, no further round begins."""

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.ends


@dataclass
class Race:
    """One case: its workers, and what is still to run."""

    case: Case
    plan: Plan
    diary: Diary
    workers: dict[str, Conversation] = field(default_factory=dict)
    out: set[Start] = field(default_factory=set)

    def run(self) -> None:
        case = self.case
        sound = recording(case.audio, case.seconds, BUILD / "audio")
        spoken = () if case.tokens else sound.utterances
        facts = {"audio_seconds": sound.seconds, "utterances": spoken}
        if not self.diary.find("case", name=case.name):
            self.diary.write("case", **described(case), **facts)
        try:
            self.heat()
            for number in range(self.plan.rounds):
                for start in self.order(number):
                    self.one(start, number, sound)
        finally:
            self.stop()

    def heat(self) -> None:
        """A short run that counts for nothing but to choose among rivals."""
        if not self.case.resident:
            return
        length = min(HEAT_SECONDS, self.case.seconds)
        sound = recording(self.case.audio, length, BUILD / "audio")
        rivals: dict[tuple[str, int], list[tuple[float, Start]]] = defaultdict(list)
        for start in self.case.entries():
            self.attempt(start, sound, kind="heat", round=-1)
            contender, beam = start
            heats = self.diary.find("heat", **self.names(start))
            if heats and contender.rivals:
                rivals[contender.rivals, beam].append((heats[0]["seconds"], start))
        for group in rivals.values():
            fastest = min(group, key=lambda pair: pair[0])
            self.out |= {start for _, start in group if start != fastest[1]}

    def order(self, number: int) -> Iterator[Start]:
        """Those still in, beginning with another one in each round."""
        starts = [start for start in self.case.entries() if start not in self.out]
        first = number * 7 % max(1, len(starts))
        yield from starts[first:] + starts[:first]

    def names(self, start: Start) -> dict[str, str | int]:
        """How the diary knows a contender in this case."""
        contender, beam = start
        return {"case": self.case.name, "contender": contender.name, "beam": beam}

    def one(self, start: Start, number: int, sound: Recording) -> None:
        """One run, unless it was made before or its share of the time is used up."""
        known = self.diary.find("run", **self.names(start))
        if any(run["round"] == number for run in known) or start in self.out:
            return
        share = 60 * self.case.minutes / len(list(self.order(0)))
        spent = sum(run["seconds"] for run in known)
        would = spent + (known[-1]["seconds"] if known else 0)
        if number and self.plan.is_over:
            return
        if number >= self.plan.least and would > share:
            return
        self.attempt(start, sound, kind="run", round=number)

    def attempt(self, start: Start, sound: Recording, *, kind: str, round: int) -> None:
        """Run and write down how it went; whoever fails is out of the race."""
        contender, beam = start
        names = self.names(start)
        say(f"{self.case.name}: {kind} {round + 1}: {contender.name}, beam {beam} … ")
        try:
            worker = self.worker(contender)
            job = self.job(contender, beam)
            request = {"audio": str(sound.path), "job": asdict(job)}
            answer = worker.ask(LIMIT, do="transcribe", **request)
        except (Failed, Missing) as error:
            self.diary.write("missing", **names, reason=str(error))
            self.out.add(start)
            self.dismiss(contender)
            say(f"{error}\n")
            return
        finally:
            if not self.case.resident:
                self.stop()
        say(f"{answer['seconds']:.2f} s, {answer['tokens']} tokens\n")
        self.diary.write(kind, **names, round=round, **answer)

    def worker(self, contender: Contender) -> Conversation:
        """The process of an engine at a precision, with its model loaded."""
        name = contender.name
        if name not in self.workers:
            path = weights(self.case.model, contender.form)
            worker = Conversation(contender.engine, self.plan.threads)
            self.workers[name] = worker
            answer = load(worker, path, contender, self.plan.threads)
            facts = {"case": self.case.name, "contender": name, **answer}
            self.diary.write("load", **facts)
        return self.workers[name]

    def job(self, contender: Contender, beam: int) -> Job:
        job = Job(beam=beam, batched=contender.batched, tokens=self.case.tokens)
        return replace(job, as_shipped=self.case.as_shipped)

    def dismiss(self, contender: Contender) -> None:
        """End a process; whoever needs it next starts it anew."""
        if worker := self.workers.pop(contender.name, None):
            worker.end()

    def stop(self) -> None:
        for worker in self.workers.values():
            worker.end()
        self.workers.clear()


def load(
    worker: Conversation, path: Path, contender: Contender, threads: int
) -> dict[str, object]:
    """Let a worker load. Raises `Failed` if it cannot."""
    request = {"weights": str(path), "precision": contender.precision}
    return worker.ask(LIMIT, do="load", **request, threads=threads)


def described(case: Case) -> dict[str, object]:
    names = ("name", "model", "audio", "tokens", "as_shipped", "resident", "minutes")
    return {name: getattr(case, name) for name in names}


def say(text: str) -> None:
    print(text, end="", flush=True)
