"""Keys: written down, guessable, empty, of the wrong kind, or too short."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import Setting as FileKind
from jwtaudit.program.context import is_test, setting_of
from jwtaudit.program.development import is_for_development, is_refused_in_production
from jwtaudit.program.enclosing import enclosing, parameter_of
from jwtaudit.program.key_at_hand import keyed
from jwtaudit.program.key_guards import is_refused, is_refused_before
from jwtaudit.program.key_sources import Source, sources
from jwtaudit.program.key_uses import KeyUse, key_uses, signature_is_switched
from jwtaudit.program.names import words
from jwtaudit.program.origins import describe, steps
from jwtaudit.program.scopes import Tested
from jwtaudit.program.secret_repairs import from_environment, insisted_on, without_default
from jwtaudit.program.wording import wording
from jwtaudit.program.wordlist import is_known, is_placeholder
from jwtaudit.repair import CallInstead, EnvVar, Repair, Replace, Snippet
from jwtaudit.values import (
    Absent,
    Const,
    Env,
    Member,
    Operation,
    Outcome,
    Param,
    Setting,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.program import Project
    from jwtaudit.source import Place
    from jwtaudit.values import Value

_PRIVATE = re.compile(r"-----BEGIN ([A-Z]+ )?PRIVATE KEY")
_PEM = re.compile(r"-----BEGIN |^(ssh-(rsa|ed25519)|ecdsa-sha2-)")
_PATH = re.compile(r"^[^\s:]*\.(pem|key|crt|cer|pub|der|p8|p12|jwk)$", re.IGNORECASE)
_ADDRESS = re.compile(r"^https?://", re.IGNORECASE)
# Filled in before the program runs: a template's hole is no key.
_HOLE = re.compile(r"^(\{\{.*\}\}|\{%.*%\}|\$\{.*\}|\$\(.*\)|%\(.*\)s)$", re.DOTALL)
_MAKING = frozenset({"sign", "generate", "create", "issue", "make", "mint", "encode"})
_DEVELOPMENT = re.compile(r"(^|[-_.])(dev|development|local|debug)($|[-_.])", re.IGNORECASE)
_HASH_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
_ENOUGH_BYTES = 16  # nobody tries 2**128 keys
_ENOUGH_BITS = 8 * _ENOUGH_BYTES
_RSA_BITS = 2048


@check("hardcoded-key")
def hardcoded_key(project: Project) -> Iterator[Draft]:
    """A literal is the key."""
    for literal in _literals(project):
        if not literal.is_fallback:
            use = literal.uses[0][0]
            yield literal.draft(
                f"{use.library.title} {use.verb} tokens with a key that is written in the"
                f" source{literal.weakness}: whoever reads the code can mint tokens for any user",
                "Read the key from the environment or a secret store without a default"
                f" (`{_written(use, 'key-from-environment')}`), make a new one"
                f" (`{_written(use, 'random-key')}`), and treat this one as known.",
                from_environment(literal.value),
            )


@check("secret-fallback")
def secret_fallback(project: Project) -> Iterator[Draft]:
    """A literal is the key as soon as a lookup finds nothing."""
    for literal in _literals(project):
        if literal.is_fallback:
            use = literal.uses[0][0]
            yield literal.draft(
                f"Unless {literal.lookup} is set, {use.library.title} {use.verb} tokens with a key"
                f" that is written in the source{literal.weakness}: whoever reads the code can"
                " mint tokens for any user of such an installation",
                f"Take the key without a default (`{_written(use, 'key-from-environment')}`), so"
                " that the program does not start when it is missing.",
                without_default(project, literal.value, literal.lookups),
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
        if self.source.imported or _is_private(text):
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
        confidence = _confidence(self.project, self.place, (u for u, _ in self.uses))
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
            secrets=(self.place,),
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
    for use, source in _made_of(project):
        text = _text(source.value)
        if text and source.value.place is not None and _is_key(text, use, source):
            literal = found.setdefault(source.value.place, _Literal(project, source))
            literal.uses.append((use, source))
    return tuple(
        literal
        for place, literal in found.items()
        if not any(is_refused(project, source) for _, source in literal.uses)
        if not is_refused_in_production(project, place)
    )


_made: WeakKeyDictionary[Project, tuple[tuple[KeyUse, Source], ...]] = WeakKeyDictionary()


def _made_of(project: Project) -> tuple[tuple[KeyUse, Source], ...]:
    """What each key is made of; what stands in tests is nobody's key."""
    found = _made.get(project)
    if found is None:
        found = _made[project] = tuple(
            (use, source)
            for use in key_uses(project)
            for source in sources(project, use.value)
            if not _in_test(project, source.value.place)
        )
    return found


