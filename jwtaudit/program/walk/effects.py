"""What library functions do to values, by the role that their model gives them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jwtaudit.program import schemas, scripts, serializers
from jwtaudit.program.environment import laid_over
from jwtaudit.program.operations import by_encoding, is_cut, is_text, put, texts_in, transform
from jwtaudit.program.walk.asked import asked_for
from jwtaudit.values import (
    ABSENT,
    Absent,
    Bound,
    Call,
    ClassRef,
    Closure,
    Const,
    Env,
    Instance,
    Member,
    Outcome,
    Partial,
    Sequence,
    Setting,
    Symbol,
    Table,
    Value,
    hop,
    merge,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtaudit.models import Model
    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.program.walk.frame import Frame

_ENDS = ("start", "end")


def _argument(interpreter: Interpreter, call: Call, model: Model, meaning: str) -> Value:
    return interpreter.project.argument(call, model, meaning)


def _environment(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    name = _argument(interpreter, call, model, "name")
    default = _argument(interpreter, call, model, "default")
    text = name.value if isinstance(name, Const) and isinstance(name.value, str) else None
    if text is not None and isinstance(default, Absent):
        default = _default_of_reader(interpreter, call, text)
    if model.effect == "setting":
        return Setting(text or "", default, place=call.place)
    asked = name if text is None and not isinstance(name, (Absent, Const)) else None
    return Env(text, default, place=call.place, asked=asked)


def _environment_default(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    """What is said of a lookup after it: ``get("KEY").default("x").asString()``."""
    if not isinstance(call.receiver, Env):
        return Outcome(call, place=call.place)
    default = _argument(interpreter, call, model, "default")
    if isinstance(default, Absent):
        return call.receiver
    return replace(call.receiver, default=default)


def _default_of_reader(interpreter: Interpreter, call: Call, name: str) -> Value:
    """The default that a reader of the environment was made with: ``Env(KEY=(str, "x"))``."""
    made = call.receiver
    maker = interpreter.project.model_of(made.call) if isinstance(made, Outcome) else None
    if isinstance(made, Outcome) and maker is not None and maker.effect == "type-and-default":
        for argument in made.call.arguments:
            given = argument.value
            if argument.name == name and isinstance(given, Sequence) and len(given.items) > 1:
                return given.items[1]
    return ABSENT


def _transform(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    value = call.receiver
    meanings = model.meanings
    if value is None or isinstance(value, Symbol) or "value" in meanings:
        value = _argument(interpreter, call, model, "value")
    if isinstance(value, Absent):
        return Outcome(call, place=call.place)
    effect = model.effect
    if effect == "decode" and isinstance(value, Sequence):
        effect = "bytes"
    elif effect in ("decode", "encode"):
        effect = by_encoding(effect, _argument(interpreter, call, model, "encoding"))
    elif effect == "slice" and is_cut(*(_argument(interpreter, call, model, m) for m in _ENDS)):
        effect = "cut"
    return transform(effect, value, call.place)


def _make_mapping(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    table = Table({}, place=call.place)
    in_order = reversed(call.arguments) if model.effect == "first-wins" else call.arguments
    for argument in in_order:
        if argument.name is not None:
            place = argument.place or call.place
            table.entries[argument.name] = put(argument.name, argument.value, place)
        elif model.effect == "deep":
            table = _merged(table, argument.value)
        else:
            table = laid_over(interpreter.models, table, (argument.value,))
    return table


def _merged(table: Table, other: Value) -> Table:
    """Two mappings as one, what both hold under one key, too."""
    if isinstance(other, Table):
        entries = {
            key: _merged(before, value)
            if isinstance(before := table.entries.get(key), Table)
            else value
            for key, value in other.entries.items()
        }
        other = replace(other, entries=entries)
    return merge(table, (other,))


def _load(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    """``Settings.model_validate(mapping)``: as ``Settings(**mapping)``; some are given none."""
    named = _argument(interpreter, call, model, "type")
    cls = call.receiver if isinstance(named, Absent) else named
    value = _argument(interpreter, call, model, "value")
    given = () if "value" not in model.meanings else (Bound(value, None, 2),)
    if not isinstance(cls, ClassRef) or (given and isinstance(value, Absent)):
        return Outcome(call, place=call.place)
    return interpreter.apply(cls, given, call.place, frame)


def _make_partial(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    if not call.arguments:
        return Outcome(call, place=call.place)
    return Partial(call.arguments[0].value, call.arguments[1:], place=call.place)


def _run(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    """``await asyncio.to_thread(jwt.decode, token, key)``: what the function gives."""
    function = _argument(interpreter, call, model, "function")
    given = _behind(call, model, "function")
    if given is None or not isinstance(function, (Symbol, Closure, ClassRef, Partial, Member)):
        return Outcome(call, place=call.place)
    return interpreter.apply(function, given, call.place, frame)


def _behind(call: Call, model: Model, meaning: str) -> tuple[Bound, ...] | None:
    """What a call gives behind a function, for this to be called with; None where it is open."""
    at = model.parameters.index(model.meanings.get(meaning, meaning)) + 1
    if any(argument.spread for argument in call.arguments[:at]):
        return None
    positional = [argument for argument in call.arguments if argument.name is None][at:]
    named = [a for a in call.arguments if a.name not in (None, *model.parameters)]
    return (*positional, *named)


def _selection(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    """``pick(user, ["id", "role"])``: an object of its own, of the fields that are named."""
    names = [n for a in call.arguments[1:] for n in texts_in(a.value)]
    if not names or None in names:
        return Outcome(call, place=call.place)
    base = call.arguments[0].value
    fields = [(name, interpreter.attribute(base, name, call.place)) for name in names if name]
    return Table(dict(fields), place=call.place)


def _schema(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    return schemas.read(interpreter.project, call, model)


def _serialize(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    return serializers.written(interpreter.project, call, model)


def _plug_in(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    """A library's function that a framework is given to call, and what it is called with."""
    for option in options(_argument(interpreter, call, model, "plugin")):
        if isinstance(option, Symbol):
            given = tuple(a for a in call.arguments[1:])
            interpreter.apply(option, given, call.place, frame)
    return Outcome(call, place=call.place)


