"""Which literals of a project are keys, whichever rules run and wherever they stand.

A finding of one rule shows lines in which another one's key may stand; what is masked must not
depend on what is reported. Tests and refused keys count here, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.program.classes import variables_of
from jwtaudit.program.key_sources import sources
from jwtaudit.program.key_uses import key_uses
from jwtaudit.values import Const, Env, Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.source import Place
    from jwtaudit.values import Value

_ROLES = ("sign", "verify", "verify-signature", "factory", "encrypt", "decrypt", "key-import")
_MEANINGS = {"key-import": "value"}
_NO_SECRET = re.compile(
    r"-----BEGIN (?:[A-Z ]+ )?(?:PUBLIC KEY|CERTIFICATE)|https?://|[\w./-]{1,200}\.(?:pem|key|crt)$"
)


def key_literals(project: Project) -> Iterator[Place]:
    """The places of all literals that stand for a key or a part of one."""
    for value in _keys(project):
        for source in sources(project, value):
            literal = source.value
            if isinstance(literal, Const) and literal.place and _may_be_secret(literal.value):
                yield literal.place


def key_variables(project: Project) -> tuple[dict[str, str], set[str]]:
    """Literal -> the variable whose default it is; and all variables that keys are read from."""
    defaults: dict[str, str] = {}
    read: set[str] = set()
    for value in _keys(project):
        for source in sources(project, value):
            if isinstance(source.value, Env) and source.value.name:
                read.add(source.value.name)
            elif isinstance(source.value, Setting):
                read.update(name.upper() for name in variables_of(project, source.value))
            literal = source.value
            for lookup in reversed(source.lookups):
                if isinstance(lookup, Env) and lookup.name and isinstance(literal, Const):
                    if isinstance(literal.value, str) and literal.value:
                        defaults.setdefault(literal.value, lookup.name)
                    break
    return defaults, read


def _keys(project: Project) -> Iterator[Value]:
    for site in project.sites(*_ROLES):
        yield site.argument(_MEANINGS.get(site.model.role, "key"))
    for use in key_uses(project):
        yield use.value


def _may_be_secret(value: object) -> bool:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    # An empty key is the default of a parameter: there, the place is the whole call.
    return isinstance(value, str) and value != "" and not _NO_SECRET.match(value)
