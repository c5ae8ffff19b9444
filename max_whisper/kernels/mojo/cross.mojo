"""What a layer of the decoder hears of a window: keys and values, made and packed at once.

    x ─┬─ k ─ panels of k
       └─ v │ panels of v

Two stages of a `Team`; see `encoder_block.mojo`.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.memory.alloc import unsafe_alloc
from std.runtime import parallelism_level

from .block_parts import multiply_part, pack_channels, pack_heads, rows_of
from .job import Part, dense
from .matmul import PANEL
from .memory import Heads
from .team import Team

comptime STAGES = 2


@extensibility.register("whisper_cross")
struct Cross:
    """`v` is memory between the stages."""

    @staticmethod
    def execute[
        target: StaticString, weight_type: DType, memory_type: DType
    ](
        keys: OutputTensor[dtype=memory_type, rank=5, ...],
        values: OutputTensor[dtype=memory_type, rank=5, ...],
        v: OutputTensor[dtype=DType.float32, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        k_panels: InputTensor[dtype=weight_type, rank=3, ...],
        v_panels: InputTensor[dtype=weight_type, rank=3, ...],
        v_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        ctx: DeviceContext,
    ) raises:
        var batches = x.dim_size(0)
        var positions = x.dim_size(1)
        var width = x.dim_size(2)
        var heads = Heads(positions, width, keys.dim_size(1))
        var key_lines = keys.dim_size(3)
        var value_lines = values.dim_size(3)
        var square = dense(positions, width, width)
        var unbiased = dense(PANEL, width, width, biased=False)
        var panels = (width + PANEL - 1) // PANEL
        var team = Team(STAGES)
        var xp = x.unsafe_ptr()
        var kp = keys.unsafe_ptr()
        var vap = values.unsafe_ptr()
        var vp = v.unsafe_ptr()
        var wk = k_panels.unsafe_ptr()
        var wv = v_panels.unsafe_ptr()
        var bv = v_bias.unsafe_ptr()

        def project(t: Int) {imm}:
            """The keys and values of 32 positions."""
            var batch = t // heads.key_panels()
            var p = t % heads.key_panels()
            var rows = min(PANEL, positions - p * PANEL)
            var kept = rows_of[weight_type](PANEL, width)
            var k = unsafe_alloc[Float32](PANEL * width)
            for i in range(rows):
                var row = batch * positions + p * PANEL + i
                kept.put(i, xp.unsafe_offset(row * width))
            var here = Part(batch, p * PANEL, rows, 0, panels)
            multiply_part[weight_type](square, here, vp, kept, wv, bv, bv)
            var all = Part(0, 0, rows, 0, panels)
            multiply_part[weight_type](unbiased, all, k, kept, wk, bv, bv)
            pack_heads[memory_type](heads, kp, key_lines, k, batch, p)
            k.unsafe_free()
            kept.free()

        def pack(t: Int) {imm}:
            """The values of some channels of a head."""
            pack_channels[memory_type](heads, vap, value_lines, vp, t)

        def go(index: Int) {imm}:
            var stage = 0
            team.share(stage, batches * heads.key_panels(), project)
            team.share(stage, batches * heads.heads * heads.value_panels(), pack)

        sync_parallelize(go, parallelism_level())
        team.free()
