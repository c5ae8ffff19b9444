"""The cheapest way through a matrix."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from max_whisper.timestamps.dtw import dtw

COSTS = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 9), st.integers(1, 14)),
    elements=st.integers(-4, 4) | st.floats(-4, 4, width=16),
)


def cell_by_cell(costs: np.ndarray) -> list[tuple[int, int]]:
    """The path as `dtw_cpu` of openai/whisper finds it."""
    tokens, positions = costs.shape
    total = np.full((tokens + 1, positions + 1), np.inf, np.float32)
    total[0, 0] = 0
    came = {}
    for j in range(1, positions + 1):
        for i in range(1, tokens + 1):
            both, token, position = (
                total[i - 1, j - 1],
                total[i - 1, j],
                total[i, j - 1],
            )
            if both < token and both < position:
                came[i, j], best = (i - 1, j - 1), both
            elif token < both and token < position:
                came[i, j], best = (i - 1, j), token
            else:
                came[i, j], best = (i, j - 1), position
            total[i, j] = np.float64(costs[i - 1, j - 1]) + best
    path, at = [], (tokens, positions)
    while at != (0, 0):
        path.append((at[0] - 1, at[1] - 1))
        at = came[at]
    return path[::-1]


def path(costs: np.ndarray) -> list[tuple[int, int]]:
    rows, columns = dtw(costs)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


@given(COSTS)
def test_the_path_is_that_of_openai(costs: np.ndarray) -> None:
    rows, columns = dtw(costs)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == cell_by_cell(
        costs
    )


@given(COSTS)
def test_every_token_and_every_position_is_passed(costs: np.ndarray) -> None:
    rows, columns = dtw(costs)
    assert set(rows) == set(range(costs.shape[0]))
    assert set(columns) == set(range(costs.shape[1]))
    steps = np.diff([rows, columns])
    assert set(np.unique(steps)) <= {0, 1}


def test_a_way_that_costs_nothing_is_taken() -> None:
    costs = np.ones((3, 6), np.float32)
    way = [(0, 0), (0, 1), (1, 2), (1, 3), (1, 4), (2, 5)]
    for cell in way:
        costs[cell] = 0
    assert path(costs) == way
