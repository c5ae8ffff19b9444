"""From samples to the log-mel spectrogram."""
