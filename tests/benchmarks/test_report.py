"""Tables of results that no run here can make."""

from __future__ import annotations

from benchmarks.report import gpu, gpu_compile

MACHINE = {"commit": "abc", "cores": 2, "processor": "x", "python": "3", "versions": {}}


def test_a_gpu_is_told_beside_its_peers_and_what_is_missing() -> None:
    measured = {
        "windows": 16,
        "tokens_a_second": 900.0,
        "encoder_tflops": 30.0,
        "step_tb_s": 0.5,
    }
    rows = [
        {"shape": "turbo", "engine": "ours", "seconds_a_window": 0.1, **measured},
        {
            "shape": "turbo",
            "engine": "transformers",
            "seconds_a_window": 0.25,
            **measured,
        },
        {"shape": "turbo", "engine": "openai-whisper", "missing": "no such module"},
    ]
    rows = [{"shape": "turbo", **row} for row in rows]
    card = {"card": "X100", "tflops": 801.2, "tb_s": 3.0}
    table = gpu({"rows": rows, "machine": MACHINE, "card": card})
    assert "| turbo | transformers | 16 | 0.250 | 2.50 | 30 | 900 | 0.50 |" in table
    assert "| turbo | openai-whisper | no such module |" in table
    assert "X100, by PyTorch: 801 TFLOP/s" in table


def test_what_was_compiled_is_told_and_what_was_not() -> None:
    tiny = {"size": "tiny", "arch": "sm_80", "dtype": "bfloat16"}
    base = {"size": "base", "arch": "gfx942", "dtype": "bfloat16"}
    rows = [
        {**tiny, "part": "encode", "seconds": 99.7},
        {**tiny, "part": "decoder", "seconds": 240.2},
        {**base, "part": "decoder", "seconds": 100.0},
    ]
    table = gpu_compile({"rows": rows, "machine": MACHINE})
    assert "| tiny | sm_80 | bfloat16 |  | 100 | 240 |" in table
    assert "| base | gfx942 | bfloat16 |  |  | 100 |" in table
