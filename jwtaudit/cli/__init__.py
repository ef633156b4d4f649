"""The command line: arguments in, exit code out.

0: nothing at or above the threshold; 1: findings; 2: wrong usage or configuration, or a file
that could not be analysed. There is no traceback, whatever happens.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

CLEAN, FINDINGS, ERROR, INTERRUPTED = 0, 1, 2, 130
_STOPPED = 128
"""What a shell adds to the number of the signal that ended a process."""


class StoppedError(BaseException):
    """The system asks the program to end; its argument is the signal's number."""


def run() -> NoReturn:
    """Run the program as a process, and end that at once.

    The interpreter would first free the trees and facts of a scan, one by one: an eighth of its
    time.
    """
    _end_in_order()
    code = main()
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):  # the other side is gone, or the disk is full
        code = code or ERROR
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _leave_directory()
    _keep_streams_alive()
    try:
        return _dispatch(given)
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except StoppedError as error:
        say("terminated")
        return _STOPPED + int(error.args[0])
    except BrokenPipeError:  # whoever read us has seen enough
        close_stdout()
        return CLEAN
    except Exception as error:  # noqa: BLE001 - one line, never a traceback
        say(_explanation(error))
        return ERROR


def _end_in_order() -> None:
    """Let what asks the program to end leave no half-written file behind, as an interrupt does."""
    import signal  # noqa: PLC0415

    def stop(number: int, _: object) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)  # it is going to end
        raise StoppedError(number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, stop)


def _leave_directory() -> None:
    """Import nothing from the current directory, which may be what is scanned.

    An empty part of PYTHONPATH stands for it, and so does an editable install.
    """
    here = os.path.abspath(".")  # noqa: PTH100 - pathlib would be imported
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    if here != own:
        sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]  # noqa: PTH100


def _dispatch(arguments: list[str]) -> int:
    """Import and run what is asked for, and nothing else."""
    if arguments == ["--version"]:
        from jwtaudit import __version__  # noqa: PLC0415

        sys.stdout.write(f"jwtaudit {__version__}\n")
        return CLEAN
    command = arguments[0] if arguments else ""
    if command == "rules":
        from jwtaudit.cli.pages import rules  # noqa: PLC0415

        return rules(arguments[1:])
    if command == "explain":
        from jwtaudit.cli.pages import explain  # noqa: PLC0415

        return explain(arguments[1:])
    from jwtaudit.cli.check import check  # noqa: PLC0415

    return check(arguments[1:] if command == "check" else arguments)


def _explanation(error: Exception) -> str:
    """What to say about an error: its message where it was written for the user."""
    from jwtaudit.catalog import PageError, SelectorError  # noqa: PLC0415
    from jwtaudit.cli.arguments import UsageError  # noqa: PLC0415
    from jwtaudit.config import ConfigError  # noqa: PLC0415
    from jwtaudit.models import ModelError  # noqa: PLC0415

    if isinstance(error, (UsageError, ConfigError, ModelError, SelectorError, PageError)):
        return f"error: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"error: {error.strerror}: {error.filename or ''}".rstrip(": ")
    # The message may quote the scanned project; the place is in our own code.
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    where = ""
    if traceback:
        file = traceback.tb_frame.f_code.co_filename
        where = f" at {file.replace(os.sep, '/').rpartition('/')[2]}:{traceback.tb_lineno}"
    return f"internal error: {type(error).__name__}{where}; please report it"


# -- streams -------------------------------------------------------------------------------------


def say(message: str) -> None:
    """One line on stderr, whatever is in the message."""
    from jwtaudit.redact import printable  # noqa: PLC0415

    if sys.stderr is not None:
        sys.stderr.write(f"jwtaudit: {printable(message)}\n")


def _keep_streams_alive() -> None:
    """What a stream cannot encode, a lone surrogate in a file's name, must not end the run."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def close_stdout() -> None:
    """Point stdout to nowhere, so that the interpreter's last flush does not complain."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
