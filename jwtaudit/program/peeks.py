"""Tokens that are looked at before they are verified, and what that look decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.claims import bases_of, is_test_of, members_read
from jwtaudit.program.names import names_of, pairs
from jwtaudit.program.readings import is_header_of_token, readings
from jwtaudit.program.scopes import Assigned, Returned, Tested
from jwtaudit.program.texts import pieces
from jwtaudit.program.token_roots import alike
from jwtaudit.program.travels import deep, event_values
from jwtaudit.resources import words_of_data
from jwtaudit.values import Call, Const, Outcome, Table, options, same, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.facts import Scalar
    from jwtaudit.program.project import Project
    from jwtaudit.program.readings import Reading
    from jwtaudit.program.sites import Site
    from jwtaudit.values import FunctionId, Value


def is_chosen_by(project: Project, site: Site, claim: str) -> bool:
    """Whether a claim, read before, has chosen what the same token is verified with.

    A token that is verified with the keys of the issuer it names is of that issuer.
    """
    return any(
        event.scope == reading.scope
        and any(_is_of(reading, project, value, claim) for value in event_values(event))
        for reading in _before(project, site)
        if reading.scope == site.call.scope
        for event in project.holders(reading.place)
    )


def is_compared_before(project: Project, site: Site, claim: str) -> bool:
    """Whether what verifies a token compares a claim of it that it has read without that.

    What was read without verification is what the signature is then found to be right for. An
    object may have read it in one method, and look at it in another. Where nobody takes what the
    verification gives, the claims that are looked at elsewhere in its class have to be those.
    """
    if _is_left(project, site) and any(
        isinstance(event, Tested)
        and (event.scope == site.call.scope or _are_of_one(event.scope, site.call.scope))
        and is_test_of(project, event.value)
        and any(bases_of(project, event.value, claim))
        for event in project.events
    ):
        return True
    return any(
        isinstance(event, (Tested, Returned))
        and is_test_of(project, event.value)
        and _is_of(reading, project, event.value, claim)
        for reading in _before(project, site)
        for event in project.holders(reading.place)
        if event.scope in (site.call.scope, reading.scope)
        or _are_of_one(event.scope, reading.scope)
    )


def _is_left(project: Project, site: Site) -> bool:
    """Whether nobody takes what the verification gives."""
    raw = site.call.origin or site.call
    return raw.discarded or all(isinstance(use, Assigned) for use in project.uses(raw))


def _before(project: Project, site: Site) -> Iterator[Reading]:
    """Where claims of the same token are read, in the same function or by the same object."""
    scope, token = site.call.scope, _as_written(site)
    for reading in readings(project):
        own = reading.scope == scope or _are_of_one(reading.scope, scope)
        if own and alike(
            reading.token if reading.site is None else _as_written(reading.site), token
        ):
            yield reading


def _are_of_one(function: FunctionId, other: FunctionId) -> bool:
    """Whether functions are methods of one class, which share what its objects keep."""
    owner = function.qualname.rpartition(".")[0]
    return (
        bool(owner) and function.path == other.path and owner == other.qualname.rpartition(".")[0]
    )


def _as_written(site: Site) -> Value:
    """The token in terms of the function that holds the call, whoever calls it."""
    return site.project.argument(site.call.origin or site.call, site.model, "token")


def _is_of(reading: Reading, project: Project, value: Value, claim: str) -> bool:
    """Whether a claim is read inside a value, of what was read without verification."""
    return any(
        part.place == reading.place
        for base in bases_of(project, value, claim)
        for part in deep(base)
    )


def compares_signer(site: Site) -> bool:
    """Whether a program holds against something whom the token's header names as its signer.

    So a load balancer's tokens are told from those of others with the same keys.
    """
    scopes = (site.project.scope(call.scope) for call in site.calls)
    return any(
        is_header_of_token(site.project, base)
        for scope in scopes
        for event in (scope.events if scope is not None else ())
        if isinstance(event, Tested)
        for base in bases_of(site.project, event.value, "signer")
    )


def names_itself(site: Site, expected: Value) -> bool:
    """Whether a token is only expected to say what it says, and nothing else looks at that."""
    project, token = site.project, site.argument("token")
    for reading in readings(project):
        if reading.scope != site.call.scope or reading.site is None:
            continue
        said = _read_of(project, expected, reading)
        if said and alike(reading.site.argument("token"), token):
            return not any(
                said & _read_of(project, value, reading)
                for event in project.holders(reading.place)
                if event.place != site.place and isinstance(event, (Call, Tested))
                for value in _looked_at(event)
            )
    return False


def _read_of(project: Project, value: Value, reading: Reading) -> set[Scalar]:
    """The claims of a reading that a value is made of."""
    return {
        name
        for name, bases in members_read(project, value).items()
        if any(part.place == reading.place for base in bases for part in deep(base))
    }


def _looked_at(event: Call | Tested) -> Iterator[Value]:
    """What an event does something with: a lookup among the claims is none, before it goes on."""
    if isinstance(event, Tested):
        yield event.value
    else:
        yield from (argument.value for argument in event.arguments)


def has_keys_of_its_own(site: Site) -> bool:
    """Whether the keys are those of one client: their address tells which (`/jwks/{client_id}`).

    Or they are only given to who shows credentials. The issuer signs for no other with them.
    """
    telling = words_of_data("name-words", "one-client")
    return _takes_credentials(site) or any(
        len(parts := pieces(part)) > 1
        and any(telling & pairs(n) for piece in parts for one in walk(piece) for n in names_of(one))
        for part in deep(site.argument("key"))
    )


def _takes_credentials(site: Site) -> bool:
    """Whether keys are fetched with the program's own credentials, and not with the token."""
    project, token = site.project, site.argument("token")
    for part in deep(site.argument("key")):
        model = project.model_of(part.call) if isinstance(part, Outcome) else None
        if model is None or model.role != "http-request":
            continue
        assert isinstance(part, Outcome)
        shown = [argument.value for argument in part.call.arguments if argument.name == "auth"]
        shown += [
            value
            for headers in options(project.argument(part.call, model, "headers"))
            for name, value in (headers.entries if isinstance(headers, Table) else {}).items()
            if isinstance(name, str) and name.lower() == "authorization"
        ]
        if any(not any(same(one, token) for one in deep(value)) for value in shown):
            return True
    return False


def has_keys_of_one_tenant(site: Site) -> bool:
    """Whether the keys are those of one issuer alone, by their address: `/realms/shop/certs`.

    Whoever it issues tokens to, none of them names another issuer. What verifies may be called
    after it, and be told the address by others.
    """
    texts = words_of_data("name-words", "one-tenant-text")
    names = words_of_data("name-words", "one-tenant")
    if names & pairs(site.call.scope.qualname):
        return True
    return any(
        any(text in piece.value for text in texts)
        if isinstance(piece, Const) and isinstance(piece.value, str)
        else any(names & pairs(name) for one in walk(piece) for name in names_of(one))
        for part in deep(site.argument("key"))
        for address in _addresses(site.project, part)
        for piece in (address, *pieces(address))
    )


def _addresses(project: Project, part: Value) -> Iterator[Value]:
    """Where what fetches keys fetches them."""
    model = project.model_of(part.call) if isinstance(part, Outcome) else None
    if model is not None and model.role in ("key-source", "http-request"):
        assert isinstance(part, Outcome)
        for meaning in ("url", "uri"):
            yield from options(project.argument(part.call, model, meaning))
