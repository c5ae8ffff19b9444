"""`attention` in int8: softmax(q · kᵀ / √head_size) · v, as in `attention.mojo`.

    keys      [batch, heads, ⌈positions/32⌉, ⌈head_size/4⌉ + 2, 32]   panels of k
    values    [batch, heads, ⌈head_size/32⌉, ⌈positions/4⌉ + 2, 32]   panels of vᵀ

A few queries of one head go through the positions in spans that stay in the cache:

    q tile × key panels → scores → 2^(score - best of the span) → bytes × value panels

Spans are joined in float32, each weighed by 2^(its best - best so far); no score ever
leaves the cache. What a byte of a probability loses is relative to its own span.
"""


from .attention import Sizes
from .int8 import ROWS8
from .int8_queries import SPAN, Queries
from .matmul import PANEL

comptime ROWS_PER_TASK = 8 * ROWS8


@always_inline
def tasks_of8(sizes: Sizes) -> Int:
    """A few queries of one head each."""
    var row_tasks = (sizes.queries + ROWS_PER_TASK - 1) // ROWS_PER_TASK
    return sizes.batches * sizes.heads * row_tasks


# One copy of machine code serves encoder and decoder, whatever their shapes.
@no_inline
def attend8(
    sizes: Sizes,
    task: Int,
    y: Pointer[mut=True, Float32, _],
    q: Pointer[Float32, _],
    keys: Pointer[Int32, _],
    values: Pointer[Int32, _],
):
    """One task of an attention."""
    var key_panels = (sizes.positions + PANEL - 1) // PANEL
    var head_keys = key_panels * ((sizes.size + 3) // 4 + 2) * PANEL
    var value_panels = (sizes.size + PANEL - 1) // PANEL
    var head_values = value_panels * ((sizes.positions + 3) // 4 + 2) * PANEL
    var row_tasks = (sizes.queries + ROWS_PER_TASK - 1) // ROWS_PER_TASK
    var plane = task // row_tasks
    var first_row = task % row_tasks * ROWS_PER_TASK
    var last_row = min(sizes.queries, first_row + ROWS_PER_TASK)
    var k = keys.unsafe_offset(plane * head_keys)
    var v = values.unsafe_offset(plane * head_values)
    var queries = Queries(sizes)
    for row in range(first_row, last_row, ROWS8):
        var at = (plane // sizes.heads * sizes.queries + row) * sizes.width
        at += plane % sizes.heads * sizes.size
        queries.begin(min(ROWS8, last_row - row), q.unsafe_offset(at))
        for first in range(0, sizes.positions, SPAN):
            var end = min(SPAN, key_panels * PANEL - first)
            queries.score(k, first, end)
            queries.weigh(end)
            queries.join(v, first)
        queries.finish(y.unsafe_offset(at), v)
    queries.free()


@always_inline
def positions_of(values: Pointer[Int32, _], lines: Int) -> Int:
    """Panels hold whole quads; their last line says how many positions are real."""
    var last = values.unsafe_offset((lines - 1) * PANEL)
    return Int(last.unsafe_load[width=1]())
