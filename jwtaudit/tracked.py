"""What git keeps in a repository, read from its index: an ignore file has no say over that."""

from __future__ import annotations

import bisect
import os
import struct
from pathlib import Path

_MAX_SIZE = 64 * 1024 * 1024
_HEADER = struct.Struct(">4sLL")
_FIXED = 62  # bytes of an entry before its path; two more where the flags say so
_EXTENDED = 0x4000
_VERSIONS = (2, 3, 4)


class Tracked:
    """The paths in a repository's index, relative to its root; none if it cannot be read."""

    def __init__(self, root: str) -> None:
        try:
            self.paths = sorted(_paths(_index(root)))
        except (OSError, ValueError, struct.error, IndexError):
            self.paths = []

    def holds(self, path: str) -> bool:
        """Whether a file is tracked, or anything in a directory (whose path ends in ``/``)."""
        at = bisect.bisect_left(self.paths, path)
        if at == len(self.paths):
            return False
        found = self.paths[at]
        return found.startswith(path) if path.endswith("/") else found == path


def _index(root: str) -> bytes:
    directory = Path(root, ".git")
    if directory.is_file():  # a submodule, or a further work tree
        told = directory.read_bytes()[:4096]
        directory = Path(root, os.fsdecode(told).removeprefix("gitdir:").strip())
    index = Path(directory, "index")
    if not index.is_file():  # a pipe would have us wait for ever
        raise ValueError("not a file")
    with index.open("rb") as file:
        return file.read(_MAX_SIZE)


def _paths(data: bytes) -> list[str]:
    """The paths of an index of version 2, 3 or 4."""
    magic, version, count = _HEADER.unpack_from(data)
    if magic != b"DIRC" or version not in _VERSIONS:
        raise ValueError("not an index")
    paths: list[str] = []
    at, last = _HEADER.size, b""
    for _ in range(count):
        start = at
        (flags,) = struct.unpack_from(">H", data, at + _FIXED - 2)
        at += _FIXED + (2 if flags & _EXTENDED else 0)
        if version == 4:  # only what differs from the path before
            dropped, at = _number(data, at)
            end = data.index(b"\0", at)
            last = last[: len(last) - dropped] + data[at:end]
            at = end + 1
        else:
            end = data.index(b"\0", at)
            last = data[at:end]
            at = start + (end - start + 8) // 8 * 8
        paths.append(os.fsdecode(last))
    return paths


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    byte = data[at]
    value = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = data[at]
        value = (value + 1) << 7 | byte & 0x7F
    return value, at + 1
