"""What is JavaScript's own in the walk of a function: globals, callbacks, promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.models import SCRIPT
from jwtaudit.program.authority_words import words
from jwtaudit.program.containers import list_append
from jwtaudit.program.formatting import joined
from jwtaudit.program.operations import element
from jwtaudit.source import Place
from jwtaudit.values import (
    Bound,
    Call,
    Closure,
    Const,
    Instance,
    Member,
    ModuleRef,
    Operation,
    Outcome,
    Param,
    Partial,
    Symbol,
    Table,
    Unknown,
    Value,
    hop,
    join,
    options,
    spread_out,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jwtaudit.models import Model
    from jwtaudit.program.containers import Use
    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.program.scopes import FunctionScope, Stored
    from jwtaudit.program.walk.frame import Frame

TYPES = {
    "str": f"{SCRIPT}String",
    "bytes": f"{SCRIPT}Buffer",
    "list": f"{SCRIPT}Array",
    "dict": f"{SCRIPT}Object",
    "int": f"{SCRIPT}Number",
    "float": f"{SCRIPT}Number",
    "bool": f"{SCRIPT}Boolean",
    "NoneType": "",
}
"""What the facts' types are called here."""

TEXTS = (f"{SCRIPT}String", f"{SCRIPT}Buffer")

FAILURE = "failure"
"""The operator that stands for the error a call gives to its callback, or none."""

FINALLY = f"{SCRIPT}Promise.finally"
"""What is called whatever comes of a promise."""


def _moved(unit: str) -> Callable[[Use], Value | None]:
    """``date.setDate(date.getDate() + 7)``: the moment, moved in its place, and its count."""

    def move(use: Use) -> Value | None:
        given = use.arguments[0].value if use.arguments else None
        if not (isinstance(given, Operation) and given.operator in ("+", "-")):
            return _count(use, use.base)
        getters = [o for o in given.operands if isinstance(o, Outcome) and _reads_moment(o)]
        amounts = [o for o in given.operands if o not in getters]
        if len(getters) != 1 or len(amounts) != 1:
            return _count(use, use.base)
        name = f"{SCRIPT}Date.{'subtract' if given.operator == '-' else 'add'}"
        moved = Call(
            use.place,
            name,
            use.base,
            (Bound(amounts[0], place=use.place), Bound(Const(unit), place=use.place)),
            use.frame.scope.id,
            use.frame.path,
        )
        later = Outcome(moved, place=use.place)
        use.interpreter.rebind(use.target, later, use.frame)
        return _count(use, later)

    return move


def _count(use: Use, moment: Value) -> Value | None:
    """What a setter of a date gives: the milliseconds; None where it may be one of other things."""
    if not isinstance(moment, Outcome) or moment.call.name not in _DATES:
        return None
    name = f"{SCRIPT}Date.getTime"
    count = Call(use.place, name, moment, (), use.frame.scope.id, use.frame.path)
    return Outcome(count, place=use.place)


_DATES = {f"{SCRIPT}{name}" for name in ("Date", "Date.add", "Date.subtract")}


def _reads_moment(value: Outcome) -> bool:
    last = value.call.name.rpartition(".")[2]
    return last.startswith("get") and last[3:].removeprefix("UTC") in _UNITS


# What the setters of a date count in.
_UNITS = {
    "FullYear": "years", "Month": "months", "Date": "days", "Hours": "hours", "Minutes": "minutes",
    "Seconds": "seconds", "Milliseconds": "milliseconds", "Time": "milliseconds",
}  # fmt: skip


def _contains(use: Use) -> Value | None:
    """``list.includes(x)`` and ``set.has(x)``: whether it is there."""
    if len(use.arguments) != 1:
        return None
    return Operation("in", (use.arguments[0].value, use.base), place=use.place)


def _joined(use: Use) -> Value | None:
    """``["a", "b"].join("-")`` of constants."""
    separator = use.arguments[0].value if use.arguments else Const(",")
    return joined(separator, use.base, use.place)


METHODS: dict[str, Callable[[Use], Value | None]] = {
    "push": list_append,
    "join": _joined,
    "includes": _contains,
    "has": _contains,
    **{f"set{part}": _moved(unit) for part, unit in _UNITS.items()},
    **{f"setUTC{part}": _moved(unit) for part, unit in _UNITS.items()},
}

_EACH = frozenset({"forEach", "map", "filter", "find", "some", "every", "flatMap", "findIndex"})
_GLOBAL_OBJECTS = ("window", "globalThis", "self", "global")
_CALLBACK_NAMES = ("cb", "callback", "done", "next", "resolve", "fn")


