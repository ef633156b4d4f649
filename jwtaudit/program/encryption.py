"""How tokens are encrypted: what their header says, and what else their call is told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.values import Absent, Const, Operation, Table, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.sites import Site

# What a header calls what an argument may say, too.
_ARGUMENTS = {"alg": "algorithm", "zip": "compression", "p2c": "iterations"}


def parameters(site: Site, name: str) -> Iterator[Value]:
    """What a token's header has under a name, however the call is told so."""
    given = options(site.argument(_ARGUMENTS[name]))
    yield from (option for option in given if not isinstance(option, Absent))
    for option in options(site.argument("headers")):
        for header in _headers(option):
            if site.role == "encrypt" or "enc" in header.entries:
                yield from options(header.entries.get(name, Absent()))


def _headers(value: Value) -> Iterator[Table]:
    """A header given as a mapping, as a text, or written out as JSON."""
    if isinstance(value, Table):
        yield value
    elif isinstance(value, Operation) and value.operator == "json-encode":
        yield from (option for option in options(value.operands[0]) if isinstance(option, Table))
    elif isinstance(value, Const) and isinstance(value.value, str):
        try:
            read = json.loads(value.value)
        except ValueError:
            return
        if isinstance(read, dict):
            known = {k: v for k, v in read.items() if isinstance(v, (str, int))}
            yield Table({k: replace(value, value=v) for k, v in known.items()}, place=value.place)
