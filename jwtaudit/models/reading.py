"""Models read from TOML, and what is said of a file that is none."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import tomli

from jwtaudit.models.records import (
    ROLES,
    SCRIPT,
    Condition,
    FrameworkSetting,
    Ineffective,
    Inside,
    Library,
    Model,
    Models,
    Requirement,
    Row,
    Switch,
)
from jwtaudit.resources import rules_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_VERSIONED = {"versions", "value"}
_NUMBER = r"\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)?"
_RANGE = re.compile(
    rf"(?:(?:\A|,)\s*(?:[=!]=\s*{_NUMBER}(?:\.\*)?|[<>]=?\s*{_NUMBER}|~=\s*\d+(?:\.\d+)+)\s*)*"
)

_LIBRARY_KEYS: dict[str, type] = {
    "id": str, "title": str, "ecosystem": str, "language": str, "package": str, "status": str,
    "errors": str, "import-roots": list, "needles": list, "releases": list, "conflicts": list,
    "successor": list, "key-settings": list, "key-given-by": list, "key-attributes": list,
    "algorithm-setting": str,
}  # fmt: skip
_CALL_KEYS: dict[str, type] = {
    "name": str, "aliases": list, "role": str, "versions": str, "when-given": list,
    "written-with": str,
    "params": list, "kwargs": bool, "map": dict, "inside": dict, "defaults": dict,
    "options": list, "factory": list, "configured-by": list, "validated-by": list,
    "validate": str, "verified": str, "signed": str, "limited": str, "secure": str, "raising": str,
    "initializer": str,
    "effect": str, "returns": str,
}  # fmt: skip
_WHEN_KEYS: dict[str, type] = {
    "arg": str, "key": str, "equals": object, "falsy": bool, "truthy": bool, "absent": bool,
    "contains": object, "lacks": list,
}  # fmt: skip
_SETTING_KEYS: dict[str, type] = {
    "names": list, "inside": list, "rule": str, "when": object, "along": object, "unless": object,
    "confidence": str, "local": bool, "why": str, "advice": str, "right": object,
}  # fmt: skip
_SETTING_WHEN_KEYS: dict[str, type] = {
    **_WHEN_KEYS, "arg": str, "above": int, "starts": str,
}  # fmt: skip
_TABLES: dict[str, type] = {
    "schema": int, "library": dict, "semantics": dict, "call": list, "disable": list,
    "require": list, "ineffective": list, "setting": list,
}  # fmt: skip
_TYPE_NAMES = {
    str: "a text",
    list: "a list",
    dict: "a table",
    bool: "true or false",
    int: "a number",
}


class ModelError(Exception):
    """A model file is wrong; the message names the file and what to do."""


@functools.lru_cache(maxsize=1)
def _shipped() -> tuple[tuple[Library, list[Model]], ...]:
    directory = rules_directory() / "libraries"
    return tuple(
        _library(path.name, _parse(path.name, path.read_bytes()))
        for path in sorted(directory.glob("*.toml"))
    )


def _parse(name: str, data: bytes) -> Mapping[str, Any]:
    try:
        return tomli.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{name}: not valid TOML: {error}") from None


def _own(path: Path) -> Mapping[str, Any]:
    try:
        return _parse(str(path), path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None


def load(extra: Sequence[Path] = ()) -> Models:
    """The shipped models plus a project's own files.

    Raises:
        ModelError: a file cannot be read or is not a model.
    """
    libraries: list[Library] = []
    models: list[Model] = []
    own = [_library(str(path), _own(path)) for path in extra]
    for library, found in (*own, *_shipped()):
        libraries.append(library)
        models.extend(found)
    return Models(libraries, models)


def _library(source: str, document: Mapping[str, Any]) -> tuple[Library, list[Model]]:
    _check_keys(source, "the file", document, _TABLES)
    head = document.get("library", {})
    _check_keys(source, "[library]", head, _LIBRARY_KEYS)
    if "id" not in head:
        raise ModelError(f"{source}: [library] needs an id")
    prefix = SCRIPT if head.get("language") == "javascript" else ""
    library = Library(
        id=head["id"],
        title=head.get("title", head["id"]),
        package=head.get("package", ""),
        ecosystem=head.get("ecosystem", "pypi"),
        language=head.get("language", "python"),
        roots=tuple(prefix + root for root in head.get("import-roots", ())),
        needles=tuple(head.get("needles", ())),
        releases=tuple(head.get("releases", ())),
        conflicts=tuple(head.get("conflicts", ())),
        semantics={
            key: _versioned(source, f"[semantics] {key}", value)
            for key, value in document.get("semantics", {}).items()
        },
        source=source,
        key_settings=tuple(head.get("key-settings", ())),
        key_given_by=tuple(head.get("key-given-by", ())),
        algorithm_setting=head.get("algorithm-setting", ""),
        key_attributes=tuple(head.get("key-attributes", ())),
        settings=tuple(
            setting for row in document.get("setting", ()) for setting in _settings(source, row)
        ),
    )
    rows = _rows(source, document)
    models: list[Model] = []
    for number, call in enumerate(document.get("call", ()), 1):
        models.extend(_models(source, f"[[call]] number {number}", library, call, rows))
    models = _configured(models, document.get("call", ()), prefix)
    named = {model.name.removeprefix(prefix) for model in models}
    for name in rows:
        if name not in named:
            tables = [t for t in _ROWS for r in document.get(t, ()) if name in _called(r)]
            message = f"[[{tables[0]}]]: no [[call]] is named {name!r}{_nearest(name, named)}"
            raise ModelError(f"{source}: {message}")
    return library, models


def _configured(
    models: Iterable[Model], calls: Iterable[Mapping[str, Any]], prefix: str
) -> list[Model]:
    """The models, with those that configure them under all of their names."""
    alike = {
        prefix + call["name"]: (prefix + call["name"], *(prefix + n for n in call["aliases"]))
        for call in calls
        if isinstance(call.get("aliases"), list)
    }
    return [
        replace(
            model,
            configured_by=tuple(
                n for name in model.configured_by for n in alike.get(name, (name,))
            ),
        )
        if model.configured_by
        else model
        for model in models
    ]


def _rows(source: str, document: Mapping[str, Any]) -> Mapping[str, Sequence[Row]]:
    """What the file says about calls besides their signatures, by the name of the call."""
    rows: dict[str, list[Row]] = {}
    for table, (make, keys, needs) in _ROWS.items():
        for row in document.get(table, ()):
            _check_keys(source, f"[[{table}]]", row, keys)
            missing = [key for key in needs if key not in row]
            if missing:
                raise ModelError(f"{source}: [[{table}]] needs {', '.join(missing)}")
            made = make(source, row)
            for name in _called(row):
                rows.setdefault(name, []).append(made)
    return rows


def _called(row: Mapping[str, Any]) -> Sequence[str]:
    call = row["call"]
    return [call] if isinstance(call, str) else call


def _switch(source: str, row: Mapping[str, Any]) -> Switch:
    effects = _versioned(source, "[[disable]]", row["effect"])
    return Switch(
        row.get("versions", ""),
        _condition(source, row["when"]),
        tuple((versions, str(effect)) for versions, effect in effects),
    )


def _requirement(source: str, row: Mapping[str, Any]) -> Requirement:
    return Requirement(row.get("versions", ""), _condition(source, row["when"]))


def _useless(source: str, row: Mapping[str, Any]) -> Ineffective:
    return Ineffective(
        row.get("versions", ""),
        row["arg"],
        row.get("key"),
        row.get("instead", ""),
        row.get("wanted", ""),
    )


_ROWS: dict[str, tuple[Callable[[str, Mapping[str, Any]], Row], dict[str, type], list[str]]] = {
    "disable": (
        _switch,
        {"call": object, "when": dict, "effect": object, "versions": str},
        ["call", "when", "effect"],
    ),
    "require": (
        _requirement,
        {"call": object, "when": dict, "versions": str},
        ["call", "when"],
    ),
    "ineffective": (
        _useless,
        {"call": object, "arg": str, "versions": str, "key": str, "instead": str, "wanted": str},
        ["call", "arg"],
    ),
}


def _models(
    source: str,
    where: str,
    library: Library,
    call: Mapping[str, Any],
    rows: Mapping[str, Sequence[Row]],
) -> list[Model]:
    _check_keys(source, where, call, _CALL_KEYS)
    if "name" not in call or "role" not in call:
        raise ModelError(f"{source}: {where} needs a name and a role")
    if call["role"] not in ROLES:
        raise ModelError(
            f"{source}: {where} ({call['name']}): unknown role {call['role']!r};"
            f" it must be one of {', '.join(sorted(ROLES))}"
        )
    prefix = SCRIPT if library.language == "javascript" else ""
    parameters = tuple(call.get("params", ()))
    meanings = {meaning: meaning for meaning in parameters}
    meanings.update(call.get("map", {}))
    names = dict.fromkeys((call["name"], *call.get("aliases", ()))).keys()

    said = list(dict.fromkeys(row for name in names for row in rows.get(name, ())))
    switches = tuple(row for row in said if isinstance(row, Switch))
    requirements = tuple(row for row in said if isinstance(row, Requirement))
    ineffective = tuple(row for row in said if isinstance(row, Ineffective))
    return [
        Model(
            library=library,
            name=prefix + name,
            role=call["role"],
            versions=call.get("versions", ""),
            needs=tuple(call.get("when-given", ())),
            written_with=call.get("written-with", ""),
            parameters=parameters,
            open=bool(call.get("kwargs", False)),
            meanings=meanings,
            inside={k: _inside(source, where, v) for k, v in call.get("inside", {}).items()},
            defaults=dict(call.get("defaults", {})),
            options=frozenset(call.get("options", ())),
            factory=tuple(call.get("factory", ())),
            configured_by=tuple(prefix + name for name in call.get("configured-by", ())),
            validated_by=tuple(call.get("validated-by", ())),
            validate=call.get("validate", ""),
            verified=call.get("verified", ""),
            signed=call.get("signed", ""),
            limited=call.get("limited", ""),
            secure=call.get("secure", ""),
            raising=call.get("raising", ""),
            initializer=call.get("initializer", ""),
            effect=call.get("effect", ""),
            returns=prefix + call["returns"] if "returns" in call else "",
            switches=switches,
            requirements=requirements,
            ineffective=ineffective,
        )
        for name in names
    ]


def _condition(
    source: str, row: Mapping[str, Any], keys: Mapping[str, type] = _WHEN_KEYS
) -> Condition:
    _check_keys(source, f"when = {dict(row)}", row, keys)
    if "arg" not in row:
        raise ModelError(f"{source}: when = {dict(row)} needs an arg")
    return Condition(
        argument=row["arg"],
        key=row.get("key"),
        equals=row.get("equals"),
        has_equals="equals" in row,
        falsy=bool(row.get("falsy")),
        truthy=bool(row.get("truthy")),
        absent=bool(row.get("absent")),
        contains=row.get("contains"),
        lacks=tuple(row.get("lacks", ())),
        above=row.get("above"),
        starts=row.get("starts"),
    )


def _settings(source: str, row: Mapping[str, Any]) -> Iterator[FrameworkSetting]:
    """One setting for each of the names of a row."""
    _check_keys(source, "[[setting]]", row, _SETTING_KEYS)
    missing = [key for key in ("names", "rule", "when", "why", "advice") if key not in row]
    if missing:
        raise ModelError(f"{source}: [[setting]] needs {', '.join(missing)}")
    confidence = row.get("confidence", "high")
    if confidence not in ("low", "medium", "high"):
        raise ModelError(f"{source}: [[setting]]: {confidence!r} is not low, medium or high")

    def conditions(key: str, name: str = "") -> tuple[Condition, ...]:
        found = row.get(key, [])
        rows = [found] if isinstance(found, dict) else found
        return tuple(
            _condition(source, {"arg": name, **each} if name else each, _SETTING_WHEN_KEYS)
            for each in rows
        )

    for name in row["names"]:
        yield FrameworkSetting(
            name=name,
            inside=tuple(row.get("inside", ())),
            rule=row["rule"],
            when=conditions("when", name),
            along=conditions("along"),
            unless=conditions("unless"),
            confidence=confidence,
            local=bool(row.get("local")),
            why=row["why"],
            advice=row["advice"],
            right=row.get("right"),
        )


def _inside(source: str, where: str, value: Any) -> Inside:
    if not (isinstance(value, list) and len(value) > 1 and all(isinstance(v, str) for v in value)):
        raise ModelError(f"{source}: {where}: inside must map a meaning to [argument, key, ...]")
    return Inside(value[0], tuple(value[1:]))


def _versioned(source: str, where: str, value: Any) -> tuple[tuple[str, Any], ...]:
    """Normalise a plain value or a list of ``{versions, value}``."""
    if not (
        isinstance(value, list)
        and value
        and all(isinstance(v, dict) and set(v) <= _VERSIONED and "value" in v for v in value)
    ):
        return (("", value),)
    for choice in value:
        _check_range(source, where, choice.get("versions", ""))
    return tuple((choice.get("versions", ""), choice["value"]) for choice in value)


def _check_keys(source: str, where: str, table: Any, known: Mapping[str, type]) -> None:
    if not isinstance(table, dict):
        raise ModelError(f"{source}: {where} must be a table")
    for key, value in table.items():
        wanted = known.get(key)
        if wanted is None:
            hint = _nearest(key, known) or f"; known: {', '.join(sorted(known))}"
            raise ModelError(f"{source}: {where}: unknown key {key!r}{hint}")
        if not isinstance(value, wanted):
            raise ModelError(f"{source}: {where}: {key} must be {_TYPE_NAMES[wanted]}")
        if key == "versions":
            _check_range(source, where, value)


def _check_range(source: str, where: str, versions: Any) -> None:
    """Refuse what is no range; without ``packaging``, which every start would have to load."""
    if not isinstance(versions, str) or not _RANGE.fullmatch(versions):
        raise ModelError(f"{source}: {where}: {versions!r} is not a range of versions")


def _nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the word that was probably meant; empty if none is near."""
    import difflib  # noqa: PLC0415

    near = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
