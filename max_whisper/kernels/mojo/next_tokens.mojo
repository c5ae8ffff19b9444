"""`next_tokens`: what the decoder ends with to the few best tokens, in one operation.

    x ─ norm ─┬─ × some of the embedding ─ logits ─ rules ─ the best of a slice ─┐
              ├─ …                                                               ├─ best
              └─ …                                                               ┘

The vocabulary is cut into slices, each with text and timestamps apart. The logits of a
slice are left in the cache of the thread that makes them, and only its best tokens and
the sum of its probabilities go on.

If the timestamps together outweigh every single text token, a timestamp must come:

    log Σ exp(timestamp logits)  >  max(text logits)

The logarithm of each probability is taken over what is left. At a temperature above 0
the order is that of `logit / temperature + Gumbel noise`.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.memory.alloc import unsafe_alloc
from std.runtime import parallelism_level

from .best import Bests
from .block_parts import multiply_part, rows_of
from .gumbel import warm
from .job import Part, dense
from .log_sum_exp import NEVER
from .matmul import PANEL
from .member import Member
from .rules import Slice, ban, obey, penalise
from .team import Team

comptime STAGES = 3

comptime SLICE = 16
"""Panels of the embedding that are a slice: its logits of forty rows are 80 kB."""


@extensibility.register("whisper_next_tokens")
struct NextTokens:
    """`bounds[r]` is first_text, first_timestamp, end and whether it is the first token;
    `timestamp_begin` has one value; `masks[0]` is for every token, `masks[1]` for the
    first; `penalty` has one value. Row r is at `temperatures[r]` and draws by
    `seeds[r]`; `said[r]` are tokens to penalise and `banned[r]` those that may not come,
    both filled up with -1.
    """

    @staticmethod
    def execute[
        target: StaticString, weight_type: DType
    ](
        tokens: OutputTensor[dtype=DType.int32, rank=2, ...],
        logprobs: OutputTensor[dtype=DType.float32, rank=2, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        norm_weight: InputTensor[dtype=DType.float32, rank=1, ...],
        norm_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        panels: InputTensor[dtype=weight_type, rank=3, ...],
        masks: InputTensor[dtype=DType.uint8, rank=2, ...],
        bounds: InputTensor[dtype=DType.int32, rank=2, ...],
        timestamp_begin: InputTensor[dtype=DType.int32, rank=1, ...],
        temperatures: InputTensor[dtype=DType.float32, rank=1, ...],
        seeds: InputTensor[dtype=DType.uint64, rank=1, ...],
        penalty: InputTensor[dtype=DType.float32, rank=1, ...],
        said: InputTensor[dtype=DType.int32, rank=2, ...],
        banned: InputTensor[dtype=DType.int32, rank=2, ...],
        ctx: DeviceContext,
    ) raises:
        var rows = tokens.dim_size(0)
        var width = x.dim_size(2)
        var vocabulary = masks.dim_size(1)
        var count = tokens.dim_size(1)
        var timestamps = Int(timestamp_begin.unsafe_ptr().unsafe_load[width=1]())
        var factor = penalty.unsafe_ptr().unsafe_load[width=1]()
        var said_count = said.dim_size(1)
        var ban_count = banned.dim_size(1)
        var panel_size = panels.dim_size(1) * PANEL
        var slices = (vocabulary + SLICE * PANEL - 1) // (SLICE * PANEL)

        var xp = x.unsafe_ptr()
        var nw = norm_weight.unsafe_ptr()
        var nb = norm_bias.unsafe_ptr()
        var embedding = panels.unsafe_ptr()
        var mask_in = masks.unsafe_ptr()
        var bound_in = bounds.unsafe_ptr()
        var heat_in = temperatures.unsafe_ptr()
        var dice = seeds.unsafe_ptr()
        var said_in = said.unsafe_ptr()
        var ban_in = banned.unsafe_ptr()
        var token_out = tokens.unsafe_ptr()
        var logprob_out = logprobs.unsafe_ptr()

        var states = rows_of[weight_type](rows, width)
        # Text and timestamps of each slice of each row; then those of each row.
        var found = Bests(rows * slices * 2, count)
        var chosen = Bests(rows * 2, count)
        # What the last of the best in some slice scores: nothing below is among the best
        # of the row. A thread that reads an older one looks further, and finds the same.
        var floors = unsafe_alloc[Float32](rows * 2)
        for i in range(rows * 2):
            floors.unsafe_offset(i).unsafe_store(NEVER)
        var is_warm = False
        for row in range(rows):
            is_warm = is_warm or heat_in.unsafe_offset(row).unsafe_load[width=1]() > 0
        var team = Team(STAGES)
        var members = parallelism_level()

        @always_inline
        def rule(
            row: Int, slice: Slice, line: Pointer[mut=True, Float32, _]
        ) {imm} -> SIMD[DType.float32, 2]:
            """Leave what may come; the best of text and of timestamps."""
            var said_row = said_in.unsafe_offset(row * said_count)
            penalise(line, slice, factor, said_row, said_count)
            ban(line, slice, ban_in.unsafe_offset(row * ban_count), ban_count)
            var bound = bound_in.unsafe_offset(row * 4).unsafe_load[width=4]()
            var mask = mask_in.unsafe_offset(vocabulary * Int(bound[3]) + slice.first)
            return obey(line, slice, mask, bound)

        def choose(row: Int) {imm}:
            """From the best of all slices to those of the row."""
            var text = row * 2
            var time = text + 1
            for kind in range(2):
                chosen.clear(text + kind)
                for t in range(slices):
                    var part = (row * slices + t) * 2 + kind
                    chosen.join(text + kind, found, part)
            var best = time
            if chosen.weight(time) <= chosen.peak(text):
                chosen.join(text, chosen, time)
                best = text
            var total = chosen.weight(best)
            for j in range(count):
                var at = best * count + j
                var logit = chosen.logits.unsafe_offset(at).unsafe_load[width=1]()
                token_out.unsafe_offset(row * count + j).unsafe_store(
                    chosen.tokens.unsafe_offset(at).unsafe_load[width=1]()
                )
                logprob_out.unsafe_offset(row * count + j).unsafe_store(
                    logit - total if logit > NEVER else NEVER
                )

        def go(index: Int) {imm}:
            var member = Member(team.copy(), members, 0)
            member.normalise(states, rows, xp, nw, nb)
            var room = SLICE * PANEL * rows
            # Warm scores stand beside the logits they are made of.
            var logits = unsafe_alloc[Float32](2 * room if is_warm else room)

            def look_through(t: Int) {imm}:
                """The logits of a slice, and the best of them."""
                var first = t * SLICE * PANEL
                var last = min(vocabulary, first + SLICE * PANEL)
                var slice = Slice(first, last, timestamps)
                var n = slice.size()
                multiply_part[weight_type](
                    dense(rows, width, n, biased=False),
                    Part(0, 0, rows, 0, (n + PANEL - 1) // PANEL),
                    logits,
                    states,
                    embedding.unsafe_offset(t * SLICE * panel_size),
                    nb,
                    nb,
                )
                var cut = slice.place(timestamps)
                for row in range(rows):
                    var line = logits.unsafe_offset(row * n)
                    var bests = rule(row, slice, line)
                    var scores = line
                    var heat = heat_in.unsafe_offset(row).unsafe_load[width=1]()
                    if heat > 0:
                        scores = line.unsafe_offset(room)
                        var seed = dice.unsafe_offset(row).unsafe_load[width=1]()
                        warm(scores, line, n, heat, seed, first)
                    for kind in range(2):
                        var begin = cut if kind else 0
                        var end = n if kind else cut
                        found.gather(
                            (row * slices + t) * 2 + kind,
                            scores.unsafe_offset(begin),
                            line.unsafe_offset(begin),
                            end - begin,
                            first + begin,
                            bests[kind],
                            floors.unsafe_offset(row * 2 + kind),
                        )

            member.team.share(member.stage, slices, look_through)
            logits.unsafe_free()
            member.team.share(member.stage, rows, choose)

        sync_parallelize(go, members)
        team.free()
        floors.unsafe_free()
        found.free()
        chosen.free()
        states.free()
