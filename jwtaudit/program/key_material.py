"""What keys are made of, and which kind of key a text is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.program.context import is_test
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.key_sources import Source, sources
from jwtaudit.program.key_uses import KeyUse, key_uses
from jwtaudit.program.purposes import is_meant_bad
from jwtaudit.values import Const

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.source import Place
    from jwtaudit.values import Value

_PRIVATE = re.compile(r"-----BEGIN ([A-Z]+ )?PRIVATE KEY")
_PEM = re.compile(r"-----BEGIN |^(ssh-(rsa|ed25519)|ecdsa-sha2-)")
_PATH = re.compile(r"^[^\s:]*\.(pem|key|crt|cer|pub|der|p8|p12|jwk)$", re.IGNORECASE)
_ADDRESS = re.compile(r"^https?://", re.IGNORECASE)
# Filled in before the program runs: a template's hole is no key.
_HOLE = re.compile(r"^(\{\{.*\}\}|\{%.*%\}|\$\{.*\}|\$\(.*\)|%\(.*\)s)$", re.DOTALL)

_made: WeakKeyDictionary[Project, tuple[tuple[KeyUse, Source], ...]] = WeakKeyDictionary()


def made_of(project: Project) -> tuple[tuple[KeyUse, Source], ...]:
    """What each key is made of; what stands in tests, or makes a bad token, is nobody's key."""
    found = _made.get(project)
    if found is None:
        found = _made[project] = tuple(
            (use, source)
            for use in key_uses(project)
            if not (use.site is not None and use.role == "sign" and is_meant_bad(use.site))
            for source in sources(project, use.value)
            if not _in_test(project, source.value.place)
        )
    return found


def _in_test(project: Project, place: Place | None) -> bool:
    if place is None:
        return False
    return is_test(place.path) or enclosing(project, place).lower().startswith("test")


def text_of(value: Value) -> str | bytes | None:
    """The text that a value is; None for any other."""
    if isinstance(value, Const) and isinstance(value.value, (str, bytes)):
        return value.value
    return None


def as_text(text: str | bytes) -> str:
    """A text or bytes to look at; no byte is lost."""
    return text.decode("latin-1") if isinstance(text, bytes) else text


def is_private(text: str | bytes) -> bool:
    """Whether it is a private key in PEM."""
    return bool(_PRIVATE.search(as_text(text)))


def is_pem(text: str) -> bool:
    """Whether it is a key or a certificate in PEM, or a public key of OpenSSH."""
    return bool(_PEM.search(text))


def is_public(text: str) -> bool:
    """Whether it is one that everybody may know."""
    return is_pem(text) and not is_private(text)


def is_path(text: str) -> bool:
    """Whether it is the name of a file that holds a key."""
    return bool(_PATH.match(text))


def is_hole(text: str) -> bool:
    """Whether it is what a template is filled in at."""
    return bool(_HOLE.match(text))


def is_key(text: str | bytes, use: KeyUse, source: Source) -> bool:
    """Whether a literal gives the power to sign: a private key, or a secret for HMAC."""
    shown = as_text(text).strip()
    if is_private(text):
        return True
    if not shown or is_pem(shown) or is_hole(shown) or _ADDRESS.match(shown):
        return False
    if shown.startswith(("{", "[")):  # a JWK as text
        return bool(re.search(r'"(d|k)"\s*:', shown))
    if source.imported:
        return True
    return not is_path(shown) and not (use.algorithms and is_asymmetric(use))


def is_asymmetric(use: KeyUse) -> bool:
    """Whether the algorithms are known, and none of them is an HMAC (RFC 7518 section 3.1)."""
    return bool(use.algorithms) and not any(a.startswith("HS") for a in use.algorithms)


def is_hmac(use: KeyUse) -> bool:
    """Whether the algorithms are known, and each is an HMAC."""
    return bool(use.algorithms) and all(a.startswith("HS") for a in use.algorithms)
