"""``python -m jwtaudit``."""

import os
import sys

# ``python -m`` puts the current directory on the path. It may be what is scanned: a file called
# jwt.py there must not be imported. Only a checkout of our own needs it. (os is there already;
# any other import would come too early.)
_HERE = os.path.abspath(".")  # noqa: PTH100
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
if _HERE != _OWN:
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != _HERE]  # noqa: PTH100

from jwtaudit.cli import run  # noqa: E402

if __name__ == "__main__":
    run()
