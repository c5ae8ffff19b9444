"""The operations of max-whisper, compiled into its graphs by MAX."""
