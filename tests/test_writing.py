"""Writing survives whatever fails: the old bytes or the new ones, and nothing beside them."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from jwtaudit.fixes import writing
from jwtaudit.fixes.writing import NotWrittenError, replace_content

OLD, NEW = b"old" * 1000, b"new" * 1000
# Everything that the module asks of the system.
CALLS = [
    "open",
    "write",
    "fsync",
    "fchown",
    "chmod",
    "close",
    "replace",
    "unlink",
    "stat",
    "access",
    *(["listxattr", "getxattr", "setxattr"] if hasattr(os, "listxattr") else []),
]
ERRORS = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EIO, "Input/output error"),
    PermissionError(errno.EPERM, "Operation not permitted"),
    KeyboardInterrupt(),
    MemoryError(),
]


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "a.py"
    file.write_bytes(OLD)
    file.chmod(0o640)
    return file


def _left(file):
    return [path.name for path in file.parent.iterdir() if path != file]


def _as_another(monkeypatch):
    """Let the file belong to somebody else, so that its owner has to be set."""
    take_over = writing._take_over

    def take(number, temporary, status):
        fields = list(status)
        fields[4] += 1
        take_over(number, temporary, os.stat_result(fields))

    monkeypatch.setattr(writing, "_take_over", take)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_fails_leaves_old_or_new(file, monkeypatch, name, nth, error):
    _as_another(monkeypatch)
    real, calls = getattr(os, name), []

    def failing(*arguments, **named):
        calls.append(name)
        if len(calls) == nth:
            if name == "close":  # it is closed even so
                real(*arguments)
            raise error
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, name, failing)
        if name == "write":
            patch.setattr(os, name, lambda n, view: failing(n, view[:700]))
        with contextlib.suppress(NotWrittenError, KeyboardInterrupt, MemoryError):
            replace_content(file, OLD, NEW)
    assert file.read_bytes() in (OLD, NEW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert not _left(file)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("name", ["read_bytes", "resolve", "stat", "with_name"])
def test_a_look_at_the_file_that_fails_leaves_the_old_one(file, monkeypatch, name, nth, error):
    real, calls = getattr(Path, name), []

    def failing(self, *arguments, **named):
        calls.append(name)
        if len(calls) == nth:
            raise error
        return real(self, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Path, name, failing)
        with contextlib.suppress(NotWrittenError, KeyboardInterrupt, MemoryError):
            replace_content(file, OLD, NEW)
    assert file.read_bytes() == (OLD if len(calls) >= nth else NEW)
    assert not _left(file)


def test_an_interrupt_on_any_line_leaves_old_or_new(tmp_path):
    """Ctrl-C can come between any two lines."""
    line, left, ended = 0, 0, False
    while not ended:
        line += 1
        file = tmp_path / f"{line}" / "a.py"
        file.parent.mkdir()
        file.write_bytes(OLD)
        seen = [0]

        def interrupt(frame, event, _argument, seen=seen, line=line):
            if frame.f_code.co_filename != writing.__file__:
                return None
            if event == "line":
                seen[0] += 1
                if seen[0] == line:
                    raise KeyboardInterrupt
            return interrupt

        before = sys.gettrace()
        sys.settrace(interrupt)
        try:
            replace_content(file, OLD, NEW)
            ended = True
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        assert file.read_bytes() in (OLD, NEW)
        left += len(_left(file))
    assert not left
    assert file.read_bytes() == NEW
    assert line > 20


_KILLED = """
import os, signal, sys
from pathlib import Path
from jwtaudit.fixes.writing import replace_content

left = int(sys.argv[2])

def killing(call):
    def counted(*arguments, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        result = call(*arguments, **named)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return counted

write = os.write
os.write = lambda number, view: write(number, view[:1000])
for name in sys.argv[3:]:
    setattr(os, name, killing(getattr(os, name)))
replace_content(Path(sys.argv[1]), b"old" * 1000, b"new" * 1000)
os._exit(0)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills so hard here")
def test_a_process_killed_before_or_behind_any_call_leaves_old_or_new(file):
    contents = []
    for nth in range(1, 100):
        file.write_bytes(OLD)
        process = subprocess.run(
            [sys.executable, "-c", _KILLED, str(file), str(nth), *CALLS],
            check=False,
            env={**os.environ, "PYTHONPATH": str(Path(writing.__file__).parents[2])},
        )
        contents.append(file.read_bytes())
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
    assert set(contents) == {OLD, NEW}
    assert contents == sorted(contents, reverse=True), "new only after the replacement"
    assert len(contents) > 10


def test_a_full_disk_is_said(file, monkeypatch):
    def full(_number, _view):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(NotWrittenError, match="cannot be written: No space left on device"):
        replace_content(file, OLD, NEW)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_is_read_only_is_said(file):
    file.parent.chmod(0o555)
    try:
        with pytest.raises(NotWrittenError, match="its directory is read-only"):
            replace_content(file, OLD, NEW)
    finally:
        file.parent.chmod(0o755)
    assert file.read_bytes() == OLD


@pytest.mark.skipif(not hasattr(os, "fchown"), reason="no owners here")
def test_what_belongs_to_another_stays_as_it_is(file, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    _as_another(monkeypatch)
    monkeypatch.setattr(os, "fchown", refuse)
    with pytest.raises(NotWrittenError, match="it belongs to another user or group"):
        replace_content(file, OLD, NEW)
    assert file.read_bytes() == OLD
    assert not _left(file)


@pytest.mark.parametrize("what", ["gone", "directory", "link to itself"])
def test_what_is_no_file_any_more_is_left_alone(file, what):
    file.unlink()
    if what == "directory":
        file.mkdir()
    if what == "link to itself":
        file.symlink_to(file)
    with pytest.raises(NotWrittenError):
        replace_content(file, OLD, NEW)
    assert not _left(file)


def test_a_long_name_is_no_hindrance(tmp_path):
    file = tmp_path / ("\U0001f511" * 62 + ".py")
    file.write_bytes(OLD)
    replace_content(file, OLD, NEW)
    assert file.read_bytes() == NEW
    assert not _left(file)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes here")
def test_extended_attributes_stay(file):
    try:
        os.setxattr(file, "user.note", b"reviewed")
    except OSError:
        pytest.skip("not on this file system")
    replace_content(file, OLD, NEW)
    assert file.read_bytes() == NEW
    assert os.getxattr(file, "user.note") == b"reviewed"
