"""Tokens that stand in the source."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import REGISTERED
from jwtaudit.program.context import Setting, setting_of
from jwtaudit.program.embedded import Embedded, candidate_secrets, embedded_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project

# The sample of jwt.io and of most tutorials, and the names that RFC 7519 uses.
_SAMPLE_SUBJECTS = frozenset({"1234567890", "joe", "test", "example"})
_SAMPLE_NAMES = frozenset({"John Doe", "Jane Doe"})
_SAMPLE_CLAIM = "http://example.com/is_root"
# What Supabase's command line starts on a developer's own machine, with keys that are in its docs.
_SAMPLE_ISSUERS = frozenset({"supabase-demo"})
_EXPIRED = "expired"
_PUBLIC_ROLES = frozenset({"anon", "public", "publishable"})
_PRIVILEGED = frozenset({"service_role", "admin", "root", "superuser"})


@check("embedded-live-token")
def embedded_live_token(project: Project) -> Iterator[Draft]:
    """A token that a server would still accept, or that the program sends to one."""
    for token in embedded_tokens(project):
        why = _why_inert(token)
        if why == _EXPIRED and token.sent:
            yield _draft(
                token,
                "A token stands in the source and is sent as a credential; this one has expired,"
                " but where it stands the next one will stand too",
                Confidence.LOW,
                "Ask the server for a token, or read it from the environment or a secret store.",
            )
        if why:
            continue
        privileged = bool(_PRIVILEGED & _roles(token.claims))
        yield _draft(
            token,
            "A token that has not expired stands in the source: whoever reads the repository is"
            f" let in as its subject{', with a privileged role' if privileged else ''}",
            Confidence.HIGH if "exp" in token.claims or privileged else Confidence.MEDIUM,
            "Revoke the token (rotate its signing key if it cannot be revoked) and read it from"
            " the environment or a secret store.",
        )


@check("embedded-token-cracked")
def embedded_token_cracked(project: Project) -> Iterator[Draft]:
    """A token whose signing secret is publicly known, or lies beside it."""
    words: tuple[str, ...] | None = None
    for token in embedded_tokens(project):
        if _is_documentation(token) or _is_sample(token):
            continue
        if words is None:
            words = candidate_secrets(project)
        if token.secret(words) is not None:
            yield _draft(
                token,
                "The secret that signs this token was found by trying public default secrets and"
                " the project's own literals: anyone can mint tokens that its server accepts",
                Confidence.HIGH,
                "Replace the secret by at least 32 random bytes from the environment, and remove"
                " the token.",
            )


@check("embedded-inert-token")
def embedded_inert_token(project: Project) -> Iterator[Draft]:
    """A token that is no danger: expired, a sample, or in tests and documentation."""
    for token in embedded_tokens(project):
        why = _why_inert(token)
        if why:
            yield _draft(
                token,
                f"A token stands in the source; it is harmless here ({why}), but its payload is"
                " readable by everyone",
                Confidence.HIGH,
                "Mint test tokens when they are needed, with a key made for the test.",
            )


def _draft(token: Embedded, message: str, confidence: Confidence, advice: str) -> Draft:
    return Draft(
        rule="",
        place=token.place,
        message=message,
        confidence=confidence,
        advice=advice,
        secrets=(token.place,),
        anchor=f"{token.algorithm or 'unknown'} token",
    )


def _why_inert(token: Embedded) -> str:
    """Why a server would not accept the token; empty when it may."""
    expiry = token.claims.get("exp")
    if _is_documentation(token):
        return "test, example or documentation"
    if token.encrypted:
        return "encrypted: its claims cannot be read"
    if token.algorithm.lower() == "none" or not token.well_formed:
        return "not signed"
    if _is_sample(token):
        return "a well-known sample"
    if isinstance(expiry, (int, float)) and expiry < time.time():
        return _EXPIRED
    if _PUBLIC_ROLES & _roles(token.claims):
        return "a key meant to be public"
    if _names_addresses_only(token.claims):
        return "it signs an address, and names nobody"
    return ""


def _names_addresses_only(claims: dict[str, Any]) -> bool:
    """Whether a payload is the address of a picture or the like, as image proxies sign it."""
    return bool(claims) and all(
        name not in REGISTERED and isinstance(value, str) and value.startswith(("http:", "https:"))
        for name, value in claims.items()
    )


def _is_documentation(token: Embedded) -> bool:
    return token.documentation or setting_of(token.place.path) is not Setting.PRODUCT


def _is_sample(token: Embedded) -> bool:
    claims = token.claims
    return (
        str(claims.get("sub")) in _SAMPLE_SUBJECTS
        or claims.get("name") in _SAMPLE_NAMES
        or claims.get("iss") in _SAMPLE_ISSUERS
        or _SAMPLE_CLAIM in claims
    )


def _roles(claims: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for name in ("role", "roles", "scope", "scopes"):
        value = claims.get(name)
        found.update(str(v) for v in (value if isinstance(value, list) else [value]))
    return found
