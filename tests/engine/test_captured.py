"""What was captured runs again with new values in the places of the old ones."""

from __future__ import annotations

import gc

import numpy as np
from max.driver import CPU, Buffer

from max_whisper.engine.captured import Captured


class Adder:
    """A model that adds its inputs, as far as a capture sees one."""

    def __init__(self) -> None:
        self.captured: dict[int, tuple[list[Buffer], Buffer]] = {}

    def capture(self, key: int, *inputs: Buffer) -> list[Buffer]:
        self.captured[key] = ([*inputs], Buffer.from_numpy(np.zeros(2, np.float32)))
        return [self.captured[key][1]]

    def replay(self, key: int, *inputs: Buffer) -> None:
        places, output = self.captured[key]
        assert places == [*inputs]
        output.to_numpy()[:] = sum(buffer.to_numpy() for buffer in inputs)

    def release_captured_graph(self, key: int) -> None:
        del self.captured[key]


def numbers(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_each_run_has_its_own_values() -> None:
    other = Buffer.from_numpy(numbers(10, 20))
    graph = Captured(Adder(), 1, CPU(), [numbers(0, 0)] * 2, [other])
    for a, b in ((numbers(1, 2), numbers(3, 4)), (numbers(5, 6), numbers(7, 8))):
        (found,) = graph.run([a, b])
        np.testing.assert_array_equal(found.to_numpy(), a + b + numbers(10, 20))


def test_it_fits_values_of_the_same_shapes() -> None:
    graph = Captured(Adder(), 1, CPU(), [numbers(0, 0)], [])
    assert graph.fits([numbers(3, 4)])
    assert not graph.fits([numbers(3)])


def test_two_captures_are_apart_and_given_back() -> None:
    model = Adder()
    graphs = [Captured(model, key, CPU(), [numbers(0, 0)], []) for key in (1, 2)]
    assert len(model.captured) == 2
    del graphs
    gc.collect()
    assert not model.captured
