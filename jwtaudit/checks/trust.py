"""Where keys come from: not from the token itself, nor over a line that anyone can change."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.addresses import HOST, beginning, is_plain
from jwtaudit.program.context import Setting, is_test, setting_of
from jwtaudit.program.origins import origins, steps
from jwtaudit.program.scopes import Stored
from jwtaudit.program.steering_words import says, words
from jwtaudit.program.texts import pieces
from jwtaudit.program.token_sources import is_own
from jwtaudit.program.travels import deep, event_values
from jwtaudit.values import Absent, Closure, Const, Outcome, Symbol, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.program.steering import Chosen, Steering
    from jwtaudit.source import Place

_SQL = re.compile(r"(?is)\b(select|insert|update|delete|where|from)\b")


# -- keys that the token brings along --------------------------------------------------------------


@check("key-from-token-header")
def key_from_token_header(project: Project) -> Iterator[Draft]:
    """The token brings the key that verifies it."""
    steering = project.steering
    for site in project.sites("verify", "verify-signature"):
        if is_test(site.place.path):
            continue
        key = site.argument("key")
        if _is_none(key) and site.semantic("header-jwk-trusted") == "when-key-none":
            if site.role == "verify-signature":
                yield _draft(
                    site,
                    key.place or site.place,
                    f"without a key, {site.library.title} verifies a token with the key in its own"
                    " header: anyone can sign one",
                    "Give the issuer's key.",
                    notes=site.notes,
                )
            continue
        if (embedded := _embedded(project, key)) is not None and not _is_proof(project, site):
            yield _draft(
                site,
                site.place,
                f"`{embedded.name.rpartition('.')[2]}` verifies a token with the key in its own"
                " header: anyone can sign a token with a key of their own and put that key into it",
                "Take the key from the issuer: its JWKS, its certificate, or a table of your own.",
            )
        for chosen in _brought(project, steering, key):
            if steering.is_examined(chosen, site, key) or _is_proof(project, site):
                continue
            yield _draft(
                site,
                chosen.value.place or site.place,
                f"the token is verified with the key in its own header (`{chosen.name}`): anyone"
                " can sign a token with a key of their own and put that key into it",
                "Take the key from the issuer: its JWKS, its certificate, or a table of your own.",
                trace=steps(chosen.value, site.place, "verified with it here"),
            )


def _embedded(project: Project, key: Value) -> Symbol | None:
    """The function of a library that gives the key in the token's own header."""
    for option in options(key):
        if isinstance(option, Symbol):
            for model in project.models.exactly(option.name):
                if model.effect == "from-token":
                    return option
    return None


def _brought(project: Project, steering: Steering, key: Value) -> Iterator[Chosen]:
    """The members of the token that the key is made of."""
    values = [key]
    for option in options(key):
        scope = project.scope(option.id) if isinstance(option, Closure) else None
        if scope is not None:
            values.append(scope.returned)
    for value in values:
        for chosen in steering.inside(value):
            if chosen.name in words("embedded"):
                yield chosen


def _is_proof(project: Project, site: Site) -> bool:
    """Whether the token proves the possession of the very key that it brings."""
    for identity in (site.call.scope, *(call.scope for call in site.chain)):
        if says(f"{identity.path} {identity.qualname}", "proofs"):
            return True
        scope = project.scope(identity)
        for event in scope.events if scope is not None else ():
            if any(
                isinstance(part, Const) and part.value in words("proof-members")
                for value in event_values(event)
                for part in deep(value)
            ):
                return True
    return False


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


# -- names that become paths, commands and addresses -----------------------------------------------


@check("kid-injection")
def kid_injection(project: Project) -> Iterator[Draft]:
    """A header member goes into a path, an SQL text or a command before anything is verified."""
    steering = project.steering
    told: set[Place | None] = set()
    for site in project.sites("file", "sql", "shell"):
        value = _target(site)
        if is_test(site.place.path) or value is None:
            continue
        for chosen in steering.chosen(value):
            if chosen.value.place in told or steering.is_examined(chosen, site, value):
                continue
            told.add(chosen.value.place)
            what, gain = _DANGERS[site.role]
            yield _draft(
                site,
                _where(site, chosen),
                f"`{chosen.name}` of a token that nobody has verified becomes part of {what}:"
                f" whoever sends a token {gain}",
                "Look it up among the keys that there are, or match it against a strict pattern.",
                trace=steps(chosen.value, site.place, f"part of {what}"),
                confidence=Confidence.HIGH,
            )


