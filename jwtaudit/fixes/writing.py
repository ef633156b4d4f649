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
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_OTHERS = "it belongs to another user or group, and what replaces it would not; fix it by hand"
_CHANGED = "it has changed since it was read; run again"


class Replacement(NamedTuple):
    """A file, what it holds, and what it shall hold."""

    path: Path
    before: bytes
    after: bytes


class NotWrittenError(Exception):
    """A file was left as it is; the message says why and what to do.

    Attributes:
        path: the file that could not be written.
        left: files that had been replaced before, and could not be put back.
    """

    path: Path | None = None
    left: tuple[Path, ...] = ()


def replace_content(path: Path, before: bytes, after: bytes) -> None:
    """Put new content into a file that still holds the old one.

    Raises:
        NotWrittenError: it could not be done; the file is as it was.
    """
    replace_together([Replacement(path, before, after)])


def replace_together(replacements: Sequence[Replacement]) -> None:
    """Put new content into all of some files, or into none.

    All of it is written beside the files before the first one is replaced; where a later one then
    cannot be, those before it are put back.

    Raises:
        NotWrittenError: it could not be done.
    """
    staged: list[_Staged] = []
    replaced: list[Replacement] = []
    at = replacements[0]
    try:
        for at in replacements:
            _stage(at, staged)
        for at, one in zip(replacements, staged, strict=True):
            one.swap()
            replaced.append(at)
    except (NotWrittenError, OSError, RuntimeError) as error:
        if isinstance(error, NotWrittenError):
            failure = error
        else:
            reason = getattr(error, "strerror", None) or type(error).__name__
            failure = NotWrittenError(f"cannot be written: {reason}")
        failure.path = at.path
        failure.left = _put_back(replaced)
        raise failure from None
    except BaseException:
        _put_back(replaced)
        raise
    finally:
        for one in staged:
            one.discard()


def _put_back(replaced: Sequence[Replacement]) -> tuple[Path, ...]:
    """Give files their old content again; those with which it fails."""
    left = []
    for path, before, after in replaced:
        try:
            replace_content(path, after, before)
        except NotWrittenError:  # noqa: PERF203 - the others are put back all the same
            left.append(path)
    return tuple(left)


class _Staged(NamedTuple):
    """New content that is written beside a file."""

    target: Path
    temporary: Path
    before: bytes

    def swap(self) -> None:
        """Put it in the file's place, if that still holds what it did."""
        if self.target.read_bytes() != self.before:
            raise NotWrittenError(_CHANGED)
        self.temporary.replace(self.target)
        _flush_directory(self.target.parent)

    def discard(self) -> None:
        """Take it away, where it is left."""
        with contextlib.suppress(OSError):
            self.temporary.unlink(missing_ok=True)


def _stage(replacement: Replacement, staged: list[_Staged]) -> None:
    """Write new content beside its file; it is listed before, so that it is never forgotten."""
    target = replacement.path.resolve(strict=True)
    status = target.stat()
    _refuse_odd_files(target, status)
    if target.read_bytes() != replacement.before:
        raise NotWrittenError(_CHANGED)
    temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}")
    staged.append(_Staged(target, temporary, replacement.before))
    _write_beside(temporary, target, status, replacement.after)


def _refuse_odd_files(target: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotWrittenError("it is no regular file")
    if status.st_nlink > 1:
        raise NotWrittenError(
            "it has several names (hard links), which a replacement would part; fix it by hand"
        )
    if not status.st_mode & stat.S_IWUSR or not os.access(target, os.W_OK):
        raise NotWrittenError("it is read-only; make it writable and run again")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise NotWrittenError("its directory is read-only; make that writable and run again")


def _write_beside(temporary: Path, target: Path, status: os.stat_result, content: bytes) -> None:
    number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _fill(number, content)
        _take_over(number, temporary, status)
        _take_over_attributes(number, target)
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
        except PermissionError:
            raise NotWrittenError(_OTHERS) from None
    os.chmod(temporary, stat.S_IMODE(status.st_mode))  # noqa: PTH101 - beside its kin


def _take_over_attributes(number: int, target: Path) -> None:
    """Extended attributes and access lists, where there are such, as far as that is allowed."""
    if not hasattr(os, "listxattr"):
        return
    with contextlib.suppress(OSError):
        for name in os.listxattr(target):
            with contextlib.suppress(OSError):
                os.setxattr(number, name, os.getxattr(target, name))


def _flush_directory(directory: Path) -> None:
    """Make the new name last through a loss of power, where directories can be flushed."""
    with contextlib.suppress(OSError):
        number = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
