"""The best few of a row's tokens, found in parts.

A part of a row has its own best, and a sum of exponentials beside it:

    part      best   Σ exp(logit - best)   scores   tokens   logits       best first

Of two parts the best are among the best of each, and sums are joined as

    Σ  =  Σ₁ · exp(best₁ - best) + Σ₂ · exp(best₂ - best)
"""

from std.math import exp, log
from std.memory.alloc import unsafe_alloc

from .log_sum_exp import NEVER, sum_exp
from .matmul import WIDTH


struct Bests(Copyable, Movable):
    """The best `count` tokens of each of so many parts."""

    var count: Int
    var peaks: Pointer[Float32, MutUntrackedOrigin]
    var sums: Pointer[Float32, MutUntrackedOrigin]
    var scores: Pointer[Float32, MutUntrackedOrigin]
    var logits: Pointer[Float32, MutUntrackedOrigin]
    var tokens: Pointer[Int32, MutUntrackedOrigin]

    def __init__(out self, parts: Int, count: Int):
        self.count = count
        self.peaks = unsafe_alloc[Float32](parts)
        self.sums = unsafe_alloc[Float32](parts)
        self.scores = unsafe_alloc[Float32](parts * count)
        self.logits = unsafe_alloc[Float32](parts * count)
        self.tokens = unsafe_alloc[Int32](parts * count)

    def free(self):
        self.peaks.unsafe_free()
        self.sums.unsafe_free()
        self.scores.unsafe_free()
        self.logits.unsafe_free()
        self.tokens.unsafe_free()

    @always_inline
    def clear(self, part: Int):
        """Nothing may come."""
        self.peaks.unsafe_offset(part).unsafe_store(NEVER)
        self.sums.unsafe_offset(part).unsafe_store(Float32(0))
        for j in range(part * self.count, (part + 1) * self.count):
            self.scores.unsafe_offset(j).unsafe_store(NEVER)
            self.logits.unsafe_offset(j).unsafe_store(NEVER)
            self.tokens.unsafe_offset(j).unsafe_store(Int32(0))

    @always_inline
    def peak(self, part: Int) -> Float32:
        return self.peaks.unsafe_offset(part).unsafe_load[width=1]()

    @always_inline
    def sum(self, part: Int) -> Float32:
        return self.sums.unsafe_offset(part).unsafe_load[width=1]()

    @always_inline
    def weight(self, part: Int) -> Float32:
        """The logarithm of the sum of all exponentials."""
        if self.peak(part) == NEVER:
            return NEVER
        return self.peak(part) + log(self.sum(part))

    @always_inline
    def least(self, part: Int) -> Float32:
        """The last of the best scores; minus infinity while there is room."""
        var last = self.scores.unsafe_offset((part + 1) * self.count - 1)
        return last.unsafe_load[width=1]()

    @always_inline
    def offer(self, part: Int, score: Float32, logit: Float32, token: Int32):
        """Take it if it is better than the least; of equals the first one stays ahead."""
        var first = part * self.count
        var at = first + self.count - 1
        if score <= self.scores.unsafe_offset(at).unsafe_load[width=1]():
            return
        while at > first:
            var before = self.scores.unsafe_offset(at - 1).unsafe_load[width=1]()
            if before >= score:
                break
            self.put(
                at,
                before,
                self.logits.unsafe_offset(at - 1).unsafe_load[width=1](),
                self.tokens.unsafe_offset(at - 1).unsafe_load[width=1](),
            )
            at -= 1
        self.put(at, score, logit, token)

    @always_inline
    def put(self, at: Int, score: Float32, logit: Float32, token: Int32):
        self.scores.unsafe_offset(at).unsafe_store(score)
        self.logits.unsafe_offset(at).unsafe_store(logit)
        self.tokens.unsafe_offset(at).unsafe_store(token)

    @always_inline
    def gather(
        self,
        part: Int,
        scores: Pointer[Float32, _],
        logits: Pointer[Float32, _],
        n: Int,
        token: Int,
        best: Float32,
        floor: Pointer[mut=True, Float32, _],
    ):
        """Make a part of `n` tokens from `token` on, whose best logit is `best`.

        What scores below `floor` is not looked for; it rises with what is found.
        """
        self.clear(part)
        if best == NEVER:
            return
        self.peaks.unsafe_offset(part).unsafe_store(best)
        self.sums.unsafe_offset(part).unsafe_store(sum_exp(logits, 0, n, best))
        var lowest = floor.unsafe_load[width=1]()
        var least = NEVER
        for first in range(0, n, WIDTH):
            if first + WIDTH <= n:
                var some = scores.unsafe_offset(first).unsafe_load[width=WIDTH]()
                if not (some.gt(least) & some.ge(lowest)).reduce_or():
                    continue
            for i in range(first, min(n, first + WIDTH)):
                var score = scores.unsafe_offset(i).unsafe_load[width=1]()
                if score > least and score >= lowest:
                    var logit = logits.unsafe_offset(i).unsafe_load[width=1]()
                    self.offer(part, score, logit, Int32(token + i))
                    least = self.least(part)
        if least > lowest:
            floor.unsafe_store(least)

    @always_inline
    def join(self, part: Int, other: Self, other_part: Int):
        """Take in what comes after all that this part has."""
        var more = other.peak(other_part)
        if more == NEVER:
            return
        var best = max(self.peak(part), more)
        var sum = self.sum(part) * exp(self.peak(part) - best)
        sum += other.sum(other_part) * exp(more - best)
        self.peaks.unsafe_offset(part).unsafe_store(best)
        self.sums.unsafe_offset(part).unsafe_store(sum)
        var first = other_part * other.count
        for j in range(first, first + other.count):
            var score = other.scores.unsafe_offset(j).unsafe_load[width=1]()
            if score <= self.least(part):
                break
            self.offer(
                part,
                score,
                other.logits.unsafe_offset(j).unsafe_load[width=1](),
                other.tokens.unsafe_offset(j).unsafe_load[width=1](),
            )
