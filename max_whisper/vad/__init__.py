"""Where in a recording somebody speaks: samples in, spans of speech out, no MAX."""
