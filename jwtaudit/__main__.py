"""``python -m jwtaudit``."""

import os
import sys

# ``python -m`` puts the current directory in front of the path. It may be what is scanned: a file
# called jwt.py there must not be imported. Only a checkout of our own needs it. (os is there
# already; any other import would come too early.)
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
if sys.path and os.path.abspath(sys.path[0]) != _OWN:  # noqa: PTH100
    del sys.path[0]

from jwtaudit.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
