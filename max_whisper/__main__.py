"""`python -m max_whisper`: the command of the same name."""

import sys

from max_whisper.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
