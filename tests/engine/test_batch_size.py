"""Windows side by side are as many as fit into memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from max.driver import CPU
from max.dtype import DType

from max_whisper.engine.batch_size import CPU_BATCH, GPU_BATCH, batch_size
from tests.gpu.compile_graphs import config


def gpu(free: int) -> Any:
    return SimpleNamespace(is_host=False, stats={"free_memory": free})


def test_a_cpu_has_fewer_for_large_models() -> None:
    assert batch_size(config("tiny"), CPU(), DType.float32) == CPU_BATCH
    assert batch_size(config("large-v3"), CPU(), DType.float32) == 2


@pytest.mark.parametrize(
    ("size", "free", "expected"),
    [
        ("tiny", 80 * 2**30, GPU_BATCH),
        ("large-v3", 75 * 2**30, 44),
        ("large-v3", 8 * 2**30, 4),
        ("large-v3", 2**20, 1),
    ],
)
def test_a_gpu_has_as_many_as_are_free(size: str, free: int, expected: int) -> None:
    assert batch_size(config(size), gpu(free), DType.bfloat16) == expected


def test_a_gpu_that_does_not_tell() -> None:
    silent = SimpleNamespace(is_host=False, stats={})
    assert batch_size(config("tiny"), silent, DType.bfloat16) == 16  # type: ignore[arg-type]
    silent.stats = {"free_memory": 0, "total_memory": 8 * 2**30}
    assert batch_size(config("large-v3"), silent, DType.bfloat16) == 4  # type: ignore[arg-type]


def test_wider_numbers_need_more() -> None:
    free = gpu(40 * 2**30)
    half, whole = (
        batch_size(config("large-v3"), free, kind)
        for kind in (DType.bfloat16, DType.float32)
    )
    assert half // 4 <= whole <= half // 2 + 1


def test_scores_that_are_written_need_room_too() -> None:
    free = gpu(40 * 2**30)
    flash, written = (
        batch_size(config("large-v3"), free, kind)
        for kind in (DType.bfloat16, DType.float16)
    )
    assert written < flash
