"""Parity with the openai-whisper package on equal weights: `python -m tests.parity`."""
