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
    is_given_token,
    is_login,
    is_read_as_token,
    login_gives_token,
    token_entries,
)
from jwtaudit.program.names import (
    is_called_token,
    is_link_name,
    is_other_token,
    is_token_name,
    names_of,
    words,
)
from jwtaudit.program.origins import steps
from jwtaudit.program.storage import COOKIE, DEVICE, kept, parts_of_key, storage_reads, texts
from jwtaudit.program.texts import told
from jwtaudit.program.token_sources import has_role
from jwtaudit.resources import words_of_data
from jwtaudit.values import (
    Absent,
    Const,
    Member,
    Operation,
    Outcome,
    Sequence,
    Symbol,
    Table,
    Value,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.storage import Kept
    from jwtaudit.source import Place

_KEYS = frozenset({"jwt", "access", "refresh", "auth", "authorization", "bearer", "idtoken"})
# Whose tokens are no coins, and none of a language model.
_NOISE = frozenset({"key", "name", "storage", "local", "cookie"})
_HEADER = "authorization"
_PAIR = frozenset({"access", "refresh"})  # as Django's tokens are answered
_PLAIN = frozenset({"jwt", "token"})
_BEFORE = frozenset({"namespace", "prefix", "suffix"})  # of which a name is put together
_CREDENTIAL, _GOOGLE = "credential", frozenset({"credential", "google"})
_HOW = frozenset({"async", "popup", "redirect", "silent", "silently"})
_UNKNOWN = "-any-"
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
    named = list(_names_of_key(entry.key))
    if any(is_other_token(name) or is_link_name(name) for name in named):
        return None
    if _is_nothing(entry.value) or _is_digest(project, entry.value):
        return None
    whole = ["_".join(w for w in words(name) if w not in _NOISE) for name in named]
    if any(is_token_name(name) or _is_certain(name) for name in whole):
        return Confidence.HIGH
    stored = list(told(entry.value))
    if any(map(is_called_token, stored)) or token_entries(entry.value):
        return Confidence.MEDIUM
    if _is_of_someone(entry.key) or any(_is_told_as_token(part, entry) for part in stored):
        return Confidence.MEDIUM
    if any(is_given_token(project, entry.scope, part) for part in stored):
        return Confidence.MEDIUM
    read = (part for part in stored if isinstance(part, Outcome))  # a copy of one kept elsewhere
    if any(is_token_name(name) for part in read for name in storage_reads(project, part)):
        return Confidence.MEDIUM
    if any(gives_token(project, entry.scope, part, entry.place) for part in stored):
        return Confidence.MEDIUM
    if any(_are_tokens(name, entry) for name in whole):
        return Confidence.MEDIUM
    if _KEYS & set(whole) and not _is_of_flags(entry.value):
        return Confidence.MEDIUM
    for key in (*texts(entry.key), *_holders(entry.value)):
        given_elsewhere = any(isinstance(option, Absent) for option in options(entry.value))
        if holds_token(project, key) or (
            is_read_as_token(project, key)
            and (given_elsewhere or is_login(entry.value, entry.scope))
        ):
            return None if _is_without_token(project, entry) else Confidence.MEDIUM
    if any(map(_is_answer, stored)) and is_login(entry.value, entry.scope):
        return Confidence.MEDIUM if login_gives_token(project) else None
    return None


def _words(kind: str) -> frozenset[str]:
    return words_of_data("name-words", kind)


def _is_without_token(project: Project, entry: Kept) -> bool:
    """Whether a login's answer is kept, and the project's own server gives no token in it."""
    return is_login(entry.value, entry.scope) and login_gives_token(project) is False


def _is_answer(part: Value) -> bool:
    """Whether a value is all that a server answered: ``answer.data``, ``await answer.json()``."""
    return is_body(part) or (
        isinstance(part, Outcome) and part.call.name.rpartition(".")[2] == "json"
    )


def _names_of_key(key: Value) -> Iterator[str]:
    """What a key is called, and what stands in it: ``${PREFIX}_token`` ends with the word."""
    yield from texts(key)
    yield from (name for name in names_of(key) if not _BEFORE.issuperset(words(name)[-1:]))
    parts = parts_of_key(key)
    if len(parts) > 1:
        written = [next(texts(part), "") for part in parts]
        if any(map(words, written)):
            yield "".join(text or _UNKNOWN for text in written)
        else:
            yield "_".join(next(names_of(part), "") for part in parts)


def _is_certain(name: str) -> bool:
    """Whether a name only adds to the word which token it is: ``jwt_access``, ``token_admin``."""
    found = {word for word in name.split("_") if not word.isdigit()}
    of_pair = _words("of-pair")
    return bool(found & _PLAIN) and found <= _PLAIN | of_pair | _words("behind")


def _is_of_someone(key: Value) -> bool:
    """Whether a key is that of a token of a user, or for a part of an app: ``token_${user.id}``."""
    *known, last = parts_of_key(key)
    text = "".join(t for part in known for t in texts(part))
    whose = {word for part in walk(last) for name in names_of(part) for word in words(name)}
    return is_token_name(text) and bool((_words("behind") | _words("whose")) & whose)


def _is_told_as_token(part: Value, entry: Kept) -> bool:
    """Whether a value is a token by its place in an answer, though not quite by its name."""
    if isinstance(part, Symbol):  # a member of a library's object, or of a global one
        return "." in part.name and is_token_name(part.name.rpartition(".")[2])
    if isinstance(part, Member) and isinstance(part.base, Operation):
        part = part.base.operands[0]  # `header.split(" ")[1]`
        return _HEADER in map(str.lower, names_of(part))
    names = list(names_of(part))
    if _HEADER in map(str.lower, names) or any(map(_is_fetched, names)):
        return True
    if _CREDENTIAL in names and isinstance(part, Member):  # as Google's button gives it
        return any(_GOOGLE.intersection(words(name)) for name in names_of(part.base))
    if _PAIR & set(names) and is_login(part, entry.scope):
        return True
    return any(_are_tokens("_".join(words(name)), entry) for name in names)


def _is_fetched(name: str) -> bool:
    """Whether a function so called gets a token: ``getAccessTokenSilently``."""
    found = words(name)
    return bool(_HOW.intersection(found[-1:])) and is_token_name("_".join(found[:-1]))


def _are_tokens(name: str, entry: Kept) -> bool:
    """Whether a name is that of several tokens, as a login answers with them: ``authTokens``."""
    *which, last = name.split("_")
    if last != "tokens":
        return False
    of_pair = _words("of-pair").intersection(which)
    return bool(of_pair) or (not which and is_login(entry.value, entry.scope))


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


def _holders(value: Value) -> Iterator[str]:
    """What the variable is called that is kept as a whole, and stands for a user: ``userInfo``."""
    for option in (value, *options(value)):
        whole = option.operands[0] if isinstance(option, Operation) else option
        for name in (*names_of(option), *names_of(whole)):
            if _words("who").intersection(words(name)):
                yield name.rpartition(".")[2]


def _is_of_flags(value: Value) -> bool:
    """Whether an object or a list is kept of which all is known, and nothing is a token."""
    found = [o.operands[0] if isinstance(o, Operation) else o for o in options(value)]
    return all(isinstance(o, (Table, Sequence)) and not o.rest for o in found)


def _is_digest(project: Project, value: Value) -> bool:
    """Whether what is kept no longer tells what it was made of: it is hashed, or sealed."""
    digests = [
        isinstance(part, Outcome) and has_role(project, part, "digest")
        for option in options(value)
        for part in told(option)
    ]
    return bool(digests) and all(digests)


def _draft(entry: Kept, sure: Confidence) -> Draft:
    names = list(_names_of_key(entry.key))
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
        yield from (name for name in names_of(part) if "/" not in name)  # no URL