_DANGERS = {
    "file": (
        "a path",
        "chooses the file that is read, and with a file of known content chooses the key",
    ),
    "sql": (
        "an SQL statement",
        "writes SQL, and can make the database answer with a key they know",
    ),
    "shell": ("a command line", "runs commands"),
}


def _target(site: Site) -> Value | None:
    """The path, the statement or the command of a call; None where it is harmless in form."""
    if site.role == "sql":
        statement = site.argument("statement")
        return statement if _is_sql(statement) else None
    if site.role == "shell":
        shell = site.argument("shell")
        return site.argument("command") if isinstance(shell, Const) and shell.value else None
    path = site.argument("path")
    return site.call.receiver if isinstance(path, Absent) else path


def _is_sql(value: Value) -> bool:
    return any(
        isinstance(part, Const) and isinstance(part.value, str) and _SQL.search(part.value)
        for part in deep(value)
    )


@check("jwks-url-from-token")
def jwks_url_from_token(project: Project) -> Iterator[Draft]:
    """The token says where the keys are fetched that verify it."""
    steering = project.steering
    told: set[Place | None] = set()
    for site in project.sites("http-request", "key-source"):
        url = _address(site)
        if is_test(site.place.path) or url is None:
            continue
        for chosen in steering.chosen(url):
            if (
                _fixed_host(steering, url)
                or is_own(project, chosen.token)
                or steering.is_examined(chosen, site, url)
            ):
                continue
            told.add(chosen.value.place)
            sure = _certainty(project, site, chosen, url)
            yield _steered(site, _where(site, chosen), chosen, "fetched here", sure)
    # fetched by something of the project's own, or of nobody known
    for site in project.sites("verify", "verify-signature"):
        key = site.argument("key")
        for chosen in () if is_test(site.place.path) else steering.inside(key):
            place = chosen.value.place
            if chosen.name not in words("addresses") or place in told:
                continue
            if not is_own(project, chosen.token) and not steering.is_examined(chosen, site, key):
                told.add(place)
                how = "verified with what is found there"
                yield _steered(site, place or site.place, chosen, how, Confidence.HIGH)


def _where(site: Site, chosen: Chosen) -> Place:
    """The call that is steered, in the function that reads the token; else where that reads it."""
    read, scope = chosen.value.place, site.scope
    if read is None or read.path != site.place.path:
        return read or site.place
    around = None if scope is None or scope.definition is None else scope.definition.span
    return site.place if around is None or around.contains(read.span) else read


def _steered(site: Site, place: Place, chosen: Chosen, how: str, sure: Confidence) -> Draft:
    return _draft(
        site,
        place,
        f"`{chosen.name}` of a token that nobody has verified says where its keys are fetched:"
        " anyone can name a server of their own, whose key then verifies their token, and can make"
        " this program call any address",
        "Map the issuers you trust to their addresses, and look the token's up there.",
        trace=steps(chosen.value, site.place, how),
        confidence=sure,
    )


def _address(site: Site) -> Value | None:
    value = site.argument("uri" if site.role == "key-source" else "url")
    return None if isinstance(value, Absent) else value


def _certainty(project: Project, site: Site, chosen: Chosen, url: Value) -> Confidence:
    if any(
        _pinned(other) and not isinstance(other.argument("issuer"), Absent)
        for other in project.sites("verify")
        if other.call.scope == site.call.scope and chosen.name == "iss"
    ):
        return Confidence.LOW  # the token is refused in the end; the call has been made
    if site.role == "key-source" or chosen.name in words("addresses") or _fetches_keys(url):
        return Confidence.HIGH
    return Confidence.HIGH if _becomes_key(project, site) else Confidence.MEDIUM


def _pinned(site: Site) -> bool:
    """Whether a call compares the issuer with something that is not the token's own."""
    issuer = site.argument("issuer")
    return not isinstance(issuer, Absent) and not any(
        isinstance(part, Outcome) for part in deep(issuer)
    )


def _fixed_host(steering: Steering, url: Value) -> bool:
    """Whether the host is told by the program, whatever the token chooses behind it."""
    return all(_begins_fixed(_before_choice(steering, option)) for option in options(url))


def _begins_fixed(address: str) -> bool:
    """Whether an address begins with a whole host, or with a path: on the host that is asked."""
    if "/" in address and ":" not in address:
        return not address.startswith("//")
    match = HOST.match(address)
    return match is not None and bool(match[1] and match[2])


