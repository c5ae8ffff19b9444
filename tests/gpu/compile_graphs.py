"""Compile a Whisper's graphs for a GPU that need not be there.

    python -m tests.gpu.compile_graphs [PART …] [--size tiny] [--arch sm_80]
    python -m tests.gpu.compile_graphs --keep FOLDER [--model MODEL | --size SIZE]

MAX then has virtual devices for the whole process, so this is a process of its own.
What was compiled, how long it took (of one core) and how large it is goes into a JSON
file. With `--keep`, all graphs of a model, or of a size as `benchmarks.gpu` has it, are
compiled as one, and kept where a machine with such a GPU finds them if its
`MAX_WHISPER_CACHE` is that folder.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from max.driver import (
    Accelerator,
    set_virtual_cpu_target,
    set_virtual_device_api,
    set_virtual_device_count,
    set_virtual_device_target_arch,
)
from max.dtype import DType
from max.graph import Module

from benchmarks.machine import commit, describe
from benchmarks.shapes import SHAPES, alignment_heads, facts
from max_whisper.config import WhisperConfig
from max_whisper.engine.compile import PORTABLE_CPU, Plan, compile_graphs, session_on
from max_whisper.engine.devices import gpu_ops
from max_whisper.features.log_mel import build_log_mel
from max_whisper.kernels.gpu_ops import GpuOps
from max_whisper.model.graphs import (
    build_align,
    build_encode,
    build_prefill,
    build_step,
)
from max_whisper.model.parameters import Parameters
from max_whisper.weights import expected_shapes, load_checkpoint

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "gpu_compile.json"

PARTS = ("log_mel", "encode", "decoder")
"""What is compiled at once: of the decoder, three graphs that have much in common."""

ARCHITECTURES = {
    "sm_80": ("cuda", "bfloat16"),
    "sm_90a": ("cuda", "bfloat16"),
    "gfx942": ("hip", "float16"),
}
"""Those that tests compile for: their interface in MAX, and the precision that
`devices.py` chooses there.
"""

ANY_NVIDIA = ARCHITECTURES["sm_80"]

SMALLEST = WhisperConfig(
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
"""Of equal widths, so that few different products are compiled."""

SIZES = ("smallest", *SHAPES)


def main() -> None:
    asked = arguments()
    api, usual = ARCHITECTURES.get(asked.arch, ANY_NVIDIA)
    dtype = asked.dtype or usual
    # What is kept may be read on another CPU than this one.
    set_virtual_cpu_target(PORTABLE_CPU)
    set_virtual_device_api(api)
    set_virtual_device_target_arch(asked.arch)
    set_virtual_device_count(1)
    device = Accelerator()
    session = session_on(device)
    ops = gpu_ops(device, getattr(DType, dtype))
    if asked.keep:
        os.environ["MAX_WHISPER_CACHE"] = str(asked.keep)
        model = load_checkpoint(asked.model).config if asked.model else None
        plan = Plan(model or config(asked.size), ops, device, is_portable=True)
        compile_graphs(plan, session)
        if not plan.path.exists():
            raise SystemExit(f"expected a folder to write to, found {asked.keep}")
        print(f"kept {plan.path}")
        return
    for part in asked.parts:
        begin = time.process_time()
        compiled = session.compile(
            module(part, ops, config(asked.size)), custom_extensions=ops.extensions
        )
        took = time.process_time() - begin
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{part}.mef"
            compiled.export_mef(path)
            size = path.stat().st_size
        print(f"compiled {part}: {took:.0f} s, {size:,} bytes", flush=True)
        row = {"size": asked.size, "arch": asked.arch, "dtype": dtype}
        row |= {"part": part, "seconds": round(took, 1), "bytes": size}
        keep(row | {"commit": commit()}, asked.json)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.gpu.compile_graphs")
    parser.add_argument("parts", nargs="*", metavar="PART", default=PARTS)
    known = f"{', '.join(ARCHITECTURES)}, or another sm_N of NVIDIA's"
    parser.add_argument("--arch", default="sm_80", help=known)
    parser.add_argument("--dtype", help="the usual one of the architecture")
    parser.add_argument("--json", type=Path, default=RESULT)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--size", default="tiny", choices=SIZES)
    whose.add_argument("--model", help="whose shapes are kept")
    asked = parser.parse_args()
    if unknown := {*asked.parts} - {*PARTS}:
        parser.error(f"expected parts of {', '.join(PARTS)}, found {unknown}")
    if asked.arch not in ARCHITECTURES and not asked.arch.startswith("sm_"):
        parser.error(f"expected an architecture, {known}, found {asked.arch}")
    if asked.model and not asked.keep:
        parser.error("expected --keep FOLDER with --model, found none")
    return asked


def config(size: str) -> WhisperConfig:
    """The shapes of a model of this size."""
    if size == "smallest":
        return SMALLEST
    shape = SHAPES[size]
    return WhisperConfig(**facts(shape), alignment_heads=alignment_heads(shape))


def module(part: str, ops: GpuOps, config: WhisperConfig) -> Module:
    """A part of a Whisper's graphs."""
    made = Module()
    at = Parameters(ops, expected_shapes(config))
    if part == "log_mel":
        build_log_mel(made, ops, config.num_mel_bins)
    elif part == "encode":
        build_encode(made, at, config)
    else:
        for build in (build_prefill, build_step, build_align):
            build(made, at, config)
    return made


def keep(row: dict[str, Any], path: Path) -> None:
    """Write a row to the results, over the last one of its kind."""
    found = json.loads(path.read_text()) if path.exists() else {"rows": []}
    kind = ("size", "arch", "dtype", "part")
    others = [r for r in found["rows"] if any(r[f] != row[f] for f in kind)]
    rows = sorted([*others, row], key=lambda r: [r[f] for f in kind])
    result = {"machine": describe(), "rows": rows}
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
