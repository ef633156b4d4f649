"""What a right fix rests on: the project's own evidence.

A fix that changes which tokens are accepted is right only where the project says what it wants:
the algorithm inserted into a verifying call is the one with which the project signs with that key.
Where the project says two things, or nothing, there is no fix.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, TypeGuard

from jwtaudit.models import applies
from jwtaudit.program.signing_evidence import (
    accepted_algorithms,
    signing_algorithm,
    varying_algorithm,
)
from jwtaudit.repair import (
    AddItem,
    DropEntry,
    DropItem,
    Entry,
    Filled,
    Given,
    RenameKey,
    Repair,
    Replace,
    SetArgument,
    SetEntry,
)
from jwtaudit.values import (
    ABSENT,
    Absent,
    Const,
    Outcome,
    Sequence,
    Table,
    Value,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jwtaudit.models import Condition, Ineffective, Inside
    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.repair import Change, Code, Constant
    from jwtaudit.source import Place


def set_meaning(site: Site, meaning: str, code: Code) -> Change | None:
    """Give a library call an argument by what it means, wherever the library wants to have it."""
    inside = site.model.inside.get(meaning)
    if inside is not None:
        return _set_inside(site, meaning, inside, code)
    given = site.argument(meaning)
    default = given.place is None or given.place == site.place
    if isinstance(given, (Const, Sequence, Table)) and not default:
        return Replace(given.place, code) if given.place else None
    if given.place and given.place != site.place and lies_in(site.place, given.place):
        return Replace(given.place, code)
    name = site.model.meanings.get(meaning, "")
    if name and (_open(given) or (default and isinstance(given, Const))):
        return SetArgument(site.place, name, code)
    maker = _maker(site, meaning)
    if maker is not None:
        return set_meaning(maker, meaning, code)
    return None if name else _set_configured(site, meaning, code)


def _set_configured(site: Site, meaning: str, code: Code) -> Change | None:
    """Give it to a call that says what this one leaves out."""
    changes = (set_meaning(configuring, meaning, code) for configuring in site.configuring)
    return next((change for change in changes if change is not None), None)


def _set_inside(site: Site, meaning: str, inside: Inside, code: Code) -> Change | None:
    name = site.model.meanings.get(inside.argument, inside.argument)
    outer = site.own(inside.argument)
    if not _open(outer):
        return _set_below(site.project, outer, inside.key, code)
    if (change := _set_configured(site, meaning, code)) is not None:
        return change
    if "." in inside.key:
        return None
    position = site.model.parameters.index(name) if name in site.model.parameters else -1
    return SetArgument(site.place, name, code, inside.key, position)


def _set_below(project: Project, outer: Value, way: str, code: Code) -> Change | None:
    """Put an entry where a way leads; where only the mapping that is to hold it lacks, that too."""
    above, _, key = way.rpartition(".")
    holder = project.follow(outer, above) if above else outer
    if isinstance(holder, Table):
        return SetEntry(holder.place, key, code) if holder.place else None
    if above and isinstance(holder, Absent) and not above.endswith("()"):
        return _set_below(project, outer, above, Entry(key, code))
    return None


def require_claim(site: Site, claim: str) -> Repair | None:
    """Make a verifying call insist on a claim, as its library's model says that one does."""
    title = f"Refuse a token without `{claim}`"
    version = site.version or site.library.newest
    for row in site.model.requirements:
        if applies(row.versions, version):
            change = _required(site, row.when, claim)
            if change is not None:
                return Repair(title, change)
    return None


