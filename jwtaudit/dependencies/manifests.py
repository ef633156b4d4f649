"""Manifests: what their readers give, and the text of one."""

from __future__ import annotations

import codecs
import re
import stat
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    Reader: TypeAlias = Callable[[str, Path], Iterable["Declared"]]

_MAX_BYTES = 16 * 1024 * 1024


class Declared(NamedTuple):
    """What one line of a manifest says.

    Attributes:
        name: of the package.
        specifier: in the form of PEP 440, alternatives apart by ``||``; empty for any version.
        line: from 1; None where it stands in a file that was included.
        written: the range as people wrote it, where that is another form.
        development: whether only those who work on the program need it.
    """

    name: str
    specifier: str
    line: int | None
    written: str = ""
    development: bool = False


class BrokenManifestError(Exception):
    """A manifest cannot be read; the message says why."""


class Kind(NamedTuple):
    """A kind of manifest.

    Attributes:
        pattern: of its name, or of its name with that of its directory.
        lock: whether a tool made it that resolved all versions.
        read: from its text and path to what it says.
        alone: the same without the files that it includes.
    """

    pattern: re.Pattern[str]
    lock: bool
    read: Reader
    alone: Reader


def kind(pattern: str, read: Reader, *, lock: bool, alone: Reader | None = None) -> Kind:
    """A kind of manifest; upper and lower case are one in its name."""
    return Kind(re.compile(pattern, re.IGNORECASE), lock, read, alone or read)


class Ecosystem(NamedTuple):
    """A package registry and the manifests that name its packages.

    Attributes:
        kinds: the order is that of belief: locks first.
        ends: how the names of the manifests end.
        normalised: a package's name as the registry compares it.
        is_for_work: whether a manifest is, by its name, for those who work on the program.
        copies: whether several versions of a package may be installed side by side, one for each
            that needs it.
    """

    name: str
    kinds: tuple[Kind, ...]
    ends: tuple[str, ...]
    normalised: Callable[[str], str]
    is_for_work: Callable[[Path], bool] = lambda _path: False
    copies: bool = False

    def may_name(self, text: str, packages: Iterable[tuple[str, str]]) -> bool:
        """Whether it is worth while to look for some packages in a manifest's text."""
        lower = re.sub(r"[_.]", "-", text.lower())
        return any(
            ecosystem == self.name and re.sub(r"[_.]", "-", package) in lower
            for ecosystem, package in packages
        )


def decoded(data: bytes, *, as_written: bool = False) -> str:
    """A manifest's bytes as text."""
    # PowerShell's `pip freeze > requirements.txt` writes UTF-16, which pip reads.
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = data.decode("utf-16" if wide else "utf-8-sig")
    return text if as_written else text.replace("\r\n", "\n")


def text_of(path: Path, top: Path, *, as_written: bool = False) -> str:
    """A manifest's text; a link must not lead out of the project."""
    try:
        real = path.resolve(strict=True)
        if path.is_symlink() and not real.is_relative_to(top.resolve()):
            raise BrokenManifestError("not read: it is a link that leads out of the project")
        status = real.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BrokenManifestError("not read: it is no regular file")
        if status.st_size > _MAX_BYTES:
            raise BrokenManifestError(f"not read: it is larger than {_MAX_BYTES >> 20} MiB")
        return decoded(real.read_bytes(), as_written=as_written)
    except UnicodeDecodeError:
        raise BrokenManifestError("not read: it is neither UTF-8 nor UTF-16") from None
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be resolved"
        raise BrokenManifestError(f"not read: {reason}") from None
