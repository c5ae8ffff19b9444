"""Converters that are no package: `python -m benchmarks.peers.converters.NAME`.

They run in the environment `convert`.
"""
