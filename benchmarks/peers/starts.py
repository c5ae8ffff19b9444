"""What a user waits for in all: from the start of a process to its end."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from benchmarks.audio import Recording, recording
from benchmarks.peers.contenders import Contender
from benchmarks.peers.conversation import Conversation, Failed, fresh_caches
from benchmarks.peers.diary import Diary
from benchmarks.peers.engines import Job
from benchmarks.peers.environments import BUILD, Missing
from benchmarks.peers.rounds import LIMIT, Plan, load, say
from benchmarks.peers.weights import weights

CLIP = "jfk"
AGAIN = 3


def measure(contenders: tuple[Contender, ...], plan: Plan, diary: Diary) -> None:
    """First runs with nothing cached, then later ones, everybody in turn."""
    sound = recording(CLIP, 60, BUILD / "audio")
    starting = distinct(contenders)
    with tempfile.TemporaryDirectory() as folder:
        starts = Starts(sound, plan, diary, fresh_caches(folder))
        for number in range(1 + min(AGAIN, plan.rounds)):
            starting = [each for each in starting if starts.one(each, number)]


def distinct(contenders: Iterable[Contender]) -> list[Contender]:
    """Those that differ in engine or precision."""
    found: dict[tuple[str, str], Contender] = {}
    for contender in contenders:
        found.setdefault((contender.engine, contender.precision), contender)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Starts:
    """Whole processes that transcribe one clip; `variables` name their caches."""

    sound: Recording
    plan: Plan
    diary: Diary
    variables: dict[str, str]

    def one(self, contender: Contender, number: int) -> bool:
        """Time a process, unless it was before; whether it went well."""
        name = contender.name
        if self.diary.find("start", contender=name, round=number):
            return True
        say(f"start {number + 1}: {name} … ")
        try:
            facts = self.process(contender)
        except (Failed, Missing) as error:
            reason = str(error)
            self.diary.write("missing", case="start", contender=name, reason=reason)
            say(f"{reason}\n")
            return False
        say(f"{facts['seconds']:.2f} s\n")
        self.diary.write("start", contender=name, round=number, **facts)
        return True

    def process(self, contender: Contender) -> dict[str, float]:
        """The seconds of a process, and those until its model was loaded."""
        path = weights("tiny", contender.form)
        job = asdict(Job(beam=contender.beams[0]))
        begin = time.perf_counter()
        worker = Conversation(contender.engine, self.plan.threads, **self.variables)
        try:
            load(worker, path, contender, self.plan.threads)
            ready = time.perf_counter() - begin
            worker.ask(LIMIT, do="transcribe", audio=str(self.sound.path), job=job)
            worker.finish()
            return {"seconds": time.perf_counter() - begin, "ready": ready}
        finally:
            worker.end()
