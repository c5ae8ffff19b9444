"""Small things that are done to vectors."""

from .matmul import WIDTH, Vector


@always_inline
def larger(a: Vector, b: Vector) -> Vector:
    """The larger, lane by lane: `max` without its care for what is not a number."""
    return a.gt(b).select(a, b)


@always_inline
def copy(y: Pointer[mut=True, Float32, _], x: Pointer[Float32, _], n: Int):
    """Copy `n` values of x to y."""
    var whole = n // WIDTH * WIDTH
    for i in range(0, whole, WIDTH):
        y.unsafe_offset(i).unsafe_store(x.unsafe_offset(i).unsafe_load[width=WIDTH]())
    for i in range(whole, n):
        y.unsafe_offset(i).unsafe_store(x.unsafe_offset(i).unsafe_load[width=1]())
