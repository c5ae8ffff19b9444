"""The graphs for GPUs, compiled where there is none."""
