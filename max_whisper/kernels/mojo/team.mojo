"""A team: the threads go through the stages of one operation together.

    member 0   ▓ stage 0 ▓▓│▓▓ stage 1 │▓▓▓ stage 2 …
    member 1   ▓▓▓▓ 0 ▓▓▓▓▓│▓▓▓▓ 1 ▓▓▓▓│▓▓ 2 …

Whoever is free takes the next task of a stage; nobody goes on before all of its tasks
are done. That costs a microsecond where an operation of its own, with a start of all
threads, costs ten or more: too much for a token step, whose products take as long.

A member waits only for tasks that another one is at work on, never for a member that has
not come: the first one alone would do everything.
"""

from std.atomic import Atomic
from std.ffi import external_call
from std.memory.alloc import unsafe_alloc
from std.os import abort

comptime LINE = 8
"""Int64 of a cache line: counters that several threads write lie apart."""

comptime PATIENCE = 4096
"""Looks at a counter before the processor is offered to somebody else."""


struct Team(Copyable, Movable):
    """Counters of the tasks taken and done, for each of so many stages."""

    var stages: Int
    var counts: Pointer[Int64, MutUntrackedOrigin]

    def __init__(out self, stages: Int):
        self.stages = stages
        self.counts = unsafe_alloc[Int64](stages * 2 * LINE)
        for i in range(stages * 2 * LINE):
            self.counts.unsafe_offset(i).unsafe_store(Int64(0))

    def free(self):
        self.counts.unsafe_free()

    @always_inline
    def share[Work: def (Int) -> None](self, mut stage: Int, count: Int, work: Work):
        """Do the tasks 0 to `count - 1` of a stage with the others, and go to the next."""
        if stage >= self.stages:
            abort("a team has fewer stages than it is led through")
        var taken = self.counts.unsafe_offset(stage * 2 * LINE)
        var done = taken.unsafe_offset(LINE)
        while True:
            var task = Int(Atomic[Int64].fetch_add(taken, Int64(1)))
            if task >= count:
                break
            work(task)
            _ = Atomic[Int64].fetch_add(done, Int64(1))
        var looks = 0
        while Int(Atomic[Int64].load(done)) < count:
            looks += 1
            if looks % PATIENCE == 0:
                _ = external_call["sched_yield", Int32]()
        stage += 1
