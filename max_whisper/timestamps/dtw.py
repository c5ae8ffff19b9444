"""Dynamic time warping: the cheapest way through a matrix, as `dtw` in openai/whisper.

A step goes on to the next token, to the next position, or to both. All cells of an
anti-diagonal depend on the two before it alone, so each is worked out at once:

          positions ▶
    tokens  0 1 2 3 …
       ▼    1 2 3 4
            2 3 4 5
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BOTH, TOKEN, POSITION = 0, 1, 2


def dtw(costs: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cheapest path through `costs [tokens, positions]`: its rows and its columns.

    Of equal ways the one from the position before is taken.
    """
    tokens, positions = costs.shape
    steps = np.full((tokens, positions), POSITION, np.int8)
    # Totals of the two diagonals before, by token, with a place before the first token.
    last = np.full(tokens + 1, np.inf, np.float32)
    before = last.copy()
    before[0] = 0
    for diagonal in range(tokens + positions - 1):
        rows = np.arange(max(0, diagonal - positions + 1), min(tokens, diagonal + 1))
        columns = diagonal - rows
        both, token, position = before[rows], last[rows], last[rows + 1]
        step = np.where((both < token) & (both < position), BOTH, POSITION)
        step[(token < both) & (token < position)] = TOKEN
        steps[rows, columns] = step
        cheapest = np.choose(step, (both, token, position))
        now = np.full(tokens + 1, np.inf, np.float32)
        now[rows + 1] = costs[rows, columns].astype(np.float64) + cheapest
        before, last = last, now
    return _backwards(steps)


def _backwards(steps: NDArray[np.int8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Follow the steps from the last cell to the first."""
    row, column = steps.shape[0] - 1, steps.shape[1] - 1
    path = []
    while row >= 0 and column >= 0:
        path.append((row, column))
        step = steps[row, column]
        row -= step != POSITION
        column -= step != TOKEN
    rows, columns = np.array(path[::-1]).T
    return rows, columns
