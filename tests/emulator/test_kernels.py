"""Small kernels on the emulated GPU, and what it says of those that go wrong."""

from __future__ import annotations

import ctypes
import multiprocessing
from importlib.util import find_spec

import numpy as np
import pytest

from tests.emulator.build import build
from tests.emulator.ptx import read_ptx
from tests.emulator.translate import translate

compiled = pytest.mark.skipif(
    find_spec("ziglang") is None,
    reason="no compiler (extra emulator): make gpu-emulate",
)

KERNEL = """
.version 8.1
.target sm_80
.visible .entry kernel(
	.param .u64 .ptr .align 1 kernel_param_0,
	.param .b32 kernel_param_1
)
{{
	.reg .pred 	%p<4>;
	.reg .b32 	%r<16>;
	.reg .b64 	%rd<8>;
	.shared .align 4 .b8 room[512];
	ld.param.b64 	%rd1, [kernel_param_0];
	cvta.to.global.u64 	%rd2, %rd1;
	ld.param.b32 	%r1, [kernel_param_1];
	mov.u32 	%r2, %tid.x;
	mul.wide.u32 	%rd3, %r2, 4;
	add.s64 	%rd4, %rd2, %rd3;
	setp.ge.s32 	%p1, %r2, %r1;
{body}
	ret;
}}
"""
"""Of threads with a number, `%r2`, and an int32 in memory at `[%rd4]`; `%p1` are those
beyond how many there are, `%r1`."""


def run(body: str, values: np.ndarray, threads: int) -> None:
    """Run the body of a kernel on some threads over values, in place."""
    driver = ctypes.CDLL(str(build() / "libcuda.so.1"))
    (kernel,) = read_ptx(KERNEL.format(body=body))
    text = translate(kernel).encode()
    module, function, memory = (ctypes.c_void_p() for _ in range(3))
    size, ref = ctypes.c_uint64(values.nbytes), ctypes.byref
    assert driver.cuModuleLoadDataEx(ref(module), text, 0, None, None) == 0
    assert driver.cuModuleGetFunction(ref(function), module, b"kernel") == 0
    assert driver.cuMemAlloc_v2(ref(memory), size) == 0
    host = values.ctypes.data_as(ctypes.c_void_p)
    driver.cuMemcpyHtoD_v2(memory, host, size)
    count = ctypes.c_int32(values.size)
    given = (ctypes.c_void_p * 2)(ctypes.addressof(memory), ctypes.addressof(count))
    launch = [function, 1, 1, 1, threads, 1, 1, 0, None, given, None]
    assert driver.cuLaunchKernel(*launch) == 0
    driver.cuMemcpyDtoH_v2(host, memory, size)
    driver.cuMemFree_v2(memory)


@compiled
def test_threads_that_a_guard_leaves_out_do_nothing() -> None:
    values = np.arange(50, dtype=np.int32)
    run(
        """
	@%p1 bra 	$out;
	ld.global.b32 	%r3, [%rd4];
	shl.b32 	%r4, %r3, 1;
	setp.gt.s32 	%p2, %r3, 9;
	@!%p2 mov.b32 	%r4, -1;
	st.global.b32 	[%rd4], %r4;
$out:
""",
        values,
        threads=64,
    )
    expected = np.arange(50)
    np.testing.assert_array_equal(values, np.where(expected > 9, 2 * expected, -1))


@compiled
def test_lanes_that_part_meet_for_a_shuffle() -> None:
    """Each adds up to its number, in as many rounds, and gives it to its neighbour."""
    values = np.zeros(32, np.int32)
    run(
        """
	mov.b32 	%r3, 0;
	mov.b32 	%r4, 0;
$again:
	add.s32 	%r3, %r3, %r4;
	add.s32 	%r4, %r4, 1;
	setp.le.s32 	%p2, %r4, %r2;
	@%p2 bra 	$again;
	shfl.sync.bfly.b32 	%r5, %r3, 1, 31, -1;
	st.global.b32 	[%rd4], %r5;
""",
        values,
        threads=32,
    )
    lanes = np.arange(32) ^ 1
    np.testing.assert_array_equal(values, lanes * (lanes + 1) // 2)


@compiled
def test_a_barrier_is_for_all_warps() -> None:
    """The threads of 128 hand their numbers on, the last to the first."""
    values = np.zeros(128, np.int32)
    run(
        """
	shl.b32 	%r3, %r2, 2;
	mov.b32 	%r4, room;
	add.s32 	%r5, %r4, %r3;
	st.shared.b32 	[%r5], %r2;
	bar.sync 	0;
	sub.s32 	%r6, 508, %r3;
	add.s32 	%r7, %r4, %r6;
	ld.shared.b32 	%r8, [%r7];
	st.global.b32 	[%rd4], %r8;
""",
        values,
        threads=128,
    )
    np.testing.assert_array_equal(values, np.arange(128)[::-1])


FAULTS = {
    "stray access to memory": "ld.global.b32 	%r3, [%rd4+4096];",
    "stray access to shared": "ld.shared.b32 	%r3, [room+512];",
    "misaligned access": "ld.global.b32 	%r3, [%rd4+2];",
    "lanes do not come": (
        "setp.gt.s32 	%p2, %r2, 5;\n	@%p2 bar.sync 	0;\n"
        "	shfl.sync.bfly.b32 	%r5, %r2, 1, 31, -1;"
    ),
    "trap": "trap;",
    "expected a known instruction": "vote.sync.any.pred %p2, %p1, -1;",
}


@compiled
@pytest.mark.parametrize("said", FAULTS)
def test_a_fault_is_told(said: str, capfd: pytest.CaptureFixture[str]) -> None:
    values = np.zeros(40, np.int32)
    # A process of its own, since it ends.
    apart = multiprocessing.get_context("spawn")
    process = apart.Process(target=run, args=(FAULTS[said], values, 64))
    process.start()
    process.join()
    assert process.exitcode == 1
    assert said in capfd.readouterr().err


@compiled
def test_a_launch_that_a_card_refuses_is_refused() -> None:
    with pytest.raises(AssertionError):
        run("", np.zeros(1, np.int32), threads=2048)


@pytest.mark.parametrize(
    "line",
    [
        "bar.sync 1, 64;",
        "shfl.sync.bfly.b32 %r3, %r2, 1, 31, 1;",
        "mov.u32 %r3, %warpid;",
        "mov.b32 %r3, elsewhere;",
        "cvt.rz.bf16.f32 %r3, %r2;",
        "add.s32 %rd5, %rd4, 1;",
    ],
)
def test_what_is_not_done_here_is_refused(line: str) -> None:
    (kernel,) = read_ptx(KERNEL.format(body=line))
    with pytest.raises(ValueError, match="expected"):
        translate(kernel)
