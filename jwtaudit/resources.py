"""Where the knowledge lies: rule pages, library models and data files."""

from __future__ import annotations

from pathlib import Path

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
