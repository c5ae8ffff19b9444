"""What a step can do at most; by itself, so that options are quick to import."""

MAX_CANDIDATES = 16
"""Candidates that one step returns for a row: a beam of up to 15, and one to spare."""