def global_name(interpreter: Interpreter, name: str, frame: Frame, place: Place) -> Value:
    """A name that no variable has."""
    if name in _GLOBAL_OBJECTS:
        return Symbol(f"{SCRIPT}globalThis", place=place)
    if name in interpreter.models.script_roots:
        return interpreter.project.scripts.symbol(SCRIPT + name, place)
    if name == "exports":
        return ModuleRef(frame.file, place=place)
    if name == "super":
        return _base(interpreter, frame, place)
    return Unknown(name, place=place)


def _base(interpreter: Interpreter, frame: Frame, place: Place) -> Value:
    """What the class at hand derives from."""
    for names in (frame.names, *frame.scope.closures):
        this = names.get("this")
        if this is not None:
            ref = this.cls if isinstance(this, Instance) else this
            scope = interpreter.project.classes.get(getattr(ref, "id", None))  # type: ignore[arg-type]
            if scope is not None and scope.bases:
                return scope.bases[0]
    return Unknown("super", place=place)


def assigned(interpreter: Interpreter, stored: Stored, frame: Frame) -> None:
    """An assignment that does what a method does: ``localStorage.token = ...``.

    It is noted as a call, ``localStorage.__setitem__(name, value)``; of a member that has a model
    of its own as ``document.cookie.__set__(value)``.
    """
    for base in options(stored.base):
        if not isinstance(base, Symbol):
            continue
        key = Bound(stored.key, place=stored.place)
        value = Bound(stored.value, place=stored.place)
        whole = f"{base.name}.__setitem__"
        own = f"{base.name}.{getattr(stored.key, 'value', '')}.__set__"
        for name, arguments in ((whole, (key, value)), (own, (value,))):
            if interpreter.models.exactly(name):
                call = Call(stored.place, name, base, arguments, stored.scope, stored.path)
                interpreter.note(frame, call)
                return


# -- functions as values -------------------------------------------------------------------------


def function_method(
    receiver: Value, method: str, arguments: tuple[Bound, ...], place: Place
) -> Value | None:
    """``f.bind(this, a)``: the function, with some arguments given."""
    if method != "bind" or not isinstance(receiver, (Symbol, Closure, Partial)):
        return None
    return Partial(receiver, arguments[1:], place=place)


def called_through(
    interpreter: Interpreter, receiver: Value, method: str, arguments: tuple[Bound, ...]
) -> tuple[Bound, ...] | None:
    """What a function is called with by ``f.call(this, a)`` or ``f.apply(this, [a])``, if it is."""
    if not isinstance(receiver, (Symbol, Closure, Partial)) or not arguments:
        return None
    if isinstance(receiver, Symbol) and interpreter.models.exactly(f"{receiver.name}.{method}"):
        return None
    if method == "call":
        return arguments[1:]
    if method == "apply" and len(arguments) == 2:
        return tuple(spread_out(arguments[1]._replace(spread=1)))
    return None


def bind_methods(interpreter: Interpreter, table: Table) -> None:
    """Inside the methods of an object, ``this`` is the object."""
    for value in table.entries.values():
        if isinstance(value, Closure) and value.definition.kind == "method":
            scope = interpreter.project.functions.get(value.id)
            if scope is not None:
                scope.closures = ({"this": table}, *scope.closures)


def give_elements(
    interpreter: Interpreter,
    receiver: Value,
    method: str,
    arguments: tuple[Bound, ...],
    place: Place,
) -> None:
    """A function given to ``map`` and its like gets an element."""
    if method in _EACH and arguments and isinstance(arguments[0].value, Closure):
        _give(interpreter, arguments[0].value, (element(receiver),), place)


def _give(
    interpreter: Interpreter, function: Closure, values: tuple[Value, ...], place: Place
) -> None:
    """Tell a function that is written into a call what it will be called with."""
    scope = interpreter.project.functions.get(function.id)
    if scope is None or scope.definition is None or scope.state != "new":
        return
    if place.path == function.id.path and place.span.contains(scope.definition.span):
        names = [p.name for p in scope.definition.parameters if p.kind == "positional"]
        scope.given = dict(zip(names, values, strict=False))


def named_callback(call: Call, model: Model) -> tuple[Bound, ...]:
    """The arguments, with the last one known as the callback if it is one.

    What stands between may be left out: ``verify(token, key, callback)``.
    """
    if "callback" not in model.meanings or not call.arguments:
        return call.arguments
    *others, last = call.arguments
    if last.name is None and not last.spread and _is_callback(last.value):
        return (*others, last._replace(name=model.meanings["callback"]))
    return call.arguments


def _is_callback(value: Value) -> bool:
    if isinstance(value, (Param, Unknown)):
        name = value.name if isinstance(value, Param) else value.why
        return name.lower() in _CALLBACK_NAMES
    return isinstance(value, (Closure, Partial))


