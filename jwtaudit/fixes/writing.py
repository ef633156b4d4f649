"""Replacing a file's content: the old bytes or the new ones, never a mix.

The new content is written beside the file, flushed to the disk and renamed over it. Right before,
the file must still hold what was read. Mode, owner and attributes stay as they were; a link stays
a link, as it is the file it leads to that is replaced. A file with several names (hard links) is
left alone: a rename would part them, and writing in place could leave half a file.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CHANGED = "it has changed since it was read; run again"


class NotWrittenError(Exception):
    """A file was left as it is; the message says why and what to do."""


def replace_content(path: Path, before: bytes, after: bytes) -> None:
    """Put new content into a file that still holds the old one.

    Raises:
        NotWrittenError: it could not be done; the file is as it was.
    """
    try:
        target = path.resolve(strict=True)
        status = target.stat()
        _refuse_odd_files(target, status)
        if target.read_bytes() != before:
            raise NotWrittenError(_CHANGED)  # noqa: TRY301 - said as what else can go wrong
        _swap(target, status, before, after)
    except NotWrittenError:
        raise
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise NotWrittenError(f"cannot be written: {reason}") from None


def _refuse_odd_files(target: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotWrittenError("it is no regular file")
    if status.st_nlink > 1:
        raise NotWrittenError(
            "it has several names (hard links), which a replacement would part; fix it by hand"
        )
    if not status.st_mode & stat.S_IWUSR or not os.access(target, os.W_OK):
        raise NotWrittenError("it is read-only; make it writable and run again")


def _swap(target: Path, status: os.stat_result, before: bytes, after: bytes) -> None:
    temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}")
    try:
        _write_beside(temporary, status, after)
        if target.read_bytes() != before:
            raise NotWrittenError(_CHANGED)  # noqa: TRY301 - said as what else can go wrong
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _flush_directory(target.parent)


def _write_beside(temporary: Path, status: os.stat_result, content: bytes) -> None:
    number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _fill(number, content)
        _take_over(number, temporary, status)
        os.fsync(number)
    finally:
        os.close(number)


def _fill(number: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(number, view) :]


def _take_over(number: int, temporary: Path, status: os.stat_result) -> None:
    """Owner first, as a change of it takes bits from the mode."""
    own = temporary.stat()
    if hasattr(os, "fchown") and (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.fchown(number, status.st_uid, status.st_gid)
        except PermissionError:  # another's file in a shared directory: the group may do
            with contextlib.suppress(PermissionError):
                os.fchown(number, -1, status.st_gid)
    os.chmod(temporary, stat.S_IMODE(status.st_mode))  # noqa: PTH101 - beside its kin


def _flush_directory(directory: Path) -> None:
    """Make the new name last through a loss of power, where directories can be flushed."""
    with contextlib.suppress(OSError):
        number = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
