"""Sound in: any file, bytes, stream or array as 16 kHz mono float32."""
