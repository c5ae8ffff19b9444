"""Our kernels for GPUs, where MAX has none that is as good."""