def _provide(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    """A class or function that a container calls for whoever asks; it asks others for the rest."""
    function = _argument(interpreter, call, model, "function")
    given = _behind(call, model, "function")
    if given is None or not isinstance(function, (Symbol, Closure, ClassRef, Partial)):
        return Outcome(call, place=call.place)
    provided = tuple(
        a._replace(value=interpreter.apply(a.value, (), call.place, frame))
        if isinstance(a.value, Partial)
        else a
        for a in given
    )
    interpreter.apply(function, provided, call.place, frame)
    return Partial(function, provided, place=call.place)


def _application(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    """What an application lists beside its handlers goes to a method of theirs."""
    listed = _argument(interpreter, call, model, "handlers") if model.initializer else ABSENT
    for line in listed.items if isinstance(listed, Sequence) else ():
        parts = list(line.items) if isinstance(line, Sequence) else []
        if isinstance(line, Outcome):
            parts = [argument.value for argument in line.call.arguments]
        for handler, given in pairwise(parts):
            if isinstance(handler, ClassRef) and isinstance(given, Table):
                place = given.place or call.place
                owner = Instance(handler, place=place)
                method = interpreter.attribute(owner, model.initializer, place)
                named = tuple(
                    Bound(value, name)
                    for name, value in given.entries.items()
                    if isinstance(name, str)
                )
                if isinstance(method, Closure):
                    interpreter.apply(method, named, place, frame)
    return Outcome(call, place=call.place)


def _getattr(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    return asked_for(interpreter, call)


def _import_call(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    name = call.arguments[0].value if call.arguments else ABSENT
    if isinstance(name, (Env, Setting)) and model.effect == "member":
        name = name.default  # a path that may be set otherwise, to what does the same
    if not isinstance(name, Const) or not isinstance(name.value, str):
        return Outcome(call, place=call.place)
    project, path = interpreter.project, name.value
    if model.effect != "member":
        return project.import_module(frame.file, path, 0, call.place)
    module, _, member = path.replace(":", ".").rpartition(".")
    if f"/{frame.file}".endswith(f"/{module.replace('.', '/')}.py"):
        return project.module_name(frame.file, member, call.place)
    return project.import_name(frame.file, module, member, 0, call.place)


def _dependency(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    provider = call.arguments[0].value if call.arguments else ABSENT
    if isinstance(provider, ClassRef):
        return Instance(provider, place=call.place)
    if isinstance(provider, Closure) and not interpreter.quiet:
        scope = interpreter.project.functions.get(provider.id)
        if scope is not None:
            interpreter.function(scope)
            verdict = isinstance(scope.returned, Const) and not is_text(scope.returned)
            if scope.state == "done" and not verdict:
                interpreter.injected.add(call.place)
                return hop(scope.returned, call.place, f"given by `{scope.short_name}()`")
    return Outcome(call, place=call.place)


def _promise(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    return scripts.promised(interpreter, call, frame)


def _exit(interpreter: Interpreter, call: Call, model: Model, frame: Frame) -> Value:
    frame.dead = True
    return Outcome(call, place=call.place)


ROLES: dict[str, Callable[[Interpreter, Call, Any, Frame], Value]] = {
    "environment": _environment,
    "environment-default": _environment_default,
    "transform": _transform,
    "mapping": _make_mapping,
    "load": _load,
    "partial": _make_partial,
    "plugin": _plug_in,
    "provider": _provide,
    "run": _run,
    "schema": _schema,
    "serialize": _serialize,
    "selection": _selection,
    "getattr": _getattr,
    "import": _import_call,
    "application": _application,
    "dependency": _dependency,
    "exit": _exit,
    "promise": _promise,
}
