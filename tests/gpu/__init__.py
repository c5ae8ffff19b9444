"""What runs on a GPU, and the graphs for GPUs, compiled where there is none."""
