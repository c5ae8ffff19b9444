"""Transcribe recordings with the openai-whisper package, once, into a JSONL cache.

    python tests/parity/reference.py CHECKPOINT.pt OUT.jsonl FILE...

Every file is decoded greedily and with beam 5, at temperature 0 only, in fp32 on the CPU.
Lines already in OUT are kept, so a broken run is continued by the same command. The
encoder output of a window is kept for the next decoding of the same window; nothing
else of the package is touched.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import whisper

from max_whisper.audio import load_audio

MODES: dict[str, dict[str, Any]] = {"greedy": {}, "beam5": {"beam_size": 5}}


class RememberingEncoder(torch.nn.Module):
    """The package's encoder, which encodes an equal window only once."""

    def __init__(self, encoder: torch.nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.remembered: dict[bytes, torch.Tensor] = {}

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        key = mel.numpy().tobytes()
        if key not in self.remembered:
            if len(self.remembered) > 40:
                self.remembered.clear()
            self.remembered[key] = self.encoder(mel)
        return self.remembered[key]


def transcribe(model: Any, path: Path, mode: str) -> dict[str, Any]:
    """The package's result for one file, without what it does not promise."""
    result = whisper.transcribe(
        model,
        load_audio(path),
        temperature=0.0,
        language="en",
        fp16=False,
        **MODES[mode],
    )
    return dict(result)


def done(out: Path) -> set[tuple[str, str]]:
    """The (file, mode) pairs that OUT holds already."""
    if not out.exists():
        return set()
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    return {(row["file"], row["mode"]) for row in rows}


def main() -> None:
    checkpoint, out, *files = sys.argv[1:]
    model = whisper.load_model(checkpoint, device="cpu")
    model.encoder = RememberingEncoder(model.encoder)
    finished = done(Path(out))
    with open(out, "a") as sink:
        for file in files:
            for mode in MODES:
                if (file, mode) in finished:
                    continue
                result = transcribe(model, Path(file), mode)
                row = {"file": file, "mode": mode, "result": result}
                sink.write(json.dumps(row, default=np.float64) + "\n")
                sink.flush()


if __name__ == "__main__":
    main()
