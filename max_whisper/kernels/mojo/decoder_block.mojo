"""A block of the decoder in one operation.

    x ─ norm ─ q k v ─ cached attention ─ out ─┬─ norm ─ q ─ attention ─ out ─┬─ …
    └───────────────── + ──────────────────────┘└───────────── + ─────────────┘

      … ─ norm ─ fc1 ─ GELU ─ fc2 ─┬─ y
     └───────────── + ────────────┘

Each arrow is a stage of a `Team`: of the rows where something is normalised or kept for
a product, of the panels where something is multiplied, of rows and heads where something
is attended to.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from extensibility import _MutableInputTensor as MutableInputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.memory.alloc import unsafe_alloc
from std.runtime import parallelism_level

from .attention import Sizes
from .block_parts import attend_part, attend_tasks, positions_in, rows_of
from .cached_attention import Past, attend_past
from .job import dense, onto
from .member import Member
from .team import Team

comptime STAGES = 16


@extensibility.register("whisper_decoder_block")
struct DecoderBlock:
    """Inputs as in the model, in their order; of the products all have a bias but the one
    for keys. `queries` is what the cross-attention asks.
    """

    @staticmethod
    def execute[
        target: StaticString,
        weight_type: DType,
        memory_type: DType,
        cache_type: DType,
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        queries: OutputTensor[dtype=DType.float32, rank=3, ...],
        key_cache: MutableInputTensor[dtype=cache_type, rank=3, ...],
        value_cache: MutableInputTensor[dtype=cache_type, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        slots: InputTensor[dtype=DType.int32, rank=1, ...],
        starts: InputTensor[dtype=DType.int32, rank=1, ...],
        ancestors: InputTensor[dtype=DType.int32, rank=2, ...],
        cross_keys: InputTensor[dtype=memory_type, rank=5, ...],
        cross_values: InputTensor[dtype=memory_type, rank=5, ...],
        self_norm_weight: InputTensor[dtype=DType.float32, rank=1, ...],
        self_norm_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        q_panels: InputTensor[dtype=weight_type, rank=3, ...],
        q_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        k_panels: InputTensor[dtype=weight_type, rank=3, ...],
        v_panels: InputTensor[dtype=weight_type, rank=3, ...],
        v_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        out_panels: InputTensor[dtype=weight_type, rank=3, ...],
        out_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        cross_norm_weight: InputTensor[dtype=DType.float32, rank=1, ...],
        cross_norm_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        cross_q_panels: InputTensor[dtype=weight_type, rank=3, ...],
        cross_q_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        cross_out_panels: InputTensor[dtype=weight_type, rank=3, ...],
        cross_out_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        final_norm_weight: InputTensor[dtype=DType.float32, rank=1, ...],
        final_norm_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        fc1_panels: InputTensor[dtype=weight_type, rank=3, ...],
        fc1_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        fc2_panels: InputTensor[dtype=weight_type, rank=3, ...],
        fc2_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        ctx: DeviceContext,
    ) raises:
        var width = x.dim_size(2)
        var heads = cross_keys.dim_size(1)
        var rows = x.dim_size(0) * x.dim_size(1)
        var hidden = fc1_bias.dim_size(0)
        var past = Past(
            rows=slots.dim_size(0),
            family=slots.dim_size(0) // x.dim_size(0),
            tokens=rows // slots.dim_size(0),
            width=width,
            heads=heads,
            capacity=key_cache.dim_size(1),
            path=ancestors.dim_size(1),
        )
        var values = cross_values.unsafe_ptr()
        var heard = Sizes(
            batches=x.dim_size(0),
            queries=x.dim_size(1),
            width=width,
            heads=heads,
            size=width // heads,
            positions=positions_in[memory_type](values, cross_values.dim_size(3)),
        )
        var square = dense(rows, width, width)
        var unbiased = dense(rows, width, width, biased=False)
        var up = dense(rows, width, hidden, activate=True)
        var down = onto(dense(rows, hidden, width))
        var added = onto(square)

        var size = rows * width
        var q = unsafe_alloc[Float32](5 * size + rows * hidden)
        var k = q.unsafe_offset(size)
        var v = q.unsafe_offset(2 * size)
        var seen = q.unsafe_offset(3 * size)
        var sum = q.unsafe_offset(4 * size)
        var h = q.unsafe_offset(5 * size)
        var narrow = rows_of[weight_type](rows, width)
        var wide = rows_of[weight_type](rows, hidden)
        var team = Team(STAGES)
        var members = parallelism_level()
        past.part_families(members)

        var xp = x.unsafe_ptr()
        var yp = y.unsafe_ptr()
        var asked = queries.unsafe_ptr()
        var key_memory = key_cache.unsafe_ptr()
        var value_memory = value_cache.unsafe_ptr()
        var slot_of = slots.unsafe_ptr()
        var start_of = starts.unsafe_ptr()
        var ancestor_of = ancestors.unsafe_ptr()
        var keys = cross_keys.unsafe_ptr()
        var n1 = self_norm_weight.unsafe_ptr()
        var n1b = self_norm_bias.unsafe_ptr()
        var wq = q_panels.unsafe_ptr()
        var bq = q_bias.unsafe_ptr()
        var wk = k_panels.unsafe_ptr()
        var wv = v_panels.unsafe_ptr()
        var bv = v_bias.unsafe_ptr()
        var wo = out_panels.unsafe_ptr()
        var bo = out_bias.unsafe_ptr()
        var n2 = cross_norm_weight.unsafe_ptr()
        var n2b = cross_norm_bias.unsafe_ptr()
        var wcq = cross_q_panels.unsafe_ptr()
        var bcq = cross_q_bias.unsafe_ptr()
        var wco = cross_out_panels.unsafe_ptr()
        var bco = cross_out_bias.unsafe_ptr()
        var n3 = final_norm_weight.unsafe_ptr()
        var n3b = final_norm_bias.unsafe_ptr()
        var w1 = fc1_panels.unsafe_ptr()
        var b1 = fc1_bias.unsafe_ptr()
        var w2 = fc2_panels.unsafe_ptr()
        var b2 = fc2_bias.unsafe_ptr()
        # Stands for a bias or an addend that a product has not, and does not read.
        var none = bq

        def go(index: Int) {imm}:
            var member = Member(team.copy(), members, 0)

            member.normalise(narrow, rows, xp, n1, n1b)
            member.multiply[weight_type](square, q, narrow, wq, bq, none)
            member.multiply[weight_type](unbiased, k, narrow, wk, none, none)
            member.multiply[weight_type](square, v, narrow, wv, bv, none)

            def look_back(t: Int) {imm}:
                attend_past[cache_type](
                    past,
                    t,
                    seen,
                    q,
                    k,
                    v,
                    key_memory,
                    value_memory,
                    slot_of,
                    start_of,
                    ancestor_of,
                )

            team.share(member.stage, past.tasks(), look_back)
            member.quantise(narrow, rows, seen)
            member.multiply[weight_type](added, sum, narrow, wo, bo, xp)

            member.normalise(narrow, rows, sum, n2, n2b)
            member.multiply[weight_type](square, asked, narrow, wcq, bcq, none)

            def listen(t: Int) {imm}:
                attend_part[memory_type](heard, t, seen, asked, keys, values)

            team.share(member.stage, attend_tasks[memory_type](heard), listen)
            member.quantise(narrow, rows, seen)
            member.multiply[weight_type](added, sum, narrow, wco, bco, sum)

            member.normalise(narrow, rows, sum, n3, n3b)
            member.multiply[weight_type](up, h, narrow, w1, b1, none)
            member.quantise(wide, rows, h)
            member.multiply[weight_type](down, yp, wide, w2, b2, sum)

        sync_parallelize(go, members)
        team.free()
        narrow.free()
        wide.free()
        q.unsafe_free()