def _in_test(project: Project, place: Place | None) -> bool:
    if place is None:
        return False
    return is_test(place.path) or enclosing(project, place).lower().startswith("test")


def _text(value: Value) -> str | bytes | None:
    if isinstance(value, Const) and isinstance(value.value, (str, bytes)):
        return value.value
    return None


def _str(text: str | bytes) -> str:
    return text.decode("latin-1") if isinstance(text, bytes) else text


def _is_private(text: str | bytes) -> bool:
    return bool(_PRIVATE.search(_str(text)))


def _is_key(text: str | bytes, use: KeyUse, source: Source) -> bool:
    """Whether a literal gives the power to sign: a private key, or a secret for HMAC."""
    shown = _str(text).strip()
    if _is_private(text):
        return True
    if not shown or _PEM.search(shown) or _ADDRESS.match(shown) or _HOLE.match(shown):
        return False
    if shown.startswith(("{", "[")):  # a JWK as text
        return bool(re.search(r'"(d|k)"\s*:', shown))
    if source.imported:
        return True
    return not _PATH.match(shown) and not (use.algorithms and _asymmetric(use))


def _asymmetric(use: KeyUse) -> bool:
    return bool(use.algorithms) and not any(a.startswith("HS") for a in use.algorithms)


def _confidence(project: Project, place: Place, uses: Iterable[KeyUse]) -> Confidence:
    kinds = {setting_of(place.path), *(setting_of(use.place.path) for use in uses)}
    if FileKind.EXAMPLE in kinds:
        return Confidence.LOW
    stem = PurePosixPath(place.path).stem
    if _DEVELOPMENT.search(stem) or enclosing(project, place).lower().startswith(("dev", "local")):
        return Confidence.LOW
    return Confidence.LOW if is_for_development(project, place) else Confidence.HIGH


