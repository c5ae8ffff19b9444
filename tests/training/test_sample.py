from __future__ import annotations

from tests.demo.sample import sample_rows
from training.sample import TEXTS


def test_the_sample_in_the_box_is_what_is_spoken_now() -> None:
    assert tuple(row.text for row in sample_rows()) == TEXTS
