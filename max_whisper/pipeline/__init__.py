"""The conductors: a recording in, segments out."""
