"""``python -m jwtaudit``."""

import sys

from jwtaudit.cli import main

if __name__ == "__main__":
    sys.exit(main())
