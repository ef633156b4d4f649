"""A look at a file before it is parsed in this process: is it of the kind that kills parsers?

Whoever fails here is no fault; it is parsed in a process of its own, which costs 0.3 s.
"""

from __future__ import annotations

from jwtaudit import frontends
from jwtaudit.engine.limits import SMALL
from jwtaudit.frontends.flatness import is_flat


def is_harmless(path: str, data: bytes) -> bool:
    """Whether Python source is small and flat enough to be parsed in this process."""
    if len(data) > SMALL:
        return False
    try:
        source = frontends.read(path, data)
    except frontends.Unparsable:
        return False
    return is_flat(source.text)
