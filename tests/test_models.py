"""The library models: each file loads, and says what the installed library really takes."""

from __future__ import annotations

import importlib
import inspect
import types
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest
from packaging.version import Version

from jwtaudit import models
from jwtaudit.models import ModelError, load, reading, records
from jwtaudit.resources import rules_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jwtaudit.models import Library, Model

FILES = sorted((rules_directory() / "libraries").glob("*.toml"))
MODELS = load()
EVERY = [model for name in MODELS._by_name for model in MODELS.exactly(name)]
HEAD = '[library]\nid = "own"\n'


def library(identity: str) -> Library:
    return next(lib for lib in MODELS.libraries if lib.id == identity)


def model(name: str, version: str | None = None) -> Model:
    found = MODELS.select(MODELS.named(name), Version(version) if version else None)
    assert found is not None
    return found


# -- what the shipped files hold -----------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_loads(path: Path) -> None:
    """By itself, and under an id of its own."""
    document = reading._parse(path.name, path.read_bytes())
    found, calls = reading._library(path.name, document)
    assert calls or found.settings or found.key_settings
    assert all(call.library is found for call in calls)
    assert document["schema"] == 1


def test_ids_are_unique() -> None:
    ids = [lib.id for lib in MODELS.libraries]
    assert len(ids) == len(set(ids)) == len(FILES)


@pytest.mark.parametrize("lib", MODELS.libraries, ids=lambda lib: lib.id)
def test_releases_ascend_and_ranges_are_valid(lib: Library) -> None:
    versions = [Version(release) for release in lib.releases]
    assert versions == sorted(set(versions))
    assert all(needle == needle.lower() for needle in lib.needles)
    for choices in lib.semantics.values():
        for range_, _ in choices:
            models.applies(range_, Version("1"))  # an invalid range raises
    for call in EVERY:
        if call.library is lib:
            for part in (call, *call.switches, *call.requirements, *call.ineffective):
                models.applies(part.versions, Version("1"))


@pytest.mark.parametrize("lib", MODELS.libraries, ids=lambda lib: lib.id)
def test_semantics_cover_every_release(lib: Library) -> None:
    for name in lib.semantics:
        for release in lib.releases:
            assert lib.semantic(name, Version(release)) is not None, (name, release)


def test_every_meaning_can_be_reached() -> None:
    """A meaning that maps to no parameter would be looked up in vain."""
    for call in EVERY:
        if not call.open:
            for meaning, parameter in call.meanings.items():
                assert parameter in call.parameters, (call.name, meaning, parameter)
        for inside in call.inside.values():
            assert inside.argument in call.meanings, (call.name, inside)
        assert set(call.needs) <= {*call.meanings, *call.inside}, call.name


def test_a_verifier_tells_its_token_and_key() -> None:
    for call in EVERY:
        known = {*call.meanings, *call.factory, *call.inside}
        configured = call.library.key_settings or call.configured_by
        if call.role in ("verify", "verify-signature") and not configured:
            assert known & {"token", "key"}, call.name
        if call.role in ("decode-unverified", "header-peek") and not configured:
            assert "token" in known, call.name
        if call.role == "cookie":
            named = {"name"} if ".cookie." in call.name else set()  # by the member that it is
            assert {"name", "value"} <= known | named or call.name.endswith("CookieTransport")


def test_what_is_named_by_a_switch_can_be_given() -> None:
    for call in EVERY:
        known = {*call.meanings, *call.factory, *call.inside}
        told = not call.configured_by and call.role != "type"  # of that name, and another thing
        for switch in call.switches if told else ():
            assert call.open or switch.when.argument in known, (call.name, switch)
            assert all(effect for _, effect in switch.effect)


def test_validating_methods_are_modelled() -> None:
    for call in EVERY:
        for name in call.validated_by:
            full = name if "." in name else f"{call.returns}.{name}"
            assert [m.role for m in MODELS.exactly(full)] == ["claims-validator"], full


# -- against the real libraries ------------------------------------------------------------------