def _before_choice(steering: Steering, url: Value) -> str:
    """An address up to what the token chooses, with a dash for what only the program knows."""
    text = ""
    for piece in pieces(url):
        if isinstance(piece, Const):
            text += str(piece.value)
        elif any(steering.chosen(piece)):
            break
        else:
            text += "-" if text else "https://-"
    return text or beginning(url)


def _fetches_keys(url: Value) -> bool:
    return any(
        isinstance(part, Const)
        and isinstance(part.value, str)
        and says(part.value, "key-addresses")
        for part in deep(url)
    )


def _becomes_key(project: Project, site: Site) -> bool:
    """Whether what is fetched is what a token is verified with."""
    return any(
        isinstance(part, Outcome) and part.call.place == site.place
        for other in project.sites("verify", "verify-signature")
        for part in deep(other.argument("key"))
    )


# -- the line over which keys come -----------------------------------------------------------------


@check("insecure-jwks-transport")
def insecure_jwks_transport(project: Project) -> Iterator[Draft]:
    """Keys are fetched over a line that anyone in between can change."""
    for site in project.sites("http-request", "key-source"):
        url = _address(site)
        if is_test(site.place.path) or url is None:
            continue
        plain = next((o for o in origins(url) if is_plain(o.value)), None)
        unchecked = _unchecked(site)
        if plain is None and unchecked is None:
            continue
        if site.role != "key-source" and not (_fetches_keys(url) or _becomes_key(project, site)):
            continue
        if plain is not None:
            value, what = plain.value, "keys are fetched over plain HTTP"
            sure = Confidence.MEDIUM if plain.lookups or not isinstance(value, Const) else None
        else:
            assert unchecked is not None
            value, what = unchecked, "keys are fetched without checking the server's certificate"
            sure = None
        yield _draft(
            site,
            value.place or site.place,
            f"{what}: anyone on the way can answer with a key of their own, and then sign tokens",
            "Fetch keys over HTTPS, with certificates checked.",
            trace=steps(value, site.place, "fetched here") if value.place != site.place else (),
            confidence=sure or Confidence.HIGH,
        )


def _unchecked(site: Site) -> Value | None:
    """What turns the check of certificates off: an argument, or a setting of what sends."""
    given = [site.argument(meaning) for meaning in ("tls", "context")]
    made = site.call.receiver
    if isinstance(made, Outcome):
        arguments = list(made.call.arguments)
        for argument in made.call.arguments:  # what the connections are made with
            if isinstance(argument.value, Outcome):
                arguments += argument.value.call.arguments
        given += [a.value for a in arguments if a.name in words("tls-switches")]
        given += _set_on(site.project, made, "tls-switches")
    for value in given:
        # a switch, which is on somewhere; nothing stands for the context that checks
        if any(isinstance(o, Const) and o.value in (True, None) for o in options(value)):
            continue
        for option in options(value):
            if isinstance(option, Const) and option.value is False:
                return option
            if isinstance(option, Outcome):
                if option.call.name in words("unchecked-contexts"):
                    return option
                for mode in _set_on(site.project, option, "tls-modes"):
                    if isinstance(mode, Symbol) and mode.name in words("unchecked-modes"):
                        return mode
    return None


def _set_on(project: Project, made: Outcome, names: str) -> list[Value]:
    """What attributes of an object are set to, after it was made."""
    if project not in _attributes:
        _attributes[project] = defaultdict(list)
        for event in project.events:
            if isinstance(event, Stored) and isinstance(event.base, Outcome):
                _attributes[project][event.base.call.place].append(event)
    return [
        event.value
        for event in _attributes[project].get(made.call.place, ())
        if isinstance(event.key, Const) and event.key.value in words(names)
    ]


_attributes: WeakKeyDictionary[Project, dict[Place, list[Stored]]] = WeakKeyDictionary()
"""What is set on the outcomes of calls."""


# -- drafts ----------------------------------------------------------------------------------------


def _draft(
    site: Site,
    place: Place,
    message: str,
    advice: str,
    *,
    trace: tuple[tuple[Place, str], ...] = (),
    confidence: Confidence = Confidence.HIGH,
    notes: tuple[str, ...] = (),
) -> Draft:
    scope = site.scope
    if setting_of(site.place.path) is Setting.EXAMPLE:
        confidence = Confidence(max(0, confidence - 1))
    return Draft(
        "",
        place,
        message,
        confidence,
        trace=trace,
        advice=advice,
        notes=notes,
        anchor=scope.name if scope is not None else "",
    )