def run_callback(interpreter: Interpreter, call: Call, outcome: Outcome, frame: Frame) -> None:
    """Walk the callback of a call, ``(error, result) => ...``, with the call's outcome."""
    model = interpreter.project.model_of(call)
    if model is None:
        _found(interpreter, call, outcome, frame)
        return
    if "callback" not in model.meanings:
        return
    name = model.meanings["callback"]
    for argument in call.arguments:
        if argument.name == name:
            call.awaited = True
            failure = Operation(FAILURE, (outcome,), place=call.place)
            call_back(interpreter, argument.value, (failure, outcome), call.place, frame)


def _found(interpreter: Interpreter, call: Call, outcome: Outcome, frame: Frame) -> None:
    """Walk what a look-up of records hands them to: ``User.findOne(query, (err, user) => ...)``."""
    last = call.arguments[-1].value if call.arguments else None
    if not isinstance(last, Closure):
        return
    if not call.name.rpartition(".")[2].startswith(words("looking-up")):
        return
    scope = interpreter.project.functions.get(last.id)
    definition = None if scope is None else scope.definition
    if definition is not None and len(definition.parameters) == len(("error", "found")):
        failure = Operation(FAILURE, (outcome,), place=call.place)
        call_back(interpreter, last, (failure, outcome), call.place, frame)


def call_back(
    interpreter: Interpreter,
    function: Value,
    values: tuple[Value, ...],
    place: Place,
    frame: Frame,
) -> Value | None:
    """What a function gives back that a library calls with these values; None if not known."""
    if not isinstance(function, Closure):
        return None
    _give(interpreter, function, values, place)
    arguments = tuple(Bound(value, place=place) for value in values)
    return interpreter.apply(function, arguments, place, frame)


# -- promises ------------------------------------------------------------------------------------


def promise_method(
    interpreter: Interpreter,
    base: Value,
    method: str,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value | None:
    """``then``, ``catch`` and ``finally``: the functions given are called with the result."""
    if method not in ("then", "catch", "finally") or not arguments:
        return None
    if isinstance(base, Outcome):
        base.call.awaited = True
    if method == "finally":
        interpreter.note(
            frame, Call(place, FINALLY, base, arguments, frame.scope.id, frame.path, awaited=True)
        )
    results: list[Value] = [] if method == "then" else [base]
    for index, argument in enumerate(arguments[:2]):
        good = method == "then" and index == 0
        given = base if good else Operation(FAILURE, (base,), place=place)
        values = () if method == "finally" else (_as_called(argument.value, given),)
        result = call_back(interpreter, argument.value, values, place, frame)
        if method != "finally" and not (isinstance(result, Const) and result.value is None):
            results.append(result or Unknown("given back by a callback", place=place))
    return join(*results) if results else Const(None, place=place)


def _as_called(function: Value, given: Value) -> Value:
    """What a promise gives to a function, by the name that it has there: ``(token) => ...``."""
    if not isinstance(function, Closure):
        return given
    parameters = function.definition.parameters
    first = parameters[0] if parameters else None
    if first is None or not first.name.isidentifier():
        return given  # it is taken apart
    if not isinstance(given, (Outcome, Member, Unknown)):
        return given
    return hop(given, Place(function.id.path, first.span), f"`{first.name}` is set")


def promised(interpreter: Interpreter, call: Call, frame: Frame) -> Value:
    """``new Promise((resolve, reject) => ...)``: what is given to ``resolve``."""
    outcome = Outcome(call, place=call.place)
    executor = call.arguments[0].value if call.arguments else None
    if not isinstance(executor, Closure) or interpreter.quiet:
        return outcome
    scope = interpreter.project.functions.get(executor.id)
    if scope is None or scope.definition is None or not scope.definition.parameters:
        return outcome
    interpreter.function(scope)
    resolve = scope.definition.parameters[0].name
    found: list[Value] = []
    for inner in _inside(interpreter, scope):
        for event in inner.events:
            if not isinstance(event, Call):
                continue
            callee = event.receiver
            if isinstance(callee, Param) and (callee.function, callee.name) == (scope.id, resolve):
                found += [a.value for a in event.arguments[:1]]
            elif any(
                isinstance(a.value, Param)
                and a.name is not None
                and (a.value.function, a.value.name) == (scope.id, resolve)
                for a in event.arguments
            ):
                found.append(Outcome(event, place=event.place))
    return join(*found) if found else outcome


def _inside(interpreter: Interpreter, scope: FunctionScope) -> Iterator[FunctionScope]:
    """A function and those defined in it, which are walked if they were not yet."""
    assert scope.definition is not None
    span = scope.definition.span
    for identity, inner in list(interpreter.project.functions.items()):
        if identity.path == scope.id.path and span.start <= identity.start < span.end:
            interpreter.function(inner)
            yield inner
