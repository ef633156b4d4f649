"""How far the project is followed, and what is said where that ends."""

from __future__ import annotations

import enum

MAX_CONTEXTS = 40  # ways in which a call is reached
MAX_CALL_DEPTH = 5  # calls of project functions that lead to it
# How far, and to how many files, imports are followed from the files that matter.
MAX_DISTANCE = 6
MAX_LOADED = 400
# How many functions may be read that do not seem to matter by themselves.
MAX_DETOURS = 100
DETOURS_PER_FILE = 2


class Cut(enum.Enum):
    """What a limit leaves out; the value says so to people."""

    FILES = (
        f"imports were followed from the files that use tokens over {MAX_DISTANCE} others, and"
        f" into {MAX_LOADED} in all; not looked into:"
    )
    FUNCTIONS = "too many functions had to be read besides those that use tokens; not read:"
    WAYS = (
        f"calls reached in more than {MAX_CONTEXTS} ways, or through more than {MAX_CALL_DEPTH}"
        " others, were not followed to their beginning:"
    )
