"""What one file may cost."""

from __future__ import annotations

from dataclasses import dataclass

SMALL = 256 * 1024
"""Bytes up to which a file may be worked on in this process: some seconds at the worst."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds of processor time, and bytes of memory."""

    seconds: float = 10.0
    memory: int = 1024 * 1024 * 1024
