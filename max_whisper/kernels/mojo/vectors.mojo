"""Small things that are done to vectors."""

from .matmul import WIDTH, Vector


@always_inline
def larger(a: Vector, b: Vector) -> Vector:
    """The larger, lane by lane: `max` without its care for what is not a number."""
    return a.gt(b).select(a, b)


@always_inline
def copy[
    type: DType
](y: Pointer[mut=True, Scalar[type], _], x: Pointer[Float32, _], n: Int):
    """Copy `n` values of x to y, in the precision of y."""

    @always_inline
    def some[width: Int](i: Int) {imm}:
        var value = x.unsafe_offset(i).unsafe_load[width=width]()
        y.unsafe_offset(i).unsafe_store(value.cast[type]())

    var whole = n // WIDTH * WIDTH
    for i in range(0, whole, WIDTH):
        some[WIDTH](i)
    for i in range(whole, n):
        some[1](i)
