"""Keys: written down, guessable, or made of too little chance."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.checks.drawn import guessable
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_test
from jwtaudit.program.development import is_refused_in_production
from jwtaudit.program.enclosing import enclosing, parameter_of
from jwtaudit.program.key_drafts import confidence_of, key_draft, written
from jwtaudit.program.key_guards import is_refused, is_stopped_unset
from jwtaudit.program.key_material import is_key, is_private, made_of, text_of
from jwtaudit.program.key_sources import TEXT_OF_NOTHING, TEXT_OF_UNDEFINED, passphrases
from jwtaudit.program.key_uses import key_uses
from jwtaudit.program.origins import describe, steps
from jwtaudit.program.scopes import Tested
from jwtaudit.program.secret_repairs import from_environment, insisted_instead, without_default
from jwtaudit.program.wordlist import is_known, is_placeholder
from jwtaudit.repair import CallInstead, EnvVar, Named, Repair, Replace, Snippet
from jwtaudit.values import (
    Const,
    Env,
    Operation,
    Outcome,
    Param,
    Setting,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.models import Model
    from jwtaudit.program import Project
    from jwtaudit.program.key_sources import Source
    from jwtaudit.program.key_uses import KeyUse
    from jwtaudit.repair import Change
    from jwtaudit.source import Place
    from jwtaudit.values import Value

_HASH_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
_ENOUGH_BYTES = 16  # nobody tries 2**128 keys
_ENOUGH_BITS = 8 * _ENOUGH_BYTES


@check("hardcoded-key")
def hardcoded_key(project: Project) -> Iterator[Draft]:
    """A literal is the key."""
    for literal in _literals(project):
        if not literal.is_fallback:
            use = literal.uses[0][0]
            if literal.source.opening:
                yield literal.draft(
                    f"the private key with which {use.library.title} {use.verb} tokens is opened"
                    " with a passphrase that is written in the source: whoever gets hold of the"
                    " key's file can use it",
                    "Read the passphrase from the environment or a secret store without a default,"
                    " and treat this one as known.",
                    None,
                )
                continue
            yield literal.draft(
                f"{use.library.title} {use.verb} tokens with a key that is written in the"
                f" source{literal.weakness}: whoever reads the code can mint tokens for any user",
                "Read the key from the environment or a secret store without a default"
                f" (`{written(use, 'key-from-environment')}`), make a new one"
                f" (`{written(use, 'random-key')}`), and treat this one as known.",
                None if literal.source.paired else from_environment(literal.value),
            )


@check("secret-fallback")
def secret_fallback(project: Project) -> Iterator[Draft]:
    """A literal is the key as soon as a lookup finds nothing."""
    for literal in _literals(project):
        if literal.is_fallback:
            use = literal.uses[0][0]
            if literal.is_text_of_nothing:
                yield literal.draft(
                    f"Unless {literal.lookup} is set, {use.library.title} {use.verb} tokens with"
                    f" the text `{literal.value.value!s}` as the key, made of nothing at all:"
                    " anyone can mint tokens for any user of such an installation",
                    "Take the key so that the program does not start when it is missing"
                    f" (`{written(use, 'key-from-environment')}`).",
                    insisted_instead(literal.lookups),
                )
                continue
            key = "a key opened with a passphrase" if literal.source.opening else "a key"
            yield literal.draft(
                f"Unless {literal.lookup} is set, {use.library.title} {use.verb} tokens with {key}"
                f" that is written in the source{literal.weakness}: whoever reads the code can"
                " mint tokens for any user of such an installation",
                f"Take the key without a default (`{written(use, 'key-from-environment')}`), so"
                " that the program does not start when it is missing.",
                # What is made of the literal would be left, made of nothing.
                None
                if literal.source.derived
                else without_default(project, literal.value, literal.lookups),
            )


class _Literal:
    """A literal that ends up as a key, with all its uses."""

    def __init__(self, project: Project, source: Source) -> None:
        self.project = project
        self.source = source
        self.uses: list[tuple[KeyUse, Source]] = []

    @property
    def value(self) -> Const:
        assert isinstance(self.source.value, Const)
        return self.source.value

    @property
    def place(self) -> Place:
        assert self.value.place is not None
        return self.value.place

    @property
    def parameter(self) -> str:
        return parameter_of(self.project, self.place)

    @property
    def is_fallback(self) -> bool:
        return any(source.lookups for _, source in self.uses) or bool(self.parameter)

    @property
    def is_text_of_nothing(self) -> bool:
        """Whether no literal is written here: a text was made of a variable that is not set."""
        return self.value.value in (TEXT_OF_NOTHING, TEXT_OF_UNDEFINED) and any(
            isinstance(lookup, Env) and lookup.as_text and lookup.place == self.place
            for _, source in self.uses
            for lookup in source.lookups
        )

    @property
    def lookup(self) -> str:
        """What it is the default of, in words."""
        for _, source in self.uses:
            for lookup in reversed(source.lookups):
                if lookup.name:
                    return describe(lookup)
        return f"parameter `{self.parameter}`" if self.parameter else "another key"

    @property
    def weakness(self) -> str:
        """Why it need not even be read, in words."""
        text = self.value.value
        assert isinstance(text, (str, bytes))
        if self.source.imported or is_private(text):
            return ""
        if is_known(text):
            return " and stands in public lists of default secrets"
        if is_placeholder(text):
            return " and is a placeholder that is easily guessed"
        size = len(text.encode() if isinstance(text, str) else text)
        wanted = min(
            (_HASH_BYTES[a] for u, _ in self.uses for a in u.algorithms if a in _HASH_BYTES),
            default=32,
        )
        if size < wanted and not self.source.derived:
            return f" and has {size} bytes where {wanted} are needed"
        return ""

    @property
    def lookups(self) -> list[Env | Setting]:
        """What it is the default of; a parameter's default has several cures."""
        found = (lookup for _, source in self.uses for lookup in source.lookups)
        return [lookup for lookup in found if isinstance(lookup, (Env, Setting))]

    def draft(self, message: str, advice: str, repair: Repair | None) -> Draft:
        use, source = self.uses[0]
        confidence = confidence_of(self.project, self.place, (u for u, _ in self.uses))
        if self.source.opening:  # the key itself is needed, too
            confidence = min(confidence, Confidence.MEDIUM)
        if confidence is Confidence.LOW or self.project.environment.is_put(self.place):
            repair = None  # a key for development stays; the environment cannot be put into itself
        return Draft(
            rule="",
            place=self.place,
            message=message,
            confidence=confidence,
            trace=steps(source.value, use.place, f"{use.library.title} {use.verb} with it"),
            related=tuple(_related(use.place, self.uses)),
            advice=advice,
            secrets=() if self.is_text_of_nothing else (self.place,),
            anchor=enclosing(self.project, self.place),
            repair=repair,
        )


