"""The int8 graphs for a processor that need not be this one.

    python -m tests.kernels.compile_for CPU FILE

The target holds for the whole process, so this is a process of its own.
"""

from __future__ import annotations

import sys

from max.driver import CPU, set_virtual_cpu_target
from max.engine import InferenceSession

from max_whisper.kernels.int8_ops import Int8Ops
from tests.kernels import graphs
from tests.kernels.bench import Bench

WANTED = (
    "linear_gelu",
    "projections",
    f"attention_{'_'.join(map(str, graphs.LONG))}",
    "wide_encoder",
    "wide_encoder_apart",
)


def main() -> None:
    cpu, file = sys.argv[1:]
    set_virtual_cpu_target(cpu)
    ops = Int8Ops()
    extensions = graphs.package(ops)
    bench = Bench(ops, extensions, prefix=graphs.INT8, wanted=WANTED)
    graphs.build_int8(bench)
    session = InferenceSession([CPU()])
    compiled = session.compile(bench.module, custom_extensions=extensions)
    compiled.export_mef(file)


if __name__ == "__main__":
    main()
