"""Where the demo model's data lies, and where what takes time is kept."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
SPEECH = ROOT.parent / "shared" / "speech"
WORK = ROOT / "build" / "training"
RESULTS = ROOT / "benchmarks" / "results"
DEMO = ROOT / "max_whisper" / "demo"
MODEL = DEMO / "model"
SAMPLE = DEMO / "sample.flac"
LONG_SAMPLE = ROOT / "tests" / "demo" / "long.flac"