def installed() -> Iterator[Any]:
    for call in EVERY:
        if call.name.startswith("*") or "__" in call.name:
            continue
        if call.name.startswith("jwt.algorithms.") and not _is_installed("cryptography"):
            continue
        name = call.name
        if call.library.package:
            try:
                version = Version(metadata.version(call.library.package))
            except metadata.PackageNotFoundError:
                continue
            if call.library.conflicts and any(_is_installed(c) for c in call.library.conflicts):
                continue
            if not models.applies(call.versions, version):
                continue
        elif call.library.id != "python" or call.role not in ("environment", "duration", "clock"):
            continue
        yield pytest.param(call, id=f"{call.library.id}:{name}")


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


_UNBOUND = (staticmethod, classmethod, types.ClassMethodDescriptorType)


def resolve(name: str) -> tuple[Any, bool]:
    """The object of a dotted name, and whether its first parameter is ``self``."""
    parts = name.split(".")
    for split in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:split]))
        except ImportError:
            continue
        owner = None
        for part in parts[split:]:
            owner, found = found, getattr(found, part)
        static = inspect.getattr_static(owner, parts[-1]) if inspect.isclass(owner) else None
        method = inspect.isclass(owner) and not isinstance(static, _UNBOUND)
        return found, method
    pytest.fail(f"{name}: no such module")


@pytest.mark.parametrize("call", list(installed()))
def test_parameters_are_the_library_s(call: Model) -> None:
    found, method = resolve(call.name)
    try:
        signature = inspect.signature(found)
    except ValueError:
        pytest.skip("written in C, without a signature")
    parameters = list(signature.parameters.values())
    if method and not inspect.isclass(found):
        parameters = parameters[1:]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        pytest.skip("takes anything")
    positional = [
        p.name
        for p in parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.name != "self"
    ]
    assert list(call.parameters) == positional[: len(call.parameters)]
    if not call.open:
        keywords = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
        assert {*positional, *keywords} == set(call.parameters)


def test_the_signature_test_runs() -> None:
    """PyJWT is a dependency: its models are always among those compared."""
    names = {parameter.values[0].name for parameter in installed()}
    assert {"jwt.decode", "jwt.encode", "jwt.PyJWT.decode", "os.environ.get"} <= names


@pytest.mark.parametrize("name", ["jwt.decode", "jwt.decode_complete"])
def test_options_are_pyjwt_s(name: str) -> None:
    """Each known option is a key of PyJWT's own declaration, and none is missing."""
    from jwt.types import Options

    current = model(name, metadata.version("pyjwt"))
    assert current.options == set(Options.__annotations__)


# -- versions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "third"),
    [("1.7.1", "verify"), ("2.0.1", "algorithms"), ("2.8.0", "algorithms"), (None, "algorithms")],
)
def test_the_third_argument_of_decode(version: str | None, third: str) -> None:
    assert model("jwt.decode", version).parameters[2] == third


def test_semantics_by_version() -> None:
    pyjwt = library("pyjwt")
    assert pyjwt.semantic("algorithms-missing", Version("1.7.1")) == "accept"
    assert pyjwt.semantic("algorithms-missing", None) == "error"
    assert pyjwt.semantic("key-empty", Version("2.12.1")) == "warn"
    assert pyjwt.semantic("no such fact", None) is None
    authlib = library("authlib")
    none = [authlib.semantic("none-default", Version(v)) for v in ("1.5.2", "1.6.0", "1.6.7")]
    assert none == ["reject", "accept", "reject"]


def test_switches_by_version() -> None:
    decode = model("jwt.decode", "1.7.1")
    off = {s.when.argument: s for s in decode.switches if s.versions == "<2"}
    assert set(off) == {"verify", "verify_expiration"}
    signature = next(s for s in decode.switches if s.when.key == "verify_signature")
    assert records._pick(signature.effect, Version("1.7.1")) == "signature"
    assert records._pick(signature.effect, Version("2.8.0")) == "signature+claims"


def test_what_a_call_is_may_depend_on_its_arguments() -> None:
    candidates = MODELS.named("jwcrypto.jwt.JWT")
    roles = {
        given: MODELS.select(candidates, None, lambda _, meaning, given=given: meaning in given)
        for given in (frozenset({"token"}), frozenset({"payload"}))
    }
    assert [m.role for m in roles.values() if m] == ["verify", "factory"]
    unknown = MODELS.select(candidates, None)
    assert unknown is not None
    assert unknown.role == "factory"


