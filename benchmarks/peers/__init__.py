"""Ours against the other engines: `python -m benchmarks.peers`.

Each engine runs in an environment of its own (`environments`) on weights that its own
converter made from the same checkpoint (`weights`), as a process (`worker`) that loads
once and is then told what to transcribe (`conversation`). Rounds of all of them are
interleaved (`rounds`), written down as they come (`diary`) and summed up (`summary`).
"""
