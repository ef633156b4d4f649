"""Discovery: which files are looked at, and which of them can matter at all.

The walk names every file it passes over, by reason; nothing is lost silently. Only regular
files are opened. A file's bytes decide, without a parser, whether it can matter.

Paths are strings here: with pathlib the walk of a large tree takes six times as long.
"""

from __future__ import annotations

from jwtaudit.discovery.contents import (
    MAX_FILE_SIZE,
    Needles,
    TooLargeError,
    is_binary,
    is_generated,
    read,
)
from jwtaudit.discovery.patterns import Glob, Globs
from jwtaudit.discovery.walking import (
    BINARY,
    DEFAULT_EXCLUDE,
    EXCLUDED,
    GENERATED,
    IGNORED,
    LINK,
    OUTWARD,
    SPECIAL,
    UNKNOWN_TYPE,
    Filters,
    NoSuchPathError,
    Tree,
    relative,
    root_of,
    walk,
)

__all__ = [
    "BINARY",
    "DEFAULT_EXCLUDE",
    "EXCLUDED",
    "GENERATED",
    "IGNORED",
    "LINK",
    "MAX_FILE_SIZE",
    "OUTWARD",
    "SPECIAL",
    "UNKNOWN_TYPE",
    "Filters",
    "Glob",
    "Globs",
    "Needles",
    "NoSuchPathError",
    "TooLargeError",
    "Tree",
    "is_binary",
    "is_generated",
    "read",
    "relative",
    "root_of",
    "walk",
]
