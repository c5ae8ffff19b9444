"""What a member of a `Team` does at a stage of an operation."""

from .block_parts import multiply_part
from .job import Job, Part
from .matmul import PANEL
from .rows import Rows
from .team import Team

comptime LOT = 96
"""Rows that go through some panels together: all of a step, some of a prompt."""

comptime SHARES = 16
"""Tasks of a product for each member, so that a late one finds less to do."""


@fieldwise_init
struct Member(Copyable, Movable):
    """One of the team, at a stage."""

    var team: Team
    var members: Int
    var stage: Int

    @always_inline
    def normalise(
        mut self,
        rows: Rows,
        count: Int,
        x: Pointer[Float32, _],
        weight: Pointer[Float32, _],
        bias: Pointer[Float32, _],
    ):
        def one(i: Int) {imm}:
            rows.put_normalised(i, x.unsafe_offset(i * rows.k), weight, bias)

        self.team.share(self.stage, count, one)

    @always_inline
    def quantise(mut self, rows: Rows, count: Int, x: Pointer[Float32, _]):
        def one(i: Int) {imm}:
            rows.put(i, x.unsafe_offset(i * rows.k))

        self.team.share(self.stage, count, one)

    @always_inline
    def multiply[
        type: DType
    ](
        mut self,
        job: Job,
        y: Pointer[mut=True, Float32, _],
        x: Rows,
        panels: Pointer[Scalar[type], _],
        bias: Pointer[Float32, _],
        addend: Pointer[Float32, _],
    ):
        var panel_count = (job.n + PANEL - 1) // PANEL
        var lots = (job.rows + LOT - 1) // LOT
        var groups = min(panel_count, (SHARES * self.members + lots - 1) // lots)

        def some(t: Int) {imm}:
            var row = t // groups * LOT
            var group = t % groups
            var first = group * panel_count // groups
            var end = (group + 1) * panel_count // groups
            var part = Part(0, row, min(LOT, job.rows - row), first, end)
            multiply_part[type](job, part, y, x.since(row), panels, bias, addend)

        self.team.share(self.stage, lots * groups, some)
