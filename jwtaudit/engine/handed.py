"""Whom a module hands objects of a project's own token code.

``LoginUser(users, Signer(key))`` tells of a class that holds no word of tokens and imports none:
``self.signer.issue(claims)`` stands in it. ``app.state.signer = Signer(key)`` tells of handlers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.program.nodes import nodes
from jwtaudit.resources import words_of_data

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from jwtaudit.facts import Facts


def handed(fact: Facts, names: Collection[str]) -> frozenset[str]:
    """The imported classes that objects are handed to which come of one of some names."""
    imported = {
        node.alias: node.name
        for node in fact.body
        if isinstance(node, f.Import) and node.name and node.name[0].isupper()
    }
    found = frozenset[str]()
    for body, known in _parts(fact.body, frozenset(names)) if imported else ():
        for call in nodes(body):
            if isinstance(call, f.Call) and not known.isdisjoint(_names(call.arguments)):
                told = (call.function, *(argument.value for argument in call.arguments))
                found |= {
                    imported[node.id]
                    for node in told
                    if isinstance(node, f.Name) and node.id in imported.keys() - set(names)
                }
    return found


def kept(fact: Facts, names: Collection[str]) -> frozenset[bytes]:
    """How others read what an application keeps that comes of one of some names."""
    found = set()
    for body, known in _parts(fact.body, frozenset(names)):
        for node in nodes(body):
            if not isinstance(node, f.Assign) or known.isdisjoint(_names(node.value)):
                continue
            for target in node.targets:
                if isinstance(target, f.Attribute) and isinstance(target.object, f.Attribute):
                    if target.object.name in words_of_data("keeping", "application-parts"):
                        found.add(f".{target.object.name}.{target.name}.".encode())
                elif isinstance(target, f.Item) and isinstance(target.object, f.Name):
                    key = target.key.value if isinstance(target.key, f.Literal) else None
                    is_app = target.object.id in words_of_data("keeping", "applications")
                    if is_app and isinstance(key, str):
                        found |= {f'["{key}"].'.encode(), f"['{key}'].".encode()}
    return frozenset(found)


def _parts(
    body: Iterable[f.Statement], known: frozenset[str]
) -> Iterator[tuple[object, frozenset[str]]]:
    """The functions and other statements, each with what comes of the names in it."""
    for statement in body:
        if isinstance(statement, f.Class):
            yield from _parts(statement.body, known | _set(statement.body, known))
        elif isinstance(statement, f.Function):
            given = {
                parameter.name
                for parameter in statement.parameters
                if not known.isdisjoint(_names((parameter.default, parameter.annotation)))
            }
            inside = known | given
            yield statement.body, inside | _set(statement.body, inside)
        else:
            yield statement, known


def _set(body: Iterable[f.Statement], known: frozenset[str]) -> frozenset[str]:
    """The variables that are given what comes of the names."""
    return frozenset(
        target.id
        for node in body
        if isinstance(node, f.Assign) and not known.isdisjoint(_names(node.value))
        for target in node.targets
        if isinstance(target, f.Name)
    )


def _names(part: object) -> set[str]:
    return {node.id for node in nodes(part) if isinstance(node, f.Name)}
