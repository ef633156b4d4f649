"""What a key may be made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jwtaudit.program.development import DEVELOPMENT
from jwtaudit.program.lookups import looked_up
from jwtaudit.program.names import names_of, words
from jwtaudit.program.scopes import Returned
from jwtaudit.values import (
    ABSENT,
    Absent,
    Call,
    Closure,
    Const,
    Env,
    Join,
    Member,
    Operation,
    Outcome,
    Param,
    Sequence,
    Setting,
    Table,
    Value,
    farther,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place

    Lookup = Env | Setting | Param


_MAX_DEPTH = 12


# Operations whose result tells its operand, or is as hard to guess as that.
_TRANSPARENT = frozenset(
    [
        "or",
        "identity",
        "strip",
        "lower",
        "upper",
        "join",
        "each",
        "slice",
        "cut",
        "pad",
        "replace",
        "text",
        "number",
        "json-encode",
        "base64-encode",
        "base64url-encode",
        "base32-encode",
        "hex-encode",
        "base64-decode",
        "base64url-decode",
        "hex-decode",
    ]
)


# What so called is given to a function holds the settings of its process.
_SETTINGS = frozenset({"bindings", "config", "configuration", "env", "environment", "settings"})

# What a text becomes that is made of nothing at all.
TEXT_OF_NOTHING = "None"
TEXT_OF_UNDEFINED = "undefined"  # the same, of a script
# What a variable is called whose value is no secret that two sides share.
_PAIR = frozenset({"cert", "certificate", "pem", "private", "pub", "public", "rsa"})

# Members of a private or secret JWK (RFC 7518 section 6).
_JWK_SECRETS = ("k", "d")


@dataclass(frozen=True, slots=True)
class Source:
    """Something that a key may be made of.

    Attributes:
        lookups: the lookups of which it is the default, outermost first.
        imported: whether a function parsed it as a key (so it is no plain secret).
        derived: whether only a digest of it is the key.
        salted: whether that digest is one for keys, with a salt or a label of its own.
        around: the expressions that make a text of it, outermost first.
        paired: whether it is a number of a key pair, which the ones beside it go with.
        opening: whether it is no key, but what an encrypted private key is opened with.
    """

    value: Value
    lookups: tuple[Lookup, ...] = ()
    imported: bool = False
    derived: bool = False
    salted: bool = False
    around: tuple[Place, ...] = ()
    paired: bool = False
    opening: bool = False

    @property
    def whole(self) -> Place | None:
        """Where the text that is made of it stands: all that it is written in."""
        place = self.value.place
        wholes = (
            outer
            for outer in self.around
            if place and outer.path == place.path and outer.span.contains(place.span)
        )
        return next(wholes, place)

    def within(self, value: Value) -> Source:
        """The same for what goes into the text that a value is."""
        return replace(self, around=(*self.around, value.place)) if value.place else self

    def unless(self, value: Value) -> Source:
        """The same for what is taken where a lookup gives nothing."""
        lookup = _asked_of_settings(value)
        return self if lookup is None else replace(self, lookups=(*self.lookups, lookup))

    def apart(self) -> Source:
        """The same for something that is a value of its own."""
        return replace(self, around=())


def _asked_of_settings(value: Value) -> Env | Setting | None:
    """A lookup; also in what is given to a function and called so: `env.JWT_SECRET`."""
    if isinstance(value, (Env, Setting)):
        return value
    if (
        isinstance(value, Member)
        and value.name
        and not value.item
        and any(_SETTINGS & set(words(name)[-1:]) for name in names_of(value.base))
    ):
        return Setting(value.name, ABSENT, place=value.place, trace=value.trace)
    return None


def sources(project: Project, value: Value) -> Iterator[Source]:
    """Everything that a key may be made of: branches, defaults and wrappings taken apart."""
    yield from _sources(project, value, Source(value), 0)


def _sources(project: Project, value: Value, so_far: Source, depth: int) -> Iterator[Source]:
    if depth > _MAX_DEPTH:
        return
    for option in options(value):
        source = replace(so_far, value=option)
        yield source
        if isinstance(value, Join) and value.ordered:  # the next one is for where this is not set
            so_far = so_far.unless(option)
        if isinstance(option, (Env, Setting, Param)):
            if isinstance(option, Env) and option.as_text and _is_undefined(option.default):
                if not _PAIR & set(words(option.name or "")):
                    text = replace(option, default=Const(TEXT_OF_UNDEFINED, place=option.place))
                    yield from _default(project, text, source, depth)
            elif not isinstance(option.default, Absent):
                yield from _default(project, option, source, depth)
            elif isinstance(option, Env) and option.as_text and may_be_nothing(project, option):
                text = replace(option, default=Const(TEXT_OF_NOTHING, place=option.place))
                yield from _default(project, text, source, depth)
        elif isinstance(option, Operation):
            if option.operator in _TRANSPARENT:
                parts = option.operands
                source = source.apart() if option.operator == "or" else source.within(option)
                if option.operator == "text":  # the whole is as hard to guess as its best part
                    parts = (
                        tuple(p for p in parts if isinstance(p, Outcome)) if _plain(option) else ()
                    )
                elif option.operator == "join":
                    parts = tuple(_joined(option))
                for operand in parts:
                    yield from _sources(project, operand, source, depth + 1)
        elif isinstance(option, Outcome):
            yield from _made(project, option, source, depth)
        elif isinstance(option, Closure):
            for given in _given_back(project, option):
                yield from _sources(project, given, source.apart(), depth + 1)
        elif isinstance(option, Table):
            yield from _jwk(project, option, source, depth)
        elif isinstance(option, Sequence):
            for item in option.items:
                yield from _sources(project, item, source.apart(), depth + 1)
        elif isinstance(option, Member) and option.item and isinstance(option.base, Table):
            for entry in _chosen(option):
                yield from _sources(project, entry, source.apart(), depth + 1)
        elif isinstance(option, Member) and not option.item and isinstance(option.base, Outcome):
            model = project.model_of(option.base.call)
            if model is not None and model.role in ("generator", "key-generate"):
                yield from _sources(project, option.base, source.within(option), depth + 1)


def _chosen(entry: Member) -> Iterator[Value]:
    """The texts that may be chosen out of a mapping, but for what is there to try things out."""
    assert isinstance(entry.base, Table)
    for name, value in entry.base.entries.items() if not isinstance(entry.key, Const) else ():
        text = value.default if isinstance(value, (Env, Setting)) else value
        tried_out = isinstance(name, str) and DEVELOPMENT & set(words(name))
        if isinstance(text, Const) and text.value and not tried_out:
            yield value


def _is_undefined(default: Value) -> bool:
    """Whether a script gets no text at all for a variable that is not set."""
    return isinstance(default, Const) and default.value is None


def may_be_nothing(project: Project, lookup: Env) -> bool:
    """Whether a reader gives nothing where a variable is not set, rather than fail."""
    return any(
        site.place == lookup.place and site.model.effect == "none"
        for site in project.sites("environment")
    )


def _given_back(project: Project, function: Closure) -> Iterator[Value]:
    """What a function that finds keys returns, or gives to a callback behind the error."""
    scope = project.scope(function.id)
    if scope is None or not project.is_script(function.id.path):
        return
    for event in scope.events:
        if isinstance(event, Returned) and event.kind == "return":
            yield event.value
        elif (
            isinstance(event, Call)
            and isinstance(event.receiver, Param)
            and not event.name
            and len(event.arguments) == 2
        ):
            yield event.arguments[1].value


def _default(project: Project, lookup: Lookup, source: Source, depth: int) -> Iterator[Source]:
    from jwtaudit.program.origins import _lookup_hop  # noqa: PLC0415

    default = farther(lookup.default, (*_lookup_hop(lookup), *lookup.trace))
    injected = isinstance(lookup, Param) and lookup.injected
    inner = source if injected else replace(source, lookups=(*source.lookups, lookup))
    yield from _sources(project, default, inner.apart(), depth + 1)


def _joined(text: Operation) -> Iterator[Value]:
    """What a joined text is as hard to guess as; lines around a key are none themselves."""
    for operand in text.operands:
        if isinstance(operand, Sequence):
            yield from (item for item in operand.items if isinstance(item, Outcome))
            yield from operand.rest
        else:
            yield operand


def _plain(text: Operation) -> bool:
    """Whether a built text holds nothing but constants and calls."""
    return all(isinstance(part, (Const, Outcome)) for part in text.operands)


def _made(project: Project, outcome: Outcome, source: Source, depth: int) -> Iterator[Source]:
    call = outcome.call
    model = project.model_of(call)
    if model is not None and model.role == "key-import":
        whole = project.argument(call, model, "value")
        imported = replace(source.apart(), imported=True)
        if not isinstance(whole, Absent):
            yield from _sources(project, whole, imported, depth + 1)
        for name in _JWK_SECRETS:
            part = next((a.value for a in call.arguments if a.name == name), ABSENT)
            if not isinstance(part, Absent):
                yield from _sources(project, part, imported, depth + 1)
    elif model is not None and model.role == "digest":
        salted = source.salted or model.effect == "kdf"
        derived = replace(source.within(outcome), derived=True, salted=salted)
        for inner in _ingredients(project, outcome):
            yield from _sources(project, inner, derived, depth + 1)
    elif (
        call.name.rpartition(".")[2] == "get"
        and len(call.arguments) > 1
        and (model is None or model.role != "environment")
    ):
        name, default = looked_up(call)
        lookup = Setting(name, default, place=outcome.place, trace=outcome.trace)
        yield from _default(project, lookup, source, depth)


def _fed(project: Project, digest: Outcome) -> Iterator[Value]:
    """What goes into a digest bit by bit, in a statement of its own: ``digest.update(value)``."""
    for event in project.uses(digest.call):
        if isinstance(event, Call) and event.name.endswith(".update") and event.discarded:
            for held in options(event.receiver) if event.receiver is not None else ():
                if isinstance(held, Outcome) and held.call.place == digest.call.place:
                    yield from (argument.value for argument in event.arguments)


def _ingredients(project: Project, digest: Outcome) -> Iterator[Value]:
    """What a digest is as hard to guess as: the one thing in it that is not written down."""
    found: dict[str, list[Value]] = {"key": [], "value": []}
    part: Value | None = digest
    while isinstance(part, Outcome):
        model = project.model_of(part.call)
        if model is None or model.role != "digest":
            break
        for meaning, known in found.items():
            if not isinstance(value := project.argument(part.call, model, meaning), Absent):
                known.append(value)
        found["value"] += _fed(project, part)
        part = part.call.receiver
    values = found["key"] + found["value"] or ([] if part is None else [part])
    unknown = [value for value in values if not isinstance(value, Const)]
    if not unknown:
        yield from values[:1]
    elif len(unknown) == 1:
        yield from unknown


def passphrases(project: Project, value: Value) -> Iterator[Source]:
    """What private keys are opened with: of ``{ key, passphrase }``, as Node has it."""
    for option in options(value):
        model = project.model_of(option.call) if isinstance(option, Outcome) else None
        if isinstance(option, Outcome) and model is not None and model.role == "key-import":
            yield from passphrases(project, project.argument(option.call, model, "value"))
        elif isinstance(option, Table) and "key" in option.entries:
            phrase = option.entries.get("passphrase", ABSENT)
            so_far = Source(phrase, imported=True, opening=True)
            yield from _sources(project, phrase, so_far, 0)


def _jwk(project: Project, table: Table, source: Source, depth: int) -> Iterator[Source]:
    imported = replace(source.apart(), imported=True)
    if "key" in table.entries and "passphrase" in table.entries:
        yield from _sources(project, table.entries["key"], imported, depth + 1)
    for name in _JWK_SECRETS:
        part = table.entries.get(name)
        if part is not None and "kty" in table.entries:
            paired = replace(imported, paired=name == "d")
            yield from _sources(project, part, paired, depth + 1)
    if "keys" in table.entries:
        yield from _sources(project, table.entries["keys"], imported, depth + 1)
