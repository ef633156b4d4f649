"""Results of a verification that nobody hears: a dropped verdict, a coroutine nobody runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_test
from jwtaudit.program.scopes import Returned, Tested
from jwtaudit.program.verdicts import answers_in_pairs, keeps_and_refuses, refusing_with_an_object
from jwtaudit.repair import Await, Repair
from jwtaudit.values import Call, Closure, FunctionId, Operation, Outcome, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project


def unheard(project: Project, tells: dict[FunctionId, Confidence]) -> Iterator[Draft]:
    """Results that are dropped: a verdict that nobody tests, a coroutine that nobody runs."""
    for call in project.calls:
        if is_test(call.place.path):
            continue
        model = project.model_of(call)
        effects = model.effect.split("+") if model is not None else []
        if model is not None and "async" in effects and not call.awaited:
            name = call.name.rpartition(".")[2]
            if (why := _unwaited(project, call, model.role)) is not None:
                yield _draft(
                    project,
                    call,
                    f"`{name}()` of {model.library.title} is never awaited: {why}, so that every"
                    " token passes",
                    f"Write `await {name}(...)`.",
                    repair=_awaited(project, call),
                )
        elif (
            model is not None and model.role in ("verify", "verify-signature") and "bool" in effects
        ):
            if call.discarded:
                yield _draft(
                    project,
                    call,
                    f"{model.library.title} tells by the result whether the signature is right, and"
                    " nobody looks at it: every token passes",
                    "Test the result, or call what raises.",
                )
        elif call.target in tells and call.target is not None:
            scope = project.scope(call.target)
            name = scope.short_name if scope is not None else "the function"
            if _is_async(project, call) and not call.awaited:
                script = project.is_script(call.place.path)
                # a promise goes on without anybody who waits for it
                if (call.discarded and not script) or _is_tested(project, call):
                    yield _draft(
                        project,
                        call,
                        f"`{name}()` is never awaited: "
                        + (
                            "a promise counts as true, whatever comes of it"
                            if script
                            else "nothing is verified, and a coroutine counts as true"
                        ),
                        f"Write `await {name}(...)`.",
                        repair=_awaited(project, call),
                    )
            elif (
                tells[call.target] is Confidence.HIGH
                and scope is not None
                and answers_in_pairs(scope)
                and _is_whole_test(project, call)
            ):
                yield _draft(
                    project,
                    call,
                    f"`{name}()` gives two things, of which one tells that a token is not valid:"
                    " both together count as true, and every token passes",
                    f"Test one of the things that `{name}()` gives.",
                )
            elif call.discarded and tells[call.target] is not Confidence.LOW:
                yield _draft(
                    project,
                    call,
                    f"`{name}()` tells by its result that a token is not valid, and nobody looks at"
                    " it: every token passes",
                    "Test the result, or let the function raise.",
                    tells[call.target],
                )
            elif call.discarded and scope is not None and keeps_and_refuses(project, scope):
                yield _draft(
                    project,
                    call,
                    f"`{name}()` keeps a token's claims, and then tells by its result that the"
                    " token is not valid; nobody looks at that, and the claims stay",
                    "Test the result, or let the function raise.",
                    Confidence.MEDIUM,
                )


def empty_but_true(project: Project) -> Iterator[Draft]:
    """Where it is asked whether there are claims, and an empty object stands for none."""
    functions = frozenset(refusing_with_an_object(project))
    for call in project.calls if functions else ():
        scope = project.scope(call.target) if call.target in functions else None
        if scope is not None and _is_whole_test(project, call) and not is_test(call.place.path):
            yield _draft(
                project,
                call,
                f"`{scope.short_name}()` gives an empty object for a token that is not valid, which"
                " counts as true: every token passes",
                "Give `null` there, or let the error pass.",
            )


def _unwaited(project: Project, call: Call, role: str) -> str | None:
    """Why a promise that nobody waits for lets every token pass; None where it may not."""
    if _counts_as_true(project, call):
        return "a promise counts as true, whatever comes of it"
    told = any(isinstance(argument.value, Closure) for argument in call.arguments)
    if call.discarded and role in ("verify", "verify-signature") and not told:
        return "the program goes on before anything is verified"
    return None


def _awaited(project: Project, call: Call) -> Repair | None:
    """Wait for the result, where a function can wait."""
    if not _is_async_function(project, call.scope):
        return None
    return Repair("Wait for the result", Await(call.place))


def _is_async(project: Project, call: Call) -> bool:
    return _is_async_function(project, call.target)


def _is_async_function(project: Project, function: FunctionId | None) -> bool:
    scope = project.scope(function) if function is not None else None
    return scope is not None and scope.definition is not None and scope.definition.is_async


def _counts_as_true(project: Project, call: Call) -> bool:
    """Whether what a call gives is itself what a branch depends on, or a function's yes or no."""
    return any(
        (
            isinstance(event, Tested)
            or (
                isinstance(event, Returned)
                and isinstance(event.value, Operation)
                and event.value.operator == "not"
            )
        )
        and _is_bare(event.value, call)
        for event in project.uses(call)
    )


def _is_bare(value: Value, call: Call) -> bool:
    if isinstance(value, Operation) and value.operator in ("not", "and", "or"):
        return any(_is_bare(operand, call) for operand in value.operands)
    return isinstance(value, Outcome) and value.call.place == call.place


def _is_whole_test(project: Project, call: Call) -> bool:
    """Whether a call is the condition of a branch, and not only a part of what it gives."""
    scope = project.scope(call.scope)
    return _is_tested(project, call) and any(
        isinstance(event, Tested)
        and event.place.path == call.place.path
        and 0 <= event.place.span.end - call.place.span.end <= len("))")
        for event in (scope.events if scope is not None else ())
    )


def _is_tested(project: Project, call: Call) -> bool:
    """Whether the call itself is the condition of a branch."""
    scope = project.scope(call.scope)
    return any(
        isinstance(event, Tested)
        and event.place.path == call.place.path
        and event.place.span.start <= call.place.span.start
        and call.place.span.end <= event.place.span.end
        and call.place.span.start - event.place.span.start <= len("not (")
        for event in (scope.events if scope is not None else ())
    )


def _draft(
    project: Project,
    call: Call,
    message: str,
    advice: str,
    confidence: Confidence = Confidence.HIGH,
    repair: Repair | None = None,
) -> Draft:
    scope = project.scope(call.scope)
    return Draft(
        "",
        call.place,
        message,
        confidence,
        advice=advice,
        anchor=scope.name if scope is not None else "",
        repair=repair,
    )