def check_and_require(
    site: Site,
    off: Value,
    claim: str,
    *,
    with_algorithms: bool = False,
    more: Iterable[Change] = (),
    saying: str = "",
) -> Repair | None:
    """Put a check on again; where that leaves tokens without the claim, refuse these, too.

    Where that still leaves claims unchecked, as other options are off as well, put these on, too.

    Args:
        site: the call that verifies.
        off: the value that turns the check off.
        claim: what has to be there.
        with_algorithms: whether to tell the call the algorithm, where it has none.
        more: what else to change.
        saying: what else to say of it.
    """
    if off.place is None or off.place == site.place:
        return None
    if isinstance(off, Table):  # which turns off what it does not name
        return require_claim(site, claim)
    title, only = "Leave the check on", saying
    more = list(more)
    named = "algorithms" in site.model.meanings or "algorithms" in site.model.inside
    put_on, others = _put_on(site, off), _others(site, off)
    told = isinstance(put_on, Replace) and isinstance(put_on.code, Filled)
    if with_algorithms and named and not told and _open(site.argument("algorithms")):
        accepted = accepted_algorithms(site)
        change = set_meaning(site, "algorithms", accepted.names) if accepted else None
        if accepted and _stands_before_algorithm(off, site) and off.value is True:
            put_on = Replace(off.place, _both(accepted.names[0]))
        elif change is None:
            return None
        else:
            more = [*more, change]
        only = accepted.only if accepted and accepted.why else saying
    required = require_claim(site, claim)
    # what is put into a mapping later on goes there; what has a name of its own stays
    ways: list[Change] = [put_on]
    if isinstance(put_on, SetEntry):
        ways.insert(0, DropEntry(off.place))
    steps: list[Repair] = []
    for taken in ways:
        steps.append(Repair(title + only, taken, *more))
        for change in required.changes if required else ():
            both = f"{title}, and refuse a token without `{claim}`{only}"
            there: list[Change] = [taken, change]
            if isinstance(change, SetEntry) and isinstance(taken, DropItem):
                # in the same mapping: the one goes, the other comes
                there = [Replace(off.place, change.code), RenameKey(off.place, change.key)]
            steps.append(Repair(both, *there, *more))
            if others:
                all_on = f"Leave all checks on, and refuse a token without `{claim}`{only}"
                steps.append(Repair(all_on, *there, *others, *more))
        if others:
            steps.append(Repair(f"Leave all checks on{only}", taken, *others, *more))
    return first_of(steps)


def first_of(repairs: list[Repair]) -> Repair:
    """The first of several that is right, each with what it is to be tried before."""
    *rest, last = repairs
    for repair in reversed(rest):
        otherwise = first_of([repair.otherwise, last]) if repair.otherwise else last
        last = repair.before(otherwise)
    return last


def _put_on(site: Site, off: Value) -> Change:
    """Put the check on that a value turns off."""
    assert off.place is not None
    table = _table_of(site, off)
    if table is not None and table.place and not lies_in(table.place, off.place) and not site.chain:
        (key,) = [key for key, value in table.entries.items() if value is off]
        return SetEntry(table.place, str(key), code=True)  # what it is named by stays
    if isinstance(off, Const) and any(a.value is off and not a.name for a in site.call.arguments):
        return Replace(off.place, _in_position(site, off))
    return DropItem(off.place)


def _in_position(site: Site, off: Const) -> Code:
    """What stands for a value in its position, and leaves what stands behind it where it is.

    A text there was meant for the next position: ``decode(token, key, "HS256")``.
    """
    if isinstance(off.value, str) and _stands_before_algorithm(off, site):
        return _both(off.value)
    return not off.value


def _stands_before_algorithm(off: Value, site: Site) -> TypeGuard[Const]:
    """Whether a constant is the last that a call is given, and the algorithm would be the next."""
    following = site.model.parameters[len(site.call.arguments) :][:1]
    return (
        isinstance(off, Const)
        and following == (site.model.meanings.get("algorithms"),)
        and any(a.value is off and not a.name for a in site.call.arguments[-1:])
    )


def _both(algorithm: str) -> Filled:
    return Filled("$off, $name", {"off": False, "name": algorithm})


def _others(site: Site, off: Value) -> list[Change]:
    """Put on what else is turned off beside a value."""
    table = _table_of(site, off)
    if table is None or table.place is None:
        return []
    return [
        Replace(value.place, code=True)
        for value in table.entries.values()
        if value is not off and isinstance(value, Const) and value.value is False
        if value.place and lies_in(table.place, value.place)
    ]


def _table_of(site: Site, value: Value) -> Table | None:
    for meaning in ("options", *site.model.meanings):
        for option in options(site.argument(meaning)):
            if isinstance(option, Table) and any(v is value for v in option.entries.values()):
                return option
    return None


