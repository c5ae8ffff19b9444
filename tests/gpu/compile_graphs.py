"""Compile a Whisper's graphs for a GPU that need not be there.

    python -m tests.gpu.compile_graphs GRAPH... [--api cuda] [--arch sm_80] [--dtype …]

MAX then has virtual devices for the whole process, so this is a process of its own.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from max.driver import (
    Accelerator,
    set_virtual_device_api,
    set_virtual_device_count,
    set_virtual_device_target_arch,
)
from max.dtype import DType
from max.engine import InferenceSession
from max.graph import DeviceRef, Module

from max_whisper.config import WhisperConfig
from max_whisper.features.log_mel import build_log_mel
from max_whisper.kernels.plain_ops import PlainOps
from max_whisper.model.graphs import build_encode, build_prefill, build_step
from max_whisper.model.parameters import Parameters
from max_whisper.weights import expected_shapes

GRAPHS = ("log_mel", "encode", "prefill", "step")

# Equal widths, so that few different products have to be compiled.
SMALL = WhisperConfig(
    num_mel_bins=80,
    vocab_size=512,
    d_model=64,
    encoder_layers=1,
    encoder_attention_heads=1,
    encoder_ffn_dim=64,
    decoder_layers=1,
    decoder_attention_heads=1,
    decoder_ffn_dim=64,
)


def main() -> None:
    asked = arguments()
    set_virtual_device_api(asked.api)
    set_virtual_device_target_arch(asked.arch)
    set_virtual_device_count(1)
    session = InferenceSession([Accelerator()])
    for name in asked.graphs:
        begin = time.perf_counter()
        ops = PlainOps(DeviceRef.GPU(0), getattr(DType, asked.dtype))
        compiled = session.compile(module(name, ops))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.mef"
            compiled.export_mef(path)
            size = path.stat().st_size
        took = time.perf_counter() - begin
        print(f"compiled {name}: {took:.0f} s, {size:,} bytes", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.gpu.compile_graphs")
    parser.add_argument("graphs", nargs="*", choices=GRAPHS, default=GRAPHS)
    parser.add_argument("--api", default="cuda", choices=["cuda", "hip"])
    parser.add_argument("--arch", default="sm_80")
    parser.add_argument("--dtype", default="bfloat16")
    return parser.parse_args()


def module(name: str, ops: PlainOps) -> Module:
    """One graph of a small Whisper."""
    made = Module()
    at = Parameters(ops, expected_shapes(SMALL))
    if name == "log_mel":
        build_log_mel(made, ops, SMALL.num_mel_bins)
    elif name == "encode":
        build_encode(made, at, SMALL)
    elif name == "prefill":
        build_prefill(made, at, SMALL)
    else:
        build_step(made, at, SMALL)
    return made


if __name__ == "__main__":
    main()
