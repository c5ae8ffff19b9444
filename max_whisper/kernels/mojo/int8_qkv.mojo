"""Layer norm and three products of it: queries, keys and values in one operation.

                                      ┌─ × q panels ──▶ q
    x ── layer norm ── quantise ──▶ int8 ─ × k panels ──▶ k
                                      └─ × v panels ──▶ v

A row is normalised and quantised once for all three; see `int8_linear.mojo`.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext

from .int8_product import BLOCK, FEW, Part, multiply_part, panels_per_task
from .int8_rows import Rows
from .linear import Job
from .matmul import PANEL


@extensibility.register("whisper_int8_qkv")
struct Int8Qkv:
    """Three matrices of one size; all have a bias but the keys'."""

    @staticmethod
    def execute[
        target: StaticString, parts: Int
    ](
        q: OutputTensor[dtype=DType.float32, rank=3, ...],
        k: OutputTensor[dtype=DType.float32, rank=3, ...],
        v: OutputTensor[dtype=DType.float32, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        weight: InputTensor[dtype=DType.float32, rank=1, ...],
        shift: InputTensor[dtype=DType.float32, rank=1, ...],
        q_panels: InputTensor[dtype=DType.int32, rank=3, ...],
        k_panels: InputTensor[dtype=DType.int32, rank=3, ...],
        v_panels: InputTensor[dtype=DType.int32, rank=3, ...],
        q_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        v_bias: InputTensor[dtype=DType.float32, rank=1, ...],
        ctx: DeviceContext,
    ) raises:
        var width = x.dim_size(2)
        var rows = x.dim_size(0) * x.dim_size(1)
        var job = Job(
            batches=1,
            rows=rows,
            k=width,
            n=q.dim_size(2),
            step=width,
            x_batch=0,
            length=rows,
            pad=0,
            addend_batch=0,
            biased=True,
            activate=False,
            add=False,
        )
        var unbiased = job.copy()
        unbiased.biased = False
        var panel_count = (job.n + PANEL - 1) // PANEL
        var xp = x.unsafe_ptr()
        var wp = weight.unsafe_ptr()
        var sp = shift.unsafe_ptr()
        var qy = q.unsafe_ptr()
        var ky = k.unsafe_ptr()
        var vy = v.unsafe_ptr()
        var qw = q_panels.unsafe_ptr()
        var kw = k_panels.unsafe_ptr()
        var vw = v_panels.unsafe_ptr()
        var qb = q_bias.unsafe_ptr()
        var vb = v_bias.unsafe_ptr()

        @always_inline
        def multiply(which: Int, part: Part, source: Rows) {imm}:
            if which == 0:
                multiply_part(job, part, qy, source, qw, qb, qb)
            elif which == 1:
                multiply_part(unbiased, part, ky, source, kw, qb, qb)
            else:
                multiply_part(job, part, vy, source, vw, vb, vb)

        if rows <= FEW:
            var each = panels_per_task(job)
            var tasks = (panel_count + each - 1) // each
            var few = Rows(rows, width, parts)
            for i in range(rows):
                few.put_normalised(i, rows, xp.unsafe_offset(i * width), wp, sp)

            def by_panels(t: Int) {imm}:
                var first = t % tasks * each
                var part = Part(0, 0, rows, first, min(panel_count, first + each))
                multiply(t // tasks, part, few)

            sync_parallelize(by_panels, 3 * tasks)
            few.free()
            return

        def by_rows(t: Int) {imm}:
            var row = t * BLOCK
            var part = Part(0, row, min(BLOCK, rows - row), 0, panel_count)
            var block = Rows(BLOCK, width, parts)
            for i in range(part.rows):
                var line = xp.unsafe_offset((row + i) * width)
                block.put_normalised(i, part.rows, line, wp, sp)
            for which in range(3):
                multiply(which, part, block)
            block.free()

        sync_parallelize(by_rows, (rows + BLOCK - 1) // BLOCK)