def _related(first: Place, uses: Iterable[tuple[KeyUse, Source]]) -> Iterator[tuple[Place, str]]:
    seen = {first}
    for use, _ in uses:
        if use.place not in seen:
            seen.add(use.place)
            yield use.place, f"{use.library.title} {use.verb} with it"


def _literals(project: Project) -> tuple[_Literal, ...]:
    """The literals that are usable as keys, and that the program does not refuse."""
    found: dict[Place, _Literal] = {}
    for use, source in (*made_of(project), *_opening(project)):
        text = text_of(source.value)
        if text and source.value.place is not None and is_key(text, use, source):
            literal = found.setdefault(source.value.place, _Literal(project, source))
            literal.uses.append((use, source))
    return tuple(
        literal
        for place, literal in found.items()
        if not any(
            is_refused(project, source) or is_stopped_unset(project, source)
            for _, source in literal.uses
        )
        if not is_refused_in_production(project, place)
    )


def _opening(project: Project) -> Iterator[tuple[KeyUse, Source]]:
    for use in key_uses(project):
        yield from ((use, source) for source in passphrases(project, use.value))


@check("weak-secret")
def weak_secret(project: Project) -> Iterator[Draft]:
    """A generated key is too short, or a check of its length lets a short one pass."""
    for use, source in made_of(project):
        size = _random_bytes(project, source.value)
        if size is not None and 0 < size < _ENOUGH_BYTES:
            yield key_draft(
                project,
                use,
                source,
                f"The key is made of {size} random bytes: {use.library.title} accepts it, and who"
                " holds one token can try all keys offline and then mint tokens for any user",
                f"Make it of at least 32 random bytes: `{written(use, 'random-key')}`.",
                Confidence.HIGH,
                repair=_longer(project, source.value),
            )
    yield from _short_minimum(project)


def _random_bytes(project: Project, value: Value) -> int | None:
    """The bytes of chance in a generated value; None when they cannot be told."""
    if not isinstance(value, Outcome):
        return None
    model = project.model_of(value.call)
    if model is None:
        return None
    if model.role == "generator" and model.effect == "random":
        for meaning, unit in (("size", 1), ("bits", 8)):
            size = project.argument(value.call, model, meaning)
            if isinstance(size, Const) and type(size.value) is int:
                return size.value // unit
    if model.role == "key-generate":
        kind = project.argument(value.call, model, "kind")
        size = project.argument(value.call, model, "size")
        known = isinstance(kind, Const) and kind.value == "oct"
        if known and isinstance(size, Const) and type(size.value) is int:
            return size.value // 8
    return None


def _longer(project: Project, value: Value) -> Repair | None:
    """Make as many random bytes as the strongest HMAC needs."""
    model = project.model_of(value.call) if isinstance(value, Outcome) else None
    if model is None or not isinstance(value, Outcome):
        return None
    for meaning, number in (("size", 32), ("bits", 256)):
        size = project.argument(value.call, model, meaning)
        if isinstance(size, Const) and size.place not in (None, value.call.place):
            assert size.place is not None
            enough = 256 if model.role == "key-generate" else number
            return Repair("Make the key of 32 random bytes", Replace(size.place, enough))
    return None


