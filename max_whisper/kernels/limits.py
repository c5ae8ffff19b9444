"""What any set of operations can do; by itself, so that options are quick to import."""

MAX_CANDIDATES = 16
"""The best tokens of a row that MAX's own operations find: those of a beam of up to 15,
and one to spare."""
