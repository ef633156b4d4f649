"""Tokens that are encrypted in a way that tells what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.algorithms import algorithm_name, listed
from jwtaudit.program.claims import is_tested
from jwtaudit.program.context import is_demonstration
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.encryption import parameters
from jwtaudit.program.origins import steps
from jwtaudit.values import Const

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.values import Value

_PADDED = "RSA1_5"
_FEW = 1000  # RFC 7518, section 4.8.1.2


@check("weak-jwe-parameters")
def weak_jwe_parameters(project: Project) -> Iterator[Draft]:
    """A token is encrypted with what lets others read it."""
    for site in project.sites("encrypt", "sign", "decrypt", "verify", "factory"):
        if not is_tested(site):
            for value, message, confidence in _weak(site):
                yield _draft(project, site, value, message, confidence)


def _weak(site: Site) -> Iterator[tuple[Value, str, Confidence]]:
    padded = site.semantic("jwe-rsa15")
    if padded in ("accept", "when-listed"):
        why = (
            f"{_PADDED} is accepted for encrypted tokens: whoever sees how the program takes"
            " tokens that were tampered with can decrypt one that is not theirs, by asking"
            " often enough (Bleichenbacher's attack)"
        )
        for value in listed(site):
            if algorithm_name(value) == _PADDED:
                yield value, why, Confidence.HIGH
    if site.role not in ("encrypt", "sign"):
        return
    if padded == "accept":
        for value in parameters(site, "alg"):
            if algorithm_name(value) == _PADDED:
                yield (
                    value,
                    f"the token is encrypted with {_PADDED}: whoever sees how its receiver takes"
                    " tokens that were tampered with can decrypt it, by asking often enough"
                    " (Bleichenbacher's attack)",
                    Confidence.HIGH,
                )
    for value in parameters(site, "p2c"):
        if isinstance(value, Const) and isinstance(value.value, int) and 0 < value.value < _FEW:
            yield (
                value,
                f"the password is put through {value.value} rounds only (`p2c`): whoever holds a"
                " token tries passwords as fast as the machine can, and reads it",
                Confidence.HIGH,
            )
    if site.semantic("jwe-zip") == "accept":
        for value in parameters(site, "zip"):
            if algorithm_name(value) == "DEF":
                yield (
                    value,
                    "the token is compressed before it is encrypted: its length tells whether"
                    " what somebody else put into it is like what is secret in it",
                    Confidence.MEDIUM,
                )


def _draft(
    project: Project, site: Site, value: Value, message: str, confidence: Confidence
) -> Draft:
    place = value.place or site.place
    shown = is_demonstration(place.path, site.call.path)
    return Draft(
        rule="",
        place=place,
        message=message,
        confidence=Confidence.LOW if shown else confidence,
        trace=steps(value, site.place, "given here") if place != site.place else (),
        advice="Encrypt with RSA-OAEP-256 or ECDH-ES, uncompressed; with `dir` or A256KW and a"
        " random key rather than a password.",
        anchor=enclosing(project, place),
        notes=site.notes,
    )
