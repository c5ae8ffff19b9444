"""Figures: measured into `results/*.json`, and from there into the documents."""
