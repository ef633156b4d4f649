"""Which values are tokens: by what made them, by what takes them, or by their name.

A name alone says little: parsers, language models and pages have tokens too. It counts only in a
file that signs or verifies tokens, or calls what does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from jwtaudit.finding import Confidence
from jwtaudit.program.names import is_called_token, is_masked, is_token_name, names_of, words
from jwtaudit.program.storage import storage_reads
from jwtaudit.program.texts import told
from jwtaudit.program.token_answers import is_answer_with_tokens
from jwtaudit.values import (
    Const,
    Member,
    Operation,
    Outcome,
    Param,
    Symbol,
    Unknown,
    Value,
    options,
    same,
)

if TYPE_CHECKING:
    from jwtaudit.program.project import Project

_READING = ("verify", "verify-signature", "decode-unverified", "header-peek", "decrypt")
_MINTING = frozenset({"payload", "subject", "token"})
_REQUEST = frozenset({"request", "req"})
_NO_TOKEN = frozenset({*_READING, "claims-accessor", "generator", "digest", "factory", "type"})
_OF_REQUEST = frozenset({"cookies", "signedCookies", "headers"})
_HEADER = frozenset({"authorization", "auth_header", "authorization_header", "http_authorization"})


class _Traffic(NamedTuple):
    """Where tokens are handled, and the values that are verified in each file."""

    paths: frozenset[str]
    read: dict[str, list[Value]]


_traffic: WeakKeyDictionary[Project, _Traffic] = WeakKeyDictionary()


_NAMED = (Member, Param, Outcome, Unknown)  # the last: a variable of some other script


def token_evidence(project: Project, value: Value, path: str) -> Confidence | None:
    """How sure it is that a value met in a file is a token; None when nothing says so."""
    found = [_evidence(project, option, path) for option in options(value)]
    return max((one for one in found if one is not None), default=None)


def _evidence(project: Project, value: Value, path: str) -> Confidence | None:
    value = _unwrapped(value)
    if is_masked(value) or _is_part(value):
        return None
    if is_minted(project, value) or _is_obtained(project, value):
        return Confidence.HIGH
    kept = (part for part in told(value) if isinstance(part, Outcome))
    if any(is_token_name(name) for part in kept for name in storage_reads(project, part)):
        return Confidence.MEDIUM
    if (
        isinstance(value, Member)
        and is_token_name(value.name or "")
        and any(True for _ in storage_reads(project, value.base))
    ):
        return Confidence.MEDIUM  # of an object that is kept: `JSON.parse(kept).token`
    if _role(project, value) in _NO_TOKEN or not isinstance(value, _NAMED):
        return None
    if path not in handling(project):
        return None
    if any(same(value, read) for read in _traffic[project].read.get(path, ())):
        return Confidence.HIGH
    if is_authorization(value) or is_called_token(value) or _is_credentials(value):
        return Confidence.MEDIUM
    return None


def _is_credentials(value: Value) -> bool:
    """Whether a value is what stands behind the scheme: ``credentials.credentials``."""
    return (
        isinstance(value, Member)
        and value.name == "credentials"
        and not value.item
        and any(words(name)[-1:] == ("credentials",) for name in names_of(value.base))
    )


def is_minted(project: Project, value: Value) -> bool:
    """Whether a value is what a signing call gave."""
    if isinstance(value, Member) and value.name is not None and not value.item:
        # an access token taken from a refresh token, as some frameworks offer
        return words(value.name)[-1:] == ("token",) and is_minted(project, value.base)
    if not isinstance(value, Outcome) or _role(project, value) != "sign":
        return False
    model = project.model_of(value.call)
    # without any of these it is an object that signs by itself later
    return model is not None and bool(_MINTING & {*model.meanings, *model.factory})


def _is_obtained(project: Project, value: Value) -> bool:
    """Whether a value is a token out of such an answer: ``answer["id_token"]``."""
    if isinstance(value, Outcome):
        base, get = value.call.receiver, value.call.name.endswith(".get")
    else:
        base, get = value.base if isinstance(value, Member) else None, True
    if base is None or not get or not any(map(is_token_name, names_of(value))):
        return False
    return any(is_answer_with_tokens(project, option) for option in options(base))


def is_authorization(value: Value) -> bool:
    """Whether a value is a request's Authorization header."""
    return any("_".join(words(name)) in _HEADER for name in names_of(value))


def is_all_headers(value: Value) -> bool:
    """Whether a value is all headers of a request."""
    if isinstance(value, Symbol):
        return value.name.endswith("request.headers")
    if isinstance(value, Member) and value.name == "headers" and not value.item:
        return any(not _REQUEST.isdisjoint(words(name)) for name in names_of(value.base))
    return False


def is_all_cookies(project: Project, value: Value, path: str) -> bool:
    """Whether a value is all cookies of a request, in a file that takes a token out of them."""
    return (
        path in handling(project)
        and isinstance(value, Member)
        and value.name == "cookies"
        and not value.item
        and any(
            isinstance(read, Member) and same(read.base, value)
            for read in _traffic[project].read.get(path, ())
        )
    )


def is_claims(project: Project, value: Value) -> bool:
    """Whether a value is all claims of a verified token, that of the request included."""
    role = _role(project, value)
    asked = role == "claims-accessor" and isinstance(value, Outcome) and value.call.receiver is None
    return asked or role in ("verify", "verify-signature")


def handling(project: Project) -> frozenset[str]:
    """The files that sign or read tokens, or call a function of the project that does."""
    found = _traffic.get(project)
    if found is None:
        found = _traffic[project] = _survey(project)
    return found.paths


def _survey(project: Project) -> _Traffic:
    paths: set[str] = set()
    read: dict[str, list[Value]] = {}
    for site in project.sites("sign", *_READING):
        paths.add(site.place.path)
        paths.update(call.place.path for call in site.chain)
        if site.role in _READING:
            call = site.call.origin or site.call
            for value in options(project.argument(call, site.model, "token")):
                read.setdefault(site.place.path, []).append(value)
    from jwtaudit.program.browsers import token_scripts  # noqa: PLC0415 - which asks for tokens

    paths.update(token_scripts(project))
    return _Traffic(frozenset(paths), read)


def _role(project: Project, value: Value) -> str:
    if not isinstance(value, Outcome):
        return ""
    model = project.model_of(value.call)
    return "" if model is None else model.role


def _unwrapped(value: Value) -> Value:
    """A header without its scheme is the token: ``header.split()[1]``, ``header[7:]``."""
    if isinstance(value, Operation) and value.operator == "slice":
        return value.operands[0]
    if not isinstance(value, Member) or not value.item:
        return value
    base = value.base
    if isinstance(base, Operation) and base.operator == "split" and isinstance(value.key, Const):
        return value if value.key.value == 0 else base.operands[0]  # what comes first is no token
    if value.name is None and value.trace and not isinstance(value.key, Const):
        return base if is_authorization(base) else value
    return value


def _is_part(value: Value) -> bool:
    """Whether only a part is taken: a slice, an element.

    An entry of what a call gave is no part: ``access, refresh = make_tokens()``. Nor is a cookie
    whose name is looked up.
    """
    if not isinstance(value, Member) or not value.item or value.name is not None:
        return False
    if isinstance(value.base, Member) and value.base.name in _OF_REQUEST:
        return False
    return not (isinstance(value.key, Const) and isinstance(value.base, Outcome))
