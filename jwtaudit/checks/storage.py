"""Tokens kept where every script of a page, or whoever reads an app's files, can read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.logins import (
    gives_token,
    holds_token,
    is_body,
    is_login,
    is_read_as_token,
    login_gives_token,
    token_entries,
)
from jwtaudit.program.names import is_called_token, is_other_token, is_token_name, names_of, words
from jwtaudit.program.origins import steps
from jwtaudit.program.storage import COOKIE, DEVICE, kept, storage_reads, texts
from jwtaudit.program.texts import told
from jwtaudit.values import Absent, Const, Operation, Outcome, Table, Value, options, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.storage import Kept
    from jwtaudit.source import Place

_KEYS = frozenset({"jwt", "access", "refresh", "auth", "authorization", "bearer", "idtoken"})
_FRONTS = frozenset({"prefix", "namespace"})  # of which a name is put together
# Whose tokens are no coins, and none of a language model.
_PAIRED = frozenset({"access", "auth", "bearer", "jwt", "login", "refresh"})
_NOISE = frozenset({"key", "name", "storage", "local", "cookie"})
_CHOICES = frozenset({"==", "!=", "===", "!==", "<", ">", "<=", ">=", "not", "in", "and"})
_WHERE = {
    COOKIE: "is put into a cookie that every script of the page can read: one injected script"
    " sends it away",
    DEVICE: "is kept unencrypted on the device: whoever reads the app's files, or a backup of"
    " them, has it",
}
_PAGE = (
    "is kept where every script of the page can read it: one injected script sends it away, and"
    " it outlives the visit"
)


@check("token-in-web-storage")
def token_in_web_storage(project: Project) -> Iterator[Draft]:
    """A token that a script puts into web storage, a cookie it can read, or an app's files."""
    told: set[Place] = set()
    for entry in kept(project):
        if entry.place in told or is_test(entry.place.path):
            continue
        sure = _evidence(project, entry)
        if sure is not None:
            told.add(entry.place)
            yield _draft(entry, sure)


def _evidence(project: Project, entry: Kept) -> Confidence | None:
    """How sure it is that a token is kept, going by the name and by what is kept."""
    named = list(_called(entry.key))
    if any(map(is_other_token, named)) or _is_nothing(entry.value):
        return None
    whole = ["_".join(w for w in words(name) if w not in _NOISE) for name in named]
    if any(map(is_token_name, whole)):
        return Confidence.HIGH
    stored = list(told(entry.value))
    if any(map(is_called_token, stored)) or token_entries(entry.value):
        return Confidence.MEDIUM
    read = (part for part in stored if isinstance(part, Outcome))  # a copy of one kept elsewhere
    if any(is_token_name(name) for part in read for name in storage_reads(project, part)):
        return Confidence.MEDIUM
    if any(gives_token(project, entry.scope, part, entry.place) for part in stored):
        return Confidence.MEDIUM
    if _KEYS & set(whole) or any(_are_tokens(name, entry) for name in whole):
        return Confidence.MEDIUM
    for key in texts(entry.key):
        if holds_token(project, key):
            return Confidence.MEDIUM
        if is_read_as_token(project, key) and is_login(entry.value, entry.scope):
            return Confidence.MEDIUM
    if any(map(_is_answer, stored)) and is_login(entry.value, entry.scope):
        return Confidence.MEDIUM if login_gives_token(project) else None
    return None


def _is_answer(part: Value) -> bool:
    """Whether a value is all that a server answered: ``answer.data``, ``await answer.json()``."""
    return is_body(part) or (
        isinstance(part, Outcome) and part.call.name.rpartition(".")[2] == "json"
    )


def _called(key: Value) -> Iterator[str]:
    """What something is kept as; of a name put together what is written of it."""
    yield from texts(key)
    for option in options(key):
        if isinstance(option, Operation) and option.operator == "text":
            yield "".join(text for part in option.operands for text in texts(part))
    for name in names_of(key):
        if not _FRONTS & set(words(name)[-1:]):
            yield name


def _are_tokens(name: str, entry: Kept) -> bool:
    """Whether a name is that of several tokens, as a login answers with them: ``authTokens``."""
    *which, last = name.split("_")
    if last != "tokens":
        return False
    return bool(_PAIRED.intersection(which)) or (not which and is_login(entry.value, entry.scope))


def _is_nothing(value: Value) -> bool:
    """Whether nothing that varies is kept: it is cleared, or a flag is set."""
    if isinstance(value, Absent):
        return False  # only the name is told
    return all(
        isinstance(part, Const)
        or (isinstance(part, Operation) and part.operator in _CHOICES)
        or (isinstance(part, Table) and not part.entries and not part.rest)
        for option in options(value)
        for part in told(option)
    )


def _draft(entry: Kept, sure: Confidence) -> Draft:
    names = list(_called(entry.key))
    refresh = any("refresh" in words(name) for name in (*names, *_names(entry.value)))
    if is_demonstration(entry.place.path, entry.path):
        sure = Confidence(max(sure - 1, 0))
    return Draft(
        rule="",
        place=entry.place,
        message=f"a token {_WHERE.get(entry.where, _PAGE)}"
        + ("; being a refresh token, it lets in for long" if refresh else ""),
        advice="Keep it in the keychain or keystore of the device (`expo-secure-store`,"
        " `react-native-keychain`)."
        if entry.where == DEVICE
        else "Let the server set it as a cookie that is `HttpOnly`, `Secure` and `SameSite`, or"
        " keep it in a variable.",
        confidence=sure,
        trace=steps(options(entry.value)[0], entry.place, "kept here"),
        related=() if entry.given is None else ((entry.given, "written to the storage here"),),
        anchor="storage:" + "_".join(words(names[0] if names else "")),
    )


def _names(value: Value) -> Iterator[str]:
    for part in walk(value):
        yield from names_of(part)