def _short_minimum(project: Project) -> Iterator[Draft]:

    names: dict[str, KeyUse] = {}
    for use, source in made_of(project):
        if isinstance(source.value, (Env, Setting)) and source.value.name:
            names.setdefault(source.value.name, use)
    for event in project.events:
        if not isinstance(event, Tested) or not (event.then_exits or event.else_exits):
            continue
        for part in walk(event.value):
            bound = _length_bound(part)
            if bound is None or not 1 < bound[1] < _ENOUGH_BYTES or is_test(event.place.path):
                continue
            for inner in walk(bound[0]):
                if isinstance(inner, (Env, Setting)) and inner.name in names:
                    use = names[inner.name]
                    yield Draft(
                        rule="",
                        place=event.place,
                        message=f"The check lets a key of {bound[1]} characters pass"
                        f" ({describe(inner)}): {use.library.title} takes it, and who holds one"
                        " token can guess a short key offline",
                        confidence=Confidence.MEDIUM,
                        related=((use.place, f"{use.library.title} {use.verb} with it"),),
                        advice="Ask for at least 32 bytes, the output size of SHA-256.",
                        anchor=enclosing(project, event.place),
                    )


def _length_bound(test: Value) -> tuple[Value, int] | None:
    """``len(x) < n`` as (x, n)."""
    if not isinstance(test, Operation) or test.operator not in ("<", "<=", ">", ">="):
        return None
    left, right = test.operands
    if not (isinstance(left, Outcome) and left.call.name == "len" and left.call.arguments):
        return None
    if isinstance(right, Const) and type(right.value) is int:
        shift = 1 if test.operator in ("<=", ">") else 0
        return left.call.arguments[0].value, right.value + shift
    return None


@check("predictable-secret")
def predictable_secret(project: Project) -> Iterator[Draft]:
    """The key is made of things that can be computed again."""
    for use, source in made_of(project):
        found = _predictable(project, source.value)
        if found is not None:
            what, confidence = found
            yield key_draft(
                project,
                use,
                source,
                f"The key of {use.library.title} is made of {what}: it can be computed or searched"
                " for, and whoever finds it mints tokens for any user",
                f"Make the key with `{written(use, 'random-key')}` once, and keep it in the"
                " environment or a secret store.",
                confidence,
                repair=_by_chance(project, source),
            )
    yield from guessable(project)


def _by_chance(project: Project, source: Source) -> Repair | None:
    value = source.value
    model = project.model_of(value.call) if isinstance(value, Outcome) else None
    if model is None or not isinstance(value, Outcome):
        return None
    whole = source.whole or value.call.place
    # what is made at each start is another key each time: one that stays comes from outside
    read = Repair("Read the key from the environment", Replace(whole, EnvVar()))
    if not model.secure:
        return read if model.effect == "predictable" else None
    if model.effect.startswith("uuid") and value.call.arguments:
        return None
    change: Change = CallInstead(value.call.place, Snippet(model.secure))
    if _is_short(project, value, model):
        change = Replace(whole, Named("random-key"))
    return Repair("Make the key with the generator for secrets", change, otherwise=read)


def _is_short(project: Project, drawn: Outcome, model: Model) -> bool:
    """Whether what is drawn by chance can be searched for, whoever draws it."""
    alphabet, length = (project.argument(drawn.call, model, of) for of in ("value", "length"))
    if not (isinstance(alphabet, Const) and isinstance(length, Const)):
        return False
    if not (isinstance(alphabet.value, str) and isinstance(length.value, int)):
        return False
    return length.value * log2(max(2, len(set(alphabet.value)))) < _ENOUGH_BITS


def _predictable(project: Project, value: Value) -> tuple[str, Confidence] | None:
    if not isinstance(value, Outcome):
        return None
    model = project.model_of(value.call)
    if model is None:
        return None
    if model.role == "clock":
        return "the time", Confidence.HIGH
    if model.role != "generator":
        return None
    if model.effect == "predictable":
        return "a pseudo-random generator that is not for secrets", Confidence.HIGH
    if model.effect == "machine":
        return "what tells the machine from others, which is no secret", Confidence.MEDIUM
    if model.effect == "uuid1":
        return "a UUID of the time and the network address", Confidence.HIGH
    if model.effect == "uuid4":
        return (
            "a UUID, which is an identifier and not promised to be unpredictable",
            Confidence.MEDIUM,
        )
    if model.effect == "named":
        parts = [a.value for a in value.call.arguments]
        if all(not isinstance(p, (Env, Setting, Param)) for v in parts for p in walk(v)):
            return "a name-based UUID", Confidence.HIGH
    return None