def _required(site: Site, when: Condition, claim: str) -> Change | None:
    def filled(text: object) -> object:
        return text.replace("{claim}", claim) if isinstance(text, str) else text

    name = str(filled(when.argument))
    key = str(filled(when.key or ""))
    wanted = when.equals if when.has_equals else filled(when.contains)
    argument = site.argument(name)
    for holder in (*site.configuring, site):
        if name in holder.model.inside and not key:  # told once for all calls where that is done
            if isinstance(argument, Sequence) and argument.place is not None:
                return AddItem(argument.place, claim)
            return set_meaning(holder, name, [claim]) if _open(argument) else None
    name = site.model.meanings.get(name, name)
    position = site.model.parameters.index(name) if name in site.model.parameters else -1
    if not key:
        return _required_by(site, name, wanted, argument)
    inner: Constant = _constant(wanted) if when.has_equals or isinstance(wanted, dict) else [claim]
    if _open(argument):
        return SetArgument(site.place, name, inner, key, position)
    if not isinstance(argument, Table) or argument.place is None:
        return None
    there = argument.entries.get(key, ABSENT)
    if isinstance(there, Sequence) and there.place is not None and not when.has_equals:
        return AddItem(there.place, claim)
    if isinstance(there, Table) and there.place is not None and isinstance(wanted, dict):
        ((first, value),) = wanted.items()
        return SetEntry(there.place, first, value)
    return SetEntry(argument.place, key, inner) if _open(there) or when.has_equals else None


def _required_by(site: Site, name: str, wanted: object, argument: Value) -> Change | None:
    """Require what an argument has to name: as an entry of a mapping, or in a list."""
    position = site.model.parameters.index(name) if name in site.model.parameters else -1
    if not isinstance(wanted, (str, dict)):
        return SetArgument(site.place, name, _constant(wanted), position=position)
    is_mapping = isinstance(wanted, dict) or name == site.model.meanings.get("options")
    key, value = next(iter(wanted.items())) if isinstance(wanted, dict) else (wanted, None)
    if isinstance(argument, Table) and argument.place is not None:
        return SetEntry(argument.place, key, _constant(value))
    replaces = any(s.when.lacks and s.when.argument == name for s in site.model.switches)
    if not _open(argument) or replaces:  # what such an argument does not name is checked no more
        return None
    whole: Constant = {key: _constant(value)} if is_mapping else [key]
    return SetArgument(site.place, name, whole, position=position)


def _constant(value: object) -> Constant:
    assert value is None or isinstance(value, (str, bool, int, float, list, dict))
    return value


def _open(value: Value) -> bool:
    return isinstance(value, Absent) or (isinstance(value, Const) and value.value is None)


def _maker(site: Site, meaning: str) -> Site | None:
    """The call that made the object whose method this is, where that is told the meaning."""
    from jwtaudit.program.sites import Site  # noqa: PLC0415 - the two know each other

    made = site.call.receiver
    if meaning not in site.model.factory or not isinstance(made, Outcome):
        return None
    model = site.project.model_of(made.call)
    return None if model is None else Site(site.project, made.call, model)


def lies_in(outer: Place, inner: Place | None) -> bool:
    """Whether a place lies in another one."""
    return inner is not None and outer.path == inner.path and outer.span.contains(inner.span)


def pinned(site: Site, *, by_key: bool = False) -> Repair | None:
    """Accept the one algorithm that the project signs with, named as it is there if it may vary.

    Where it does not sign, with ``by_key``, those of the family that the key is of.
    """
    name = signing_algorithm(site)
    if name is None and by_key and (accepted := accepted_algorithms(site)) is not None:
        change = set_meaning(site, "algorithms", accepted.names)
        title = accepted.only.removeprefix(", and ")
        return Repair(title[0].upper() + title[1:], change) if change is not None else None
    change = set_meaning(site, "algorithms", [name]) if name else None
    varying = varying_algorithm(site)
    by_default = " by default" if varying else ""
    title = f"Accept {name} only, which the project signs with{by_default}"
    repair = Repair(title, change) if change is not None else None
    if varying is None or varying.place.path != site.place.path:
        return repair
    argument = varying.model.meanings.get("algorithm", "")
    parameters = varying.model.parameters
    position = parameters.index(argument) if argument in parameters else -1
    code = Filled("[$name]", {"name": Given(varying.place, argument, position)})
    change = set_meaning(site, "algorithms", code)
    title = "Accept the algorithm only that the project signs with"
    return Repair(title, change) if change is not None else None


def drop(site: Site, value: Value, title: str, *, claim: bool = False) -> Repair | None:
    """Take out an argument, an entry or an element by its value; not a default, nor a call."""
    if value.place is None or value.place == site.place:
        return None
    return Repair(title, DropItem(value.place, claim))


def renamed(value: Value, old: str, new: str) -> Repair | None:
    """The right spelling of the option with this value; one that turns a check off goes."""
    if value.place is None or not new:
        return None
    if isinstance(value, Const) and not value.value:
        return _without_effect(old, value.place)
    return Repair(f"Write `{new}` for `{old}`", RenameKey(value.place, new))


