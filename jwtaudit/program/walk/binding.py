"""Arguments put in the place of parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.program.walk.asked import asked_again
from jwtaudit.values import (
    ABSENT,
    UNKNOWN,
    Absent,
    Bound,
    Call,
    Closure,
    Const,
    FunctionId,
    Outcome,
    Param,
    Sequence,
    Table,
    Unknown,
    Value,
    join,
    member,
    merge,
    options,
    rewrite,
    rewrite_call,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jwtaudit import facts as f
    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.program.scopes import FunctionScope


def bind(
    interpreter: Interpreter, scope: FunctionScope, arguments: tuple[Bound, ...], *, receiver: bool
) -> dict[str, Value]:
    """Parameter name -> argument; a missing one gets its default."""
    assert scope.definition is not None
    parameters = list(scope.definition.parameters)
    if receiver and parameters and parameters[0].kind == "positional":
        parameters = parameters[1:]
    binding: dict[str, Value] = {}
    positional = [p.name for p in parameters if p.kind == "positional"]
    known = {p.name for p in parameters if p.kind in ("positional", "keyword")}
    rest: list[Value] = []
    extra: dict[f.Scalar, Value] = {}
    open_list = open_table = False
    spread: list[Value] = []
    index = 0
    for argument in arguments:
        if argument.spread == 1:
            open_list = True
        elif argument.spread == 2:
            open_table = open_table or not _is_known(argument.value)
            spread.append(argument.value)
            if isinstance(argument.value, Table):
                for name, value in argument.value.entries.items():
                    if name in known and not isinstance(value, Absent):
                        binding[str(name)] = value
        elif argument.name is None:
            if index < len(positional):
                binding[positional[index]] = argument.value
            else:
                rest.append(argument.value)
            index += 1
        elif argument.name in known:
            binding[argument.name] = argument.value
        else:
            extra[argument.name] = argument.value
    for parameter in parameters:
        if parameter.kind == "rest":
            binding[parameter.name] = Sequence(tuple(rest), (UNKNOWN,) if open_list else ())
        elif parameter.kind == "options":
            # what has a parameter of its own is not among the rest
            own: dict[f.Scalar, Value] = dict.fromkeys(known if spread else (), ABSENT)
            others = merge(Table({}), tuple(spread))
            binding[parameter.name] = Table({**others.entries, **own, **extra}, others.rest)
        elif parameter.name not in binding:
            if open_list or open_table:
                default = scope.parameters[parameter.name].default
                is_on = isinstance(default, Const) and default.value is True
                if is_on and not open_list and len(spread) == 1 and isinstance(spread[0], Param):
                    # a switch that is on by itself, and may be among what is passed on
                    binding[parameter.name] = member(spread[0], Const(parameter.name), item=True)
                elif not open_list and len(spread) == 1 and _is_claims(interpreter, spread[0]):
                    claim = member(spread[0], Const(parameter.name), item=True)
                    required = isinstance(default, Absent)
                    binding[parameter.name] = claim if required else join(claim, default)
                else:
                    binding[parameter.name] = Unknown("spread argument")
            else:
                binding[parameter.name] = scope.parameters[parameter.name].default
    return binding


def _is_claims(interpreter: Interpreter, value: Value) -> bool:
    """Whether a mapping holds what a library read of a token."""
    if not isinstance(value, Outcome):
        return False
    model = interpreter.project.model_of(value.call)
    return model is not None and model.role in ("verify", "decode-unverified")


def _is_known(value: Value) -> bool:
    """Whether all entries of a mapping are known."""
    return isinstance(value, Table) and not value.rest


def _argument(parameter: Param, binding: Mapping[str, Value]) -> Value | None:
    """What is given for a parameter; where it is known not to be None, without that."""
    found = binding.get(parameter.name)
    if found is None or not parameter.given:
        return found
    there = [o for o in options(found) if not (isinstance(o, Const) and o.value is None)]
    return join(*there) if there else ABSENT


def substitute(
    interpreter: Interpreter, value: Value, function: FunctionId, binding: Mapping[str, Value]
) -> Value:
    """The value with a function's parameters replaced by arguments."""
    if function not in interpreter.mentions.of(value):
        return value

    def change(part: Value) -> Value | None:
        if isinstance(part, Param) and part.function == function:
            return _argument(part, binding)
        return None

    new = rewrite(value, change, interpreter.attribute, _mentioning(interpreter, function))
    return asked_again(interpreter, new)


def substitute_call(
    interpreter: Interpreter, call: Call, function: FunctionId, binding: Mapping[str, Value]
) -> Call:
    """The call with a function's parameters replaced by arguments."""

    def change(part: Value) -> Value | None:
        if isinstance(part, Param) and part.function == function:
            return _argument(part, binding)
        return None

    return rewrite_call(call, change, interpreter.attribute, _mentioning(interpreter, function))


def _mentioning(interpreter: Interpreter, function: FunctionId) -> Callable[[Value], bool]:
    mentioned = interpreter.mentions.of
    return lambda value: function in mentioned(value)


def outcome(
    interpreter: Interpreter,
    callee: Closure,
    returned: Value,
    binding: dict[str, Value] | None = None,
) -> Value:
    """What a function returns, with its arguments put in, and those of the calls around it."""
    inside = callee.id.qualname + "."
    arguments = {callee.id: binding or {}, **dict(callee.captured)}

    def change(part: Value) -> Value | None:
        if isinstance(part, Param) and part.function in arguments:
            return _argument(part, arguments[part.function])
        if (
            isinstance(part, Closure)
            and binding
            and part.id.path == callee.id.path
            and part.id.qualname.startswith(inside)
        ):
            return replace(part, captured=(*callee.captured, (callee.id, binding)))
        return None

    return rewrite(returned, change, interpreter.attribute)
