"""Scripts that handle tokens which somebody else signs and verifies: those of pages and apps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.program.logins import is_login_url
from jwtaudit.program.names import is_called_token, is_token_name
from jwtaudit.program.scopes import Stored
from jwtaudit.program.storage import texts
from jwtaudit.program.texts import told
from jwtaudit.values import Call, Const, Operation, Table, Value, options, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.models import Model
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event

_KEEPING = ("storage", "storage-read", "storage-hook")
_HEADER = "authorization"
_BEARER = re.compile(r"(?i)^(?:bearer|jwt|token) $")


def token_scripts(project: Project) -> Iterator[str]:
    """The scripts that keep tokens, send them, or ask for them."""
    seen: set[str] = set()
    for site in project.sites(*_KEEPING):
        named = any(map(is_token_name, texts(site.argument("name"))))
        if named or any(map(is_called_token, told(site.argument("value")))):
            seen.add(site.place.path)
            seen.update(call.place.path for call in site.chain)
    for event, parts in project.script_parts:
        if event.place.path not in seen and _handles(project, event, parts):
            seen.add(event.place.path)
    yield from seen


def _handles(project: Project, event: Event, parts: Iterable[Value]) -> bool:
    if isinstance(event, Stored) and _is_header(event.key):
        return True
    if isinstance(event, Call) and _asks(project, event):
        return True
    return any(map(_is_credential, parts))


def _is_credential(value: Value) -> bool:
    """Whether a value is a header that says who is asking, or an object with one."""
    if isinstance(value, Table):
        return any(isinstance(name, str) and name.lower() == _HEADER for name in value.entries)
    return (
        isinstance(value, Operation)
        and value.operator in ("text", "+")
        and isinstance(value.operands[0], Const)
        and isinstance(value.operands[0].value, str)
        and bool(_BEARER.match(value.operands[0].value))
    )


def _is_header(key: Value) -> bool:
    return isinstance(key, Const) and isinstance(key.value, str) and key.value.lower() == _HEADER


def _asks(project: Project, call: Call) -> bool:
    """Whether a call sends a login to a server, or a token."""
    model = project.model_of(call)
    if model is None or model.role != "http-request":
        return False
    url = project.argument(call, model, "url")
    return _sends_token(project, call, model) or any(
        is_login_url(text) for part in walk(url) for text in texts(part)
    )


def _sends_token(project: Project, call: Call, model: Model) -> bool:
    """Whether what is sent holds an entry that is called a token."""
    return any(
        isinstance(name, str)
        and is_token_name(name)
        and not all(isinstance(option, Const) for option in options(entry))
        for meaning in ("parameters", "body")
        for part in walk(project.argument(call, model, meaning))
        if isinstance(part, Table)
        for name, entry in part.entries.items()
    )
