"""Where the knowledge lies: rule pages, library models and data files."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent


def rules_directory() -> Path:
    """The directory ``rules/``, as shipped in the wheel or as it stands in a checkout.

    The wheel's own copy comes first: beside an installed package, ``rules`` could be anybody's.
    """
    for directory in (_PACKAGE / "_rules", _PACKAGE.parent / "rules"):
        if directory.is_dir():
            return directory
    raise FileNotFoundError(
        f"no rules beside {_PACKAGE}: the installation is incomplete, install jwtaudit again"
    )


@functools.cache
def data(name: str) -> dict[str, Any]:
    """A file of ``rules/data``, without its ending; read once, and only when it is asked for."""
    import tomli  # noqa: PLC0415 - not at the start: many scans need none

    return tomli.loads((rules_directory() / "data" / f"{name}.toml").read_text("utf-8"))


@functools.cache
def words_of_data(name: str, part: str) -> frozenset[str]:
    """A word list in a file of ``rules/data``."""
    return frozenset(data(name)[part])