def test_lookups() -> None:
    assert MODELS.named("anything.set_cookie")[0].name == "*.set_cookie"
    assert MODELS.named("fastapi.Response.set_cookie")[0].defaults == {"samesite": "lax"}
    assert not MODELS.exactly("anything.set_cookie")
    assert not MODELS.named("set_cookie")
    assert MODELS.is_library("authlib.jose.errors")
    assert not MODELS.is_library("jwtaudit")
    assert {"decode", "encode", "PyJWT"} <= set(MODELS.names_in("jwt"))
    assert b"jwt" in MODELS.needles("python")


# -- a project's own models ----------------------------------------------------------------------


def test_own_model(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        HEAD
        + """
        needles = ["acme"]
        [[call]]
        name = "acme.tokens.check"
        role = "verify"
        params = ["text", "secret"]
        map = { token = "text", key = "secret" }
        """
    )
    loaded = load([path])
    (call,) = loaded.named("acme.tokens.check")
    assert (call.role, call.meanings["key"], call.library.id) == ("verify", "secret", "own")
    assert b"acme" in loaded.needles("python")


def test_own_model_overrides_a_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(HEAD + '[[call]]\nname = "jwt.decode"\nrole = "transform"\n')
    loaded = load([path])
    chosen = loaded.select(loaded.named("jwt.decode"), None)
    assert chosen is not None
    assert chosen.library.id == "own"


CALL = '[[call]]\nname = "a.b"\nrole = "verify"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[library", "not valid TOML"),
        ("[[call]]", "needs an id"),
        (HEAD + "colour = 1", "unknown key 'colour'"),
        (HEAD + 'importroots = ["x"]', "did you mean 'import-roots'?"),
        (HEAD + "[[calls]]", "did you mean 'call'?"),
        (HEAD + '[[call]]\nname = "a.b"', "number 1 needs a name and a role"),
        (HEAD + CALL.replace("verify", "verfy"), "unknown role 'verfy'"),
        (HEAD + CALL + 'parms = ["x"]', "did you mean 'params'?"),
        (
            HEAD + CALL + '[[disable]]\ncall = "a.c"\nwhen = {arg = "x"}\neffect = "exp"',
            "[[disable]]: no [[call]] is named 'a.c'; did you mean 'a.b'?",
        ),
        (
            HEAD + CALL + '[[require]]\ncall = ["a.b", "q"]\nwhen = {arg = "x"}',
            "[[require]]: no [[call]] is named 'q'",
        ),
        (HEAD + CALL + '[[ineffective]]\ncall = "zz"\narg = "x"', "no [[call]] is named 'zz'"),
        (HEAD + CALL + '[[disable]]\ncall = "a.b"\neffect = "exp"', "[[disable]] needs when"),
        (
            HEAD + CALL + '[[disable]]\ncall = "a.b"\neffect = "exp"\nwhen = {falsy = true}',
            "needs an arg",
        ),
        (
            HEAD + CALL + '[[require]]\ncall = "a.b"\nwhen = {arg = "x", contain = "y"}',
            "did you mean 'contains'?",
        ),
        (HEAD + CALL + 'versions = "2.x"', "'2.x' is not a range of versions"),
        (HEAD + CALL + 'versions = ">=2.*"', "not a range of versions"),
        (HEAD + CALL + 'versions = "~=2"', "not a range of versions"),
        (HEAD + CALL + "versions = 2", "versions must be a text"),
        (HEAD + '[semantics]\na = [{versions = "new", value = 1}]', "not a range of versions"),
        ("semantics = 1\n" + HEAD, "semantics must be a table"),
        ("library = 1", "library must be a table"),
        ("call = [1]\n" + HEAD, "[[call]] number 1 must be a table"),
        (HEAD + CALL + "inside = { a = 1 }", "inside"),
        (HEAD + CALL + 'params = "x"', "params"),
    ],
)
def test_wrong_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(ModelError) as caught:
        load([path])
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.toml: cannot be read: No such file"):
        load([tmp_path / "absent.toml"])
