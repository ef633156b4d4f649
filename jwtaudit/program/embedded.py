"""Tokens written into a project's texts: found, taken apart, and tried against known secrets."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from jwtaudit.program.wordlist import known_secrets
from jwtaudit.source import Place, Span
from jwtaudit.values import Const, Table, options, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.program.project import Project

# RFC 7515 section 7.1: three parts; RFC 7516 section 7.1: five. A JSON object that begins with
# a member name begins, in base64url, with "eyJ" (or "eyA", "ewo" with blanks: not minted by any
# library).
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_-])ey[JK][A-Za-z0-9_-]{8,}\.(?:ey[JK][A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*"
    r"|[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)(?![A-Za-z0-9_-])"
)
_HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
# RFC 7518 section 3: what a signature's length must be; RSA depends on the key.
_LENGTHS = {
    "HS256": (32, 32),
    "HS384": (48, 48),
    "HS512": (64, 64),
    "ES256": (64, 64),
    "ES384": (96, 96),
    "ES512": (132, 132),
    "EdDSA": (64, 114),
}
_MAX_TOKEN = 16_384
_BEFORE = 80
_SENT = re.compile(r"(?i)(?:\bbearer\s+|(?:^|[;\s\"'])[\w.-]*(?:jwt|token|session|auth)[\w.-]*=)\Z")
_EXAMPLE = frozenset({"example", "examples", "placeholder"})
# How a document says so, before the token: on its line, or on the one above.
_EXAMPLE_LINE = re.compile(
    r"(?i)\b(?:examples?|placeholders?|samples?)[\"']?\s*:[^\n]*(?:\n[^\n]*)?\Z"
)
_DESCRIPTION = re.compile(r"(?m)^\s*\{?\s*[\"']?(?:openapi|swagger|asyncapi)[\"']?\s*:")
_HEAD = 2000


@dataclass(frozen=True, slots=True)
class Embedded:
    """A token found in a text.

    Attributes:
        place: the token itself, or the literal that holds it when its text was put together.
        text: the token.
        claims: its payload, unverified; empty for an encrypted token.
        documentation: whether it stands in a docstring, or in an API's description.
        sent: whether it is written as a credential: behind ``Bearer``, or as a cookie.
    """

    place: Place
    text: str
    header: dict[str, Any]
    claims: dict[str, Any]
    documentation: bool
    sent: bool = False

    @property
    def algorithm(self) -> str:
        """The header's ``alg``."""
        return str(self.header.get("alg", ""))

    @property
    def encrypted(self) -> bool:
        """Whether it is a JWE."""
        return self.text.count(".") == 4

    @property
    def well_formed(self) -> bool:
        """Whether the signature has the length that its algorithm gives."""
        if self.encrypted:
            return True
        signature = _decode(self.text.rpartition(".")[2])
        if signature is None:
            return False
        low, high = _LENGTHS.get(self.algorithm, (128, 1024))
        return low <= len(signature) <= high

    def secret(self, words: Iterable[str]) -> str | None:
        """The word with which the token is signed, if it is among ``words``."""
        digest = _HASHES.get(self.algorithm)
        if digest is None or self.encrypted:
            return None
        signed, _, signature = self.text.rpartition(".")
        wanted = _decode(signature)
        for word in words:
            made = hmac.new(word.encode("utf-8", "surrogatepass"), signed.encode(), digest)
            if made.digest() == wanted:
                return word
        return None


def embedded_tokens(project: Project) -> Iterator[Embedded]:
    """Every well-formed token in the texts of a project."""
    for path, text in project.texts:
        for match in _TOKEN.finditer(text.text):
            token = match.group()
            if len(token) > _MAX_TOKEN:
                continue
            read = _read(token)
            if read is None:
                continue
            span = text.span
            if text.raw:
                start = text.span.start + text.offset + match.start()
                span = Span(start, start + len(token))
            place = Place(path, span)
            before = text.text[max(0, match.start() - _BEFORE) : match.start()]
            shown = text.docstring or _is_example(project, place)
            if project.facts[path].language == "config":
                shown = shown or _describes(text.text, before)
            yield Embedded(place, token, *read, shown, bool(_SENT.search(before)))


def _describes(document: str, before: str) -> bool:
    """Whether a document tells what a token looks like, and holds none to be used."""
    return bool(_EXAMPLE_LINE.search(before) or _DESCRIPTION.search(document[:_HEAD]))


_shown: WeakKeyDictionary[Project, frozenset[Place]] = WeakKeyDictionary()


def _is_example(project: Project, place: Place) -> bool:
    """Whether a text is what an API's description shows as an example."""
    shown = _shown.get(project)
    if shown is None:
        shown = _shown[project] = frozenset(_examples(project))
    return any(p.path == place.path and p.span.contains(place.span) for p in shown)


def _examples(project: Project) -> Iterator[Place]:
    """Where the texts stand that an API's description shows as examples."""
    for _, parts in project.parts:
        for table in parts:
            if isinstance(table, Table):
                for key in _EXAMPLE & table.entries.keys():
                    for part in walk(table.entries[key]):
                        if isinstance(part, Const) and part.place is not None:
                            yield part.place


@functools.lru_cache(maxsize=512)
def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Header and payload, by the unverified reading of PyJWT; None when it is no token."""
    import jwt  # noqa: PLC0415 - only files with tokens pay for it

    try:
        header = jwt.get_unverified_header(token) if token.count(".") == 2 else _json(token)
        if not isinstance(header, dict) or "alg" not in header:
            return None
        if token.count(".") == 4:
            return (header, {}) if "enc" in header else None
        claims = jwt.decode(
            token,
            options={"verify_signature": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return (header, claims) if isinstance(claims, dict) else None


def _json(token: str) -> Any:
    data = _decode(token.partition(".")[0])
    return None if data is None else json.loads(data)


def _decode(part: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (ValueError, binascii.Error):
        return None


def candidate_secrets(project: Project) -> tuple[str, ...]:
    """Known secrets, then every literal that the project's own files assign or pass as a key."""
    words: dict[str, None] = dict.fromkeys(known_secrets())
    for site in project.sites("sign", "verify", "verify-signature"):
        for option in options(site.argument("key")):
            _add(words, option)
    for module in project.modules.values():
        if module is not None:
            for value in module.names.values():
                for option in options(value):
                    _add(words, getattr(option, "default", option))
    return tuple(words)


def _add(words: dict[str, None], value: object) -> None:
    if isinstance(value, Const) and isinstance(value.value, (str, bytes)):
        text = value.value if isinstance(value.value, str) else value.value.decode("latin-1")
        if 0 < len(text) <= 512:
            words[text] = None
