"""Transcribe many files on several GPUs: each takes a file when it has room for one.

python examples/several_gpus.py turbo gpu:0,gpu:1 a.mp3 b.mp3 …
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue

import max_whisper


def main(name_or_path: str, devices: str, *files: str) -> None:
    """A model and a thread for each device."""
    load = partial(max_whisper.load_model, name_or_path)
    models = {device: load(device=device) for device in devices.split(",")}
    names: SimpleQueue[str | None] = SimpleQueue()
    for name in (*files, *[None] * len(models)):  # None ends the work of a thread
        names.put(name)

    def work(device: str) -> None:
        with models[device] as model:
            for outcome in model.transcribe_many(iter(names.get, None)):
                said = outcome.transcript.text if outcome.transcript else outcome.error
                print(f"{device} {outcome.source}: {said}\n", end="")

    list(ThreadPoolExecutor(len(models)).map(work, models))


if __name__ == "__main__":
    main(*sys.argv[1:])
