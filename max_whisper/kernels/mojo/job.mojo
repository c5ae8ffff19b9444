"""What a product is to do: its sizes, what follows it, and the part of one task."""

@fieldwise_init
struct Job(Copyable, Movable):
    """The sizes of a product, in elements, and what follows it.

    `step` and `x_batch` are the distances of two rows and two batches of x, `length` is
    the rows of a batch of y with its padding, `addend_batch` is 0 if all batches share
    one addend.
    """

    var batches: Int
    var rows: Int
    var k: Int
    var n: Int
    var step: Int
    var x_batch: Int
    var length: Int
    var pad: Int
    var addend_batch: Int
    var biased: Bool
    var activate: Bool
    var add: Bool

    def join(mut self, shared: Bool):
        """Make one long batch of a dense x: a step of several rows reads each weight once.

        `shared` says that all batches have one addend.
        """
        if self.step == self.k and self.pad == 0 and not shared:
            self.rows *= self.batches
            self.length = self.rows
            self.batches = 1
        self.addend_batch = 0 if shared else self.rows * self.n

    def clear(self, y: Pointer[mut=True, Float32, _]):
        """Write the rows of zeros that pad y."""
        for batch in range(self.batches):
            for i in range(self.n * self.pad):
                var first = batch * self.length * self.n
                var last = first + (self.length - self.pad) * self.n
                y.unsafe_offset(first + i).unsafe_store(Float32(0))
                y.unsafe_offset(last + i).unsafe_store(Float32(0))


@fieldwise_init
struct Part(Copyable, Movable):
    """Some rows of a batch, and some panels: from `panel` to before `end`."""

    var batch: Int
    var row: Int
    var rows: Int
    var panel: Int
    var end: Int


@always_inline
def dense(
    rows: Int, k: Int, n: Int, *, biased: Bool = True, activate: Bool = False
) -> Job:
    """A linear layer of so many rows, onto nothing."""
    return Job(
        batches=1,
        rows=rows,
        k=k,
        n=n,
        step=k,
        x_batch=0,
        length=rows,
        pad=0,
        addend_batch=0,
        biased=biased,
        activate=activate,
        add=False,
    )


@always_inline
def onto(job: Job) -> Job:
    """The same onto a residual."""
    var found = job.copy()
    found.add = True
    return found^
