"""A GPU that is this computer's CPU: what is compiled for NVIDIA's runs without one.

MAX finds three libraries of ours in the place of NVIDIA's: `driver.cpp` is the driver,
`cublas.cpp` the products of the encoder, `nvml.cpp` says that there is a card. In the
place of `ptxas` it finds `translate.py`, which turns PTX into orders that `kernel.cpp`
runs, 32 lanes at a time, by the table in `instructions.cpp`.

    python -m tests.emulator COMMAND …

What goes wrong in a kernel (an address that is not there or not aligned, a shuffle with
lanes that are elsewhere, an assertion) ends the process with a line that says which
kernel, block and thread. Memory is full of NaN at first. With `EMULATOR_STRICT` set,
each buffer is a piece of memory of its own, so that an address beyond it shows, and the
warps of a block run in the other order, which shows most missing barriers; then MAX
captures no steps, for want of a pool. With `EMULATOR_DEVICES=2` there are two GPUs.

They are A100s; with `EMULATOR_ARCHITECTURE=90` they are H100s, for which MAX compiles
our kernels alike, but its own attention to instructions that only these have, and that
are refused. It cannot show speed, nor what is asynchronous on a card.
"""
