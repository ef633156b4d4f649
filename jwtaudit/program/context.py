"""Where code stands: product, test, example or documentation."""

from __future__ import annotations

import enum
import functools
import re
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jwtaudit.source import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.values import Arm


class Setting(enum.Enum):
    """What kind of code a file holds."""

    PRODUCT = "product"
    TEST = "test"
    EXAMPLE = "example"
    MIGRATION = "migration"


_TEST_FOLDERS = frozenset(
    "test tests testing __tests__ spec specs e2e fixtures mocks conftest testdata unittests"
    " __mocks__ __fixtures__ cypress playwright"
    # Attacks on a program, to show what can be done to it, are run as tests are; what takes the
    # place of a service while one develops signs for whoever asks.
    " exploit exploits poc pocs emulator emulators".split()
)
_TEST_FOLDER = re.compile(
    r"tests?_|(\d+[-_])?(pruebas|testes)([-_]|$)|.*[-_]tests$"
    r"|(integration|e2e|unit|functional|acceptance|api|component|contract)[-_]test(ing)?$"
)
_EXAMPLE_FOLDERS = frozenset(
    "example examples sample samples demo demos docs doc docs_src tutorial tutorials"
    " snippets benchmark benchmarks".split()
)
_TEST_FILE = re.compile(
    r"^(tests?[-_].*|.*_tests?|tests?|testing|conftest|tox|pytest|noxfile|.*[-_.](spec|test)"
    r"|(jest|vitest|mocha|karma)([-_.].*)?|setup[-_.]?tests?"
    r"|ci[-_](config|settings)|(config|settings)[-_]ci"
    r"|(exploit|poc)s?([-_.].*)?|.*[-_.](exploit|attack|poc)s?)$"
)
_EXAMPLE_FILE = re.compile(r"^(example|sample|demo)s?([-_.].*)?$")
# Of files that configure a program, wherever they lie.
_SAMPLE = re.compile(
    r"(^|[-_.])(example|exemple|exemplo|ejemplo|beispiel|sample|template|dist|tmpl|tpl|defaults?)($|[-_.])"
)
_FOR_TESTS = re.compile(r"(^|[-_./])(tests?|testing|suites?|ci|e2e|integration)($|[-_./])")


# Whoever scans one directory means what is in it: that it lies in `tests/` says nothing of it.
_scanned: ContextVar[str] = ContextVar("scanned", default="")


@contextmanager
def scanning(directory: str) -> Iterator[None]:
    """Go by what paths are called below a directory, for as long as this lasts."""
    token = _scanned.set(directory)
    try:
        yield
    finally:
        _scanned.reset(token)


def setting_of(path: str) -> Setting:
    """The kind of a file by its path below the directory that is scanned."""
    return _setting(path.removeprefix(_scanned.get()))


@functools.lru_cache(maxsize=4096)
def _setting(path: str) -> Setting:
    pure = PurePosixPath(path)
    folders = {part.lower() for part in pure.parts[:-1]}
    stem = pure.stem.lower()
    if folders & _TEST_FOLDERS or _TEST_FILE.match(stem):
        return Setting.TEST
    if any(_TEST_FOLDER.match(folder) for folder in folders):
        return Setting.TEST
    if "migrations" in folders:
        return Setting.MIGRATION
    if BLOCK in path or folders & _EXAMPLE_FOLDERS or _EXAMPLE_FILE.match(stem):
        return Setting.EXAMPLE
    return Setting.PRODUCT


def is_test(path: str) -> bool:
    """Whether a file is test code."""
    return setting_of(path) is Setting.TEST


def is_sample(path: str) -> bool:
    """Whether a configuration file is there to be copied, or gives way to another."""
    return _SAMPLE.search(PurePosixPath(path).name.lower()) is not None


def configures_tests(path: str) -> bool:
    """Whether a configuration file is for test runs, by its name or that of a folder."""
    return _FOR_TESTS.search(path.lower()) is not None


def in_main(path: tuple[Arm, ...]) -> bool:
    """Whether code runs only when its file is the program (``__main__``)."""
    return any(arm.side == "main" for arm in path)


def exclusive(a: tuple[Arm, ...], b: tuple[Arm, ...]) -> bool:
    """Whether two branch paths can never be taken in the same run of the code."""
    sides = {arm.start: arm.side for arm in a}
    for arm in b:
        side = sides.get(arm.start)
        if side is not None and side != arm.side:
            both = {side, arm.side}
            return "try" not in both
    return False


def is_demonstration(path: str, arms: tuple[Arm, ...]) -> bool:
    """Whether code shows something rather than being the product."""
    return setting_of(path) is not Setting.PRODUCT or in_main(arms)
