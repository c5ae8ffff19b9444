"""A block of the encoder, for all positions of a window, in one operation.

    x ─ norm ─┬─ q ────────────────┐
    │         ├─ k ─ panels of k ──┼─ attention ─ out ─┬─ norm ─ fc1 ─ GELU ─ fc2 ─┬─ y
    │         └─ v │ panels of v ──┘         │         │             │             │
    │              │                         │         └──────────── + ────────────┘
    └──────────────│──────────────────────── + ────────┘

Four stages of a `Team`: up to each │ whoever is free takes the next few positions, panels or
heads. What a few positions need in between (keys before they are packed, the four times wider
layer of the feed-forward part) stays in the cache of the processor that works on them.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.memory.alloc import unsafe_alloc
from std.runtime import parallelism_level

from .attention import Sizes
from .block_parts import (
    attend_part,
    attend_tasks,
    multiply_part,
    pack_channels,
    pack_heads,
    rows_of,
)
from .job import Part, dense, onto
from .matmul import PANEL
from .memory import Heads
from .team import Team

comptime STAGES = 4

comptime FINISHED = 48
"""Positions that a task takes from the attention to the end."""


@extensibility.register("whisper_encoder_block")
struct EncoderBlock:
    """Inputs as in the model, in their order; of the products all have a bias but the one
    for keys. All outputs but `y` are memory between the stages.
    """

    @staticmethod
    def execute[
        target: StaticString, weight_type: DType, memory_type: DType
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        q: OutputTensor[dtype=DType.float32, rank=3, ...],
        v: OutputTensor[dtype=DType.float32, rank=3, ...],
        seen: OutputTensor[dtype=DType.float32, rank=3, ...],
        keys: OutputTensor[dtype=memory_type, rank=5, ...],
        values: OutputTensor[dtype=memory_type, rank=5, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        norm_weight: InputTensor[dtype=DType.float32, rank=1, ...],
        norm_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        q_panels: InputTensor[dtype=weight_type, rank=3, ...],
        q_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        k_panels: InputTensor[dtype=weight_type, rank=3, ...],
        v_panels: InputTensor[dtype=weight_type, rank=3, ...],
        v_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        out_panels: InputTensor[dtype=weight_type, rank=3, ...],
        out_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        final_norm_weight: InputTensor[dtype=DType.float32, rank=1, ...],
        final_norm_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        fc1_panels: InputTensor[dtype=weight_type, rank=3, ...],
        fc1_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        fc2_panels: InputTensor[dtype=weight_type, rank=3, ...],
        fc2_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        ctx: DeviceContext,
    ) raises:
        var batches = x.dim_size(0)
        var positions = x.dim_size(1)
        var width = x.dim_size(2)
        var hidden = fc1_bias.dim_size(0)
        var heads = Heads(positions, width, keys.dim_size(1))
        var planes = batches * heads.heads
        var key_lines = keys.dim_size(3)
        var value_lines = values.dim_size(3)
        var heard = Sizes(
            batches=batches,
            queries=positions,
            width=width,
            heads=heads.heads,
            size=heads.size(),
            positions=positions,
        )
        var square = dense(positions, width, width)
        var unbiased = dense(PANEL, width, width, biased=False)
        var up = dense(FINISHED, width, hidden, activate=True)
        var down = onto(dense(FINISHED, hidden, width))
        var added = onto(dense(FINISHED, width, width))
        var panels = (width + PANEL - 1) // PANEL
        var hidden_panels = (hidden + PANEL - 1) // PANEL
        var team = Team(STAGES)

        var xp = x.unsafe_ptr()
        var yp = y.unsafe_ptr()
        var qp = q.unsafe_ptr()
        var vp = v.unsafe_ptr()
        var sp = seen.unsafe_ptr()
        var kp = keys.unsafe_ptr()
        var vap = values.unsafe_ptr()
        var n1 = norm_weight.unsafe_ptr()
        var n1b = norm_bias.unsafe_ptr()
        var wq = q_panels.unsafe_ptr()
        var bq = q_bias.unsafe_ptr()
        var wk = k_panels.unsafe_ptr()
        var wv = v_panels.unsafe_ptr()
        var bv = v_bias.unsafe_ptr()
        var wo = out_panels.unsafe_ptr()
        var bo = out_bias.unsafe_ptr()
        var n2 = final_norm_weight.unsafe_ptr()
        var n2b = final_norm_bias.unsafe_ptr()
        var w1 = fc1_panels.unsafe_ptr()
        var b1 = fc1_bias.unsafe_ptr()
        var w2 = fc2_panels.unsafe_ptr()
        var b2 = fc2_bias.unsafe_ptr()
        # Stands for a bias or an addend that a product has not, and does not read.
        var none = bq

        def project(t: Int) {imm}:
            """The queries, keys and values of 32 positions."""
            var batch = t // heads.key_panels()
            var p = t % heads.key_panels()
            var rows = min(PANEL, positions - p * PANEL)
            var narrow = rows_of[weight_type](PANEL, width)
            var k = unsafe_alloc[Float32](PANEL * width)
            for i in range(rows):
                var row = batch * positions + p * PANEL + i
                narrow.put_normalised(i, xp.unsafe_offset(row * width), n1, n1b)
            var here = Part(batch, p * PANEL, rows, 0, panels)
            multiply_part[weight_type](square, here, qp, narrow, wq, bq, none)
            multiply_part[weight_type](square, here, vp, narrow, wv, bv, none)
            var all = Part(0, 0, rows, 0, panels)
            multiply_part[weight_type](unbiased, all, k, narrow, wk, none, none)
            pack_heads[memory_type](heads, kp, key_lines, k, batch, p)
            k.unsafe_free()
            narrow.free()

        def pack(t: Int) {imm}:
            """The values of some channels of a head."""
            pack_channels[memory_type](heads, vap, value_lines, vp, t)

        def attend(t: Int) {imm}:
            attend_part[memory_type](heard, t, sp, qp, kp, vap)

        def finish(t: Int) {imm}:
            """All that follows the attention, for a few positions."""
            var first = t * FINISHED
            var rows = min(FINISHED, batches * positions - first)
            var at = first * width
            var narrow = rows_of[weight_type](FINISHED, width)
            var wide = rows_of[weight_type](FINISHED, hidden)
            var sum = unsafe_alloc[Float32](FINISHED * (width + hidden))
            var h = sum.unsafe_offset(FINISHED * width)
            var all = Part(0, 0, rows, 0, panels)
            for i in range(rows):
                narrow.put(i, sp.unsafe_offset(at + i * width))
            var below = xp.unsafe_offset(at)
            multiply_part[weight_type](added, all, sum, narrow, wo, bo, below)
            for i in range(rows):
                narrow.put_normalised(i, sum.unsafe_offset(i * width), n2, n2b)
            var every = Part(0, 0, rows, 0, hidden_panels)
            multiply_part[weight_type](up, every, h, narrow, w1, b1, none)
            for i in range(rows):
                wide.put(i, h.unsafe_offset(i * hidden))
            multiply_part[weight_type](down, all, yp.unsafe_offset(at), wide, w2, b2, sum)
            sum.unsafe_free()
            wide.free()
            narrow.free()

        def go(index: Int) {imm}:
            var stage = 0
            team.share(stage, batches * heads.key_panels(), project)
            team.share(stage, planes * heads.value_panels(), pack)
            team.share(stage, attend_tasks[memory_type](heard), attend)
            team.share(stage, (batches * positions + FINISHED - 1) // FINISHED, finish)

        sync_parallelize(go, parallelism_level())
        team.free()
