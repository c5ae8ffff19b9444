"""The command `max-whisper`: words for people, one line for every mistake."""