def _without_effect(name: str, place: Place) -> Repair:
    return Repair(f"Remove `{name}`, which does nothing", DropItem(place), safe=True)


def effective(site: Site, value: Value, row: Ineffective) -> Repair | None:
    """What does the same as an argument was meant to; where that was to check less, nothing.

    An ignored ``verify=False`` goes: the check that it leaves on is there today.
    """
    name = row.key or row.argument
    if value.place is None:
        return None
    dropped = DropItem(value.place)
    if name.startswith("verify"):
        return _without_effect(name, value.place)
    option = _OPTION.fullmatch(row.instead)
    if option:
        return _right_option(site, value, row, option[1], listed=bool(option[2]))
    argument, _, written = row.instead.partition("=")
    key, code = _instead(written, value)
    if not argument.isidentifier() or code is None:
        return None
    title = f"Write `{row.instead}` for it"
    given = site.argument(argument)
    if not key:
        if isinstance(given, Absent):
            return Repair(title, Replace(value.place, code), RenameKey(value.place, argument))
        return (
            Repair(title, dropped, SetArgument(site.place, argument, code))
            if _open(given)
            else None
        )
    if row.key and code is True and isinstance(value, Sequence):
        each = _each_required(site, value, key)
        if not each or not isinstance(given, Table) or given.place is None:
            return None
        first, *others = each
        title = f"Write `{'`, `'.join(each)}` for it"
        more = (SetEntry(given.place, other, code=True) for other in others)
        renamed = RenameKey(value.place, first)
        return Repair(title, Replace(value.place, code=True), renamed, *more)
    if row.key and isinstance(given, Table) and given.place is not None:
        there = given.entries.get(key)
        if (
            isinstance(there, Sequence)
            and there.place
            and isinstance(code, list)
            and len(code) == 1
        ):
            return Repair(title, dropped, AddItem(there.place, code[0]))
        return Repair(title, Replace(value.place, code), RenameKey(value.place, key))
    if isinstance(given, Table) and given.place is not None:
        return Repair(title, dropped, SetEntry(given.place, key, code))
    return Repair(title, dropped, SetArgument(site.place, argument, code, key))


def _each_required(site: Site, listed: Sequence, option: str) -> list[str]:
    """For each claim of a list the option that is named as the one for ``exp``, if all have one."""
    names = [item.value if isinstance(item, Const) else None for item in listed.items]
    wanted = [option.replace("exp", name) for name in names if isinstance(name, str)]
    known = site.model.options.issuperset(wanted) and not listed.rest
    return wanted if known and len(wanted) == len(names) else []


_OPTION = re.compile(r"`(\w+)(: \[\.\.\.\])?`")


def _right_option(
    site: Site, value: Value, row: Ineffective, name: str, *, listed: bool
) -> Repair | None:
    """The option that a misspelt or shortened one was meant to be."""
    given = site.argument(row.argument)
    if value.place is None or not name.startswith(row.key or name) or not isinstance(given, Table):
        return None
    if name in given.entries:
        return Repair(f"Remove `{row.key}`, which does nothing", DropItem(value.place))
    renamed = RenameKey(value.place, name)
    title = f"Write `{name}` for `{row.key}`"
    if not listed or isinstance(value, Sequence):
        return Repair(title, renamed)
    text = value.value if isinstance(value, Const) else None
    return Repair(title, Replace(value.place, [text]), renamed) if isinstance(text, str) else None


def _instead(written: str, value: Value) -> tuple[str, Constant]:
    """The key and the constant of ``{"require": ["exp"]}``; ``...`` is the value as given."""
    try:
        wanted = ast.literal_eval(written)
    except (ValueError, SyntaxError):
        return "", None
    key = ""
    if isinstance(wanted, dict):
        ((key, wanted),) = wanted.items()
    if wanted is ... or wanted == [...]:
        if isinstance(value, Sequence):
            names = [item.value for item in value.items if isinstance(item, Const)]
            texts = [name for name in names if isinstance(name, str)]
            return key, texts if texts and len(texts) == len(value.items) else None
        given = value.value if isinstance(value, Const) else None
        if wanted is ...:
            return key, given if isinstance(given, (str, bool, int, float)) else None
        return key, [given] if isinstance(given, str) else None
    return key, wanted