@check("weak-secret")
def weak_secret(project: Project) -> Iterator[Draft]:
    """A generated key is too short, or a check of its length lets a short one pass."""
    for use, source in _made_of(project):
        size = _random_bytes(project, source.value)
        if size is not None and 0 < size < _ENOUGH_BYTES:
            yield _draft(
                project,
                use,
                source,
                f"The key is made of {size} random bytes: {use.library.title} accepts it, and who"
                " holds one token can try all keys offline and then mint tokens for any user",
                f"Make it of at least 32 random bytes: `{_written(use, 'random-key')}`.",
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
    from jwtaudit.program.scopes import Tested  # noqa: PLC0415

    names: dict[str, KeyUse] = {}
    for use, source in _made_of(project):
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
    for use, source in _made_of(project):
        found = _predictable(project, source.value)
        if found is not None:
            what, confidence = found
            yield _draft(
                project,
                use,
                source,
                f"The key of {use.library.title} is made of {what}: it can be computed or searched"
                " for, and whoever finds it mints tokens for any user",
                f"Make the key with `{_written(use, 'random-key')}` once, and keep it in the"
                " environment or a secret store.",
                confidence,
                repair=_by_chance(project, source),
            )


def _by_chance(project: Project, source: Source) -> Repair | None:
    value = source.value
    model = project.model_of(value.call) if isinstance(value, Outcome) else None
    if model is None or not model.secure or not isinstance(value, Outcome):
        return None
    if model.effect.startswith("uuid") and value.call.arguments:
        return None
    change = CallInstead(value.call.place, Snippet(model.secure))
    # what is made at each start is another key each time: one that stays comes from outside
    whole = source.whole or value.call.place
    read = Repair("Read the key from the environment", Replace(whole, EnvVar()))
    return Repair("Make the key with the generator for secrets", change, otherwise=read)


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


def _draft(
    project: Project,
    use: KeyUse,
    source: Source,
    message: str,
    advice: str,
    confidence: Confidence,
    secrets: tuple[Place, ...] = (),
    repair: Repair | None = None,
) -> Draft:
    place = source.value.place or use.place
    return Draft(
        rule="",
        place=place,
        message=message,
        confidence=min(confidence, _confidence(project, place, (use,))),
        trace=steps(source.value, use.place, f"{use.library.title} {use.verb} with it"),
        advice=advice,
        notes=use.library.assumed(use.version),
        secrets=secrets,
        anchor=enclosing(project, place),
        repair=repair,
    )


@check("empty-or-missing-key")
def empty_or_missing_key(project: Project) -> Iterator[Draft]:
    """The key may be empty, and the library takes it."""
    for use, source, verdict in _empty_keys(project):
        if verdict in ("accept", "warn"):
            yield _draft(
                project,
                use,
                source,
                f"{_when(source)} the key is empty, and {_versioned(use)} {use.verb} with it:"
                " anyone can mint tokens for any user",
                f"Take the key without a default (`{_written(use, 'key-from-environment')}`), and"
                " refuse to start when it is empty.",
                Confidence.HIGH if use.version is not None else Confidence.MEDIUM,
                repair=_insisted(project, source) or (keyed(use.site) if use.site else None),
            )
    yield from _missing_keys(project)


def _missing_keys(project: Project) -> Iterator[Draft]:
    """A key that may not be there, where the library then asks for no signature at all.

    Whoever signs with the same key would have noticed: that fails.
    """
    signing = {
        name
        for use in key_uses(project)
        if use.role == "sign"
        for source in sources(project, use.value)
        for name in _lookup_names(source)
    }
    signing.update(_handed_over(project))
    for use, source in _made_of(project):
        site = use.site
        if site is None or use.role != "verify" or _is_there(source):
            continue
        if use.semantic("key-none-verifies") != "unsigned":
            continue
        if not isinstance(site.argument("algorithms"), Absent) or signature_is_switched(site):
            continue
        if _lookup_names(source) & signing or is_refused(project, source):
            continue
        if isinstance(source.value, Member) and _is_tested(project, source.value):
            continue
        chosen = isinstance(source.value, Member)
        when = "Where the `kid` of a token is not known," if chosen else _when(source)
        yield _draft(
            project,
            use,
            source,
            f"{when} there is no key, and {_versioned(use)} then accepts tokens without"
            " any signature: anyone can write them, for any user",
            "Name the algorithms that are accepted, and refuse a `kid` that is not known."
            if chosen
            else "Name the algorithms that are accepted, and refuse to start without the key.",
            Confidence.HIGH if chosen else Confidence.MEDIUM,
            repair=None if chosen else insisted_on(source),
        )


def _handed_over(project: Project) -> Iterator[str]:
    """What is given to a function that is not seen and makes something: tokens, perhaps."""
    for call in project.calls:
        if _MAKING & set(words(call.name.rpartition(".")[2])) and call.target is None:
            for argument in call.arguments:
                for part in walk(argument.value):
                    if isinstance(part, (Env, Setting)) and part.name:
                        yield part.name


def _is_tested(project: Project, value: Member) -> bool:
    """Whether one side of a test of a value does not go on."""
    return any(
        isinstance(event, Tested)
        and (event.then_exits or event.else_exits)
        and any(same(part, value) for part in walk(event.value))
        for event in project.events
    )


def _is_there(source: Source) -> bool:
    """Whether a key is known to be there, or nothing is known of that."""
    value = source.value
    if isinstance(value, Member):  # an entry that the token itself names
        return not (
            value.item and any(isinstance(p, Member) and p.name == "kid" for p in walk(value.key))
        )
    return not isinstance(value, Const) or bool(value.value) or not _lookup_names(source)


def _lookup_names(source: Source) -> set[str]:
    return {
        found.name for found in source.lookups if isinstance(found, (Env, Setting)) and found.name
    }


@check("refused-key")
def refused_key(project: Project) -> Iterator[Draft]:
    """A key that the library will not take: nobody gets in, the users included."""
    for use, source, verdict in _empty_keys(project):
        if any(isinstance(found, Env) and found.name is None for found in source.lookups):
            continue  # a helper that reads any variable; what must be there is said elsewhere
        if verdict in ("error", "reject"):
            yield _draft(
                project,
                use,
                source,
                f"{_when(source)} {_refusal(use, source)}",
                "Refuse to start when the key is missing.",
                Confidence.HIGH if use.version is not None else Confidence.MEDIUM,
                repair=_insisted(project, source),
            )
    for use, source in _made_of(project):
        reason = _unusable(use, source)
        if reason:
            yield _draft(
                project,
                use,
                source,
                f"{use.library.title} cannot use this as a key ({reason}): every call fails",
                "Give the key that the algorithm needs.",
                Confidence.HIGH,
                secrets=(source.value.place,) if source.value.place is not None else (),
            )


def _refusal(use: KeyUse, source: Source) -> str:
    """What is said of a key that a library refuses because there is none."""
    assert isinstance(source.value, Const)
    if not isinstance(source.value.value, (str, bytes)):
        return f"there is no key: {_versioned(use)} refuses the call, so nobody gets in"
    said = f"the key is empty: {_versioned(use)} refuses it at the first token"
    facts = use.library.semantics.get("key-empty", ())
    if any(value in ("accept", "warn") for _, value in facts):
        said += ", older versions accept it and so do tokens that anyone can mint"
    return said


def _insisted(project: Project, source: Source) -> Repair | None:
    assert isinstance(source.value, Const)
    lookups = [found for found in source.lookups if isinstance(found, (Env, Setting))]
    return without_default(project, source.value, lookups)


def _empty_keys(project: Project) -> Iterator[tuple[KeyUse, Source, object]]:
    for use, source in _made_of(project):
        value = source.value
        if use.site is None or use.role == "factory" or not isinstance(value, Const):
            continue
        if _asymmetric(use) or source.imported or source.derived:
            continue
        if signature_is_switched(use.site):
            continue  # without a key nothing is verified, and that is a matter of its own
        if isinstance(value.value, (str, bytes)) and not value.value:
            if value.place is None or value.place == use.place:
                continue  # left out: the library's own default
            if not source.lookups and _is_field(project, value.place):
                continue  # filled in by whoever makes the object
            if not is_refused(project, source) and not is_refused_before(project, use, source):
                yield use, source, use.semantic("key-empty")
        elif _is_nothing(use, source):
            unsigned = use.semantic("key-none-verifies") == "unsigned"
            yield use, source, "accept" if unsigned else use.semantic("key-none")


def _is_nothing(use: KeyUse, source: Source) -> bool:
    """Whether ``None``, or a script's ``undefined`` or ``false``, is the key, and nothing else."""
    if use.role == "sign":
        meant = bool(use.algorithms) and "NONE" not in use.algorithms
    else:
        meant = use.library.language == "javascript"
    return (
        meant
        and isinstance(use.value, Const)
        and (use.value.value is None or use.value.value is False)
        and not source.lookups
        and source.value.place not in (None, use.place)
    )


def _is_field(project: Project, place: Place) -> bool:
    """Whether a value stands in the body of a class, as what its objects begin with."""
    return any(
        value.place == place
        for scope in project.classes.values()
        if scope.ref.id.path == place.path
        for value in scope.names.values()
    )


def _written(use: KeyUse, name: str) -> str:
    """Code for advice, in the language that the key is used in."""
    return wording(use.library.language, name)


def _when(source: Source) -> str:
    for lookup in reversed(source.lookups):
        if lookup.name:
            return f"Unless {describe(lookup)} is set,"
    return "Here"


def _versioned(use: KeyUse) -> str:
    if use.version is not None:
        return f"{use.library.title} {use.version}"
    return f"the newest {use.library.title}"


def _unusable(use: KeyUse, source: Source) -> str:
    text = _text(source.value)
    if not text or source.imported or source.derived or use.site is None:
        return ""
    shown = _str(text).strip()
    if _asymmetric(use) and not _PEM.search(shown) and not shown.startswith(("{", "[")):
        if _HOLE.match(shown) or any(a == "NONE" for a in use.algorithms):
            return ""
        return "a path is not read" if _PATH.match(shown) else "it is not a PEM or JWK"
    if _public(shown) and _only_hmac(use) and use.semantic("hs-with-pem") == "reject":
        return "HMAC with a public key is refused"
    return ""


def _public(shown: str) -> bool:
    return bool(_PEM.search(shown)) and not _PRIVATE.search(shown)


def _only_hmac(use: KeyUse) -> bool:
    return bool(use.algorithms) and all(a.startswith("HS") for a in use.algorithms)


@check("key-material-mismatch")
def key_material_mismatch(project: Project) -> Iterator[Draft]:
    """The key is something public: a path, or a public key taken as a shared secret."""
    for use, source in _made_of(project):
        text = _text(source.value)
        if not text or source.imported or source.derived or use.site is None:
            continue
        shown = _str(text).strip()
        place = source.value.place
        if _PATH.match(shown) and not _asymmetric(use):
            yield _draft(
                project,
                use,
                source,
                f"The path itself is the key: {use.library.title} does not read the file, so"
                " whoever guesses the file's name can mint tokens for any user",
                f"Read the file and give its content: `{_written(use, 'file-content')}`.",
                Confidence.HIGH if _only_hmac(use) else Confidence.MEDIUM,
                secrets=(place,) if place is not None else (),
            )
        elif _public(shown) and _only_hmac(use) and use.semantic("hs-with-pem") == "accept":
            yield _draft(
                project,
                use,
                source,
                f"A public key is the shared secret, and {_versioned(use)} takes it: whoever knows"
                " the public key can mint tokens for any user",
                "Use the algorithm that the key is for (RS256, ES256), and only that.",
                Confidence.HIGH,
            )


@check("weak-asymmetric-key")
def weak_asymmetric_key(project: Project) -> Iterator[Draft]:
    """An RSA key is made too short."""
    signing = {
        source.value.call.place: use
        for use, source in _made_of(project)
        if isinstance(source.value, Outcome)
    }
    for site in project.sites("key-generate"):
        size, kind = site.argument("size"), site.argument("kind")
        if is_test(site.place.path) or site.place.path not in project.facts:
            continue
        if not (isinstance(size, Const) and type(size.value) is int):
            continue
        rsa = isinstance(kind, Const) and str(kind.value).upper().startswith("RSA")
        if not rsa or size.value >= _RSA_BITS:
            continue
        use = signing.get(site.place)
        flows = use is not None
        yield Draft(
            rule="",
            place=site.place,
            message=f"An RSA key of {size.value} bits is made: it can be factored with enough"
            " effort, and whoever does so mints tokens for any user",
            confidence=_confidence(project, site.place, ()) if flows else Confidence.MEDIUM,
            trace=()
            if use is None
            else (
                (site.place, "made here"),
                (use.place, f"{use.library.title} {use.verb} with it"),
            ),
            advice="Make RSA keys of at least 2048 bits (3072 for keys that are to last).",
            anchor=enclosing(project, site.place),
            repair=Repair("Make a key of 3072 bits", Replace(size.place, 3072))
            if size.place
            else None,
        )
