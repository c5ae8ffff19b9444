"""The comparison on a GPU, as far as it goes without one."""

from __future__ import annotations

import argparse

import pytest

from benchmarks.gpu import run
from benchmarks.gpu_runs import ENGINES, encoder_operations
from benchmarks.shapes import NAMES, SHAPES

TWO_LAYERS = dict(zip(NAMES, (64, 2, 2, 1, 80, 51865), strict=True))


def test_an_engine_that_fails_is_told_with_the_reason() -> None:
    sizes = {"device": "nowhere", "dtype": "float32", "batch": 1}
    asked = argparse.Namespace(**sizes, tokens=2, rounds=1)
    found = run("ours", "tiny", asked)
    assert "expected device auto, cpu, gpu or gpu:N" in found["missing"]


def test_a_larger_encoder_does_more() -> None:
    tiny, turbo = (encoder_operations(shape) for shape in ("tiny", "turbo"))
    assert tiny == pytest.approx(37e9, rel=0.05)
    assert turbo > 50 * tiny
    assert encoder_operations("large-v3") == turbo
    assert {*SHAPES} == {"tiny", "base", "small", "medium", "large-v3", "turbo"}


def test_the_engine_of_faster_whisper_says_as_many_tokens_as_are_asked_for() -> None:
    pytest.importorskip("ctranslate2", exc_type=ImportError)
    encode, whole = ENGINES["faster-whisper"](TWO_LAYERS, "cpu", "float32", 2, 5)
    assert encode().shape == [2, 1500, 64]
    assert [len(found.sequences_ids[0]) for found in whole()] == [5, 5]
