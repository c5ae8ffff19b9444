"""What a user waits for in all: from the start of a process to its end."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict

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
    with tempfile.TemporaryDirectory() as folder:
        for contender in distinct(contenders):
            variables = fresh_caches(folder)
            for number in range(1 + min(AGAIN, plan.rounds)):
                if not one(contender, sound, plan, diary, number, variables):
                    break


def distinct(contenders: tuple[Contender, ...]) -> Iterator[Contender]:
    """Those that differ in engine or precision."""
    yield from {(c.engine, c.precision): c for c in reversed(contenders)}.values()


def one(
    contender: Contender,
    sound: Recording,
    plan: Plan,
    diary: Diary,
    number: int,
    variables: dict[str, str],
) -> bool:
    """A whole process; whether it went well."""
    if diary.find("start", contender=contender.name, round=number):
        return True
    job = asdict(Job(beam=contender.beams[0]))
    say(f"start {number + 1}: {contender.name} … ")
    try:
        path = weights("tiny", contender.form)
        begin = time.perf_counter()
        worker = Conversation(contender.engine, plan.threads, **variables)
        loaded = load(worker, path, contender, plan.threads)
        ready = time.perf_counter() - begin
        worker.ask(LIMIT, do="transcribe", audio=str(sound.path), job=job)
        worker.finish()
    except (Failed, Missing) as error:
        diary.write(
            "missing", case="start", contender=contender.name, reason=str(error)
        )
        say(f"{error}\n")
        return False
    seconds = time.perf_counter() - begin
    say(f"{seconds:.2f} s\n")
    facts = {"seconds": seconds, "ready": ready, "load": loaded["seconds"]}
    diary.write("start", contender=contender.name, round=number, **facts)
    return True
