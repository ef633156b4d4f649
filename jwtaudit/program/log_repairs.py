"""Leaving a token out of what is logged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.program.names import names_of, words
from jwtaudit.program.travels import deep
from jwtaudit.repair import DropItem, DropStatement, Mask, Repair, Replace, ReplaceText
from jwtaudit.values import Call, Const, Operation, Outcome, Sequence, Table, same, walk

if TYPE_CHECKING:
    from jwtaudit.program.scopes import Event
    from jwtaudit.repair import Change
    from jwtaudit.values import Bound, Value

_FIELD = re.compile(r"%[-#0]?\d*(?:\.\d+)?[a-zA-Z]|\{\w*\}")
"""What is filled in with an argument."""
_LAST_FIELD = re.compile(
    rf"\s*(?P<stop>[:=,-]*)\s*[\"'<(\[]?(?P<field>{_FIELD.pattern})[\"'>)\]]?[.!]?\s*\Z"
)
_COLON = re.compile(r"\s*(?P<stop>[:=,-]*)\s*(?P<field>)\Z")


def unsaid(call: Event, part: Value) -> Repair | None:
    """Name what is logged, and not its value; a message of nothing else goes as a whole."""
    if not isinstance(call, Call):
        return None
    gone = Repair("Do not log it", DropStatement(call.place)) if call.discarded else None
    given = [a for a in call.arguments if a.place and not a.spread]
    whole = [a for a in given if a.place and _is_part(part, a.value)]
    names = tuple(dict.fromkeys(names_of(part)))
    holding = [a.place for a in given if a.place and any(same(v, part) for v in deep(a.value))]
    masks = [Mask(place, names) for place in holding if names]
    hidden = Repair("Leave it out of the message", *masks) if masks else None
    if len(call.arguments) == 1 or not whole or not whole[0].place:
        if gone is None or not any(_says_more(a.value, part) for a in given):
            return gone or hidden
        return hidden.before(gone) if hidden else gone
    title = "Log that there is one, and not its value"
    masked = Repair(title, *(Replace(a.place, "***") for a in whole if a.place))
    others = [argument.value for argument in call.arguments if argument not in whole]
    if gone and all(_only_names(other, part) for other in others):
        return gone.before(masked)
    if hidden and any(_says_more(a.value, part) for a in whole):
        return hidden.before(masked)
    if len(whole) > 1:
        return masked
    if _is_field_of_its_own(call, whole[0]):
        return Repair("Do not log it", DropItem(whole[0].place), otherwise=masked)
    shorter = _shortened(call, whole[0])
    return Repair("Leave it out of the message", *shorter, otherwise=masked) if shorter else masked


def _is_part(part: Value, given: Value) -> bool:
    """Whether a value is what was made of another one, and not a text with words of its own."""
    is_text = isinstance(given, Operation) and given.operator == "text"
    return same(given, part) or (not is_text and any(same(each, part) for each in walk(given)))


def _shortened(call: Call, last: Bound) -> list[Change]:
    """A message without what it says last: ``"got: %s", token`` becomes ``"got"``."""
    written = [a for a in call.arguments if isinstance(a.value, Const) and a.place == a.value.place]
    texts = [a for a in written if a.place and isinstance(_constant(a), str)]
    if call.arguments[-1] is not last or last.name or last.place is None or not texts:
        return []
    text, said = texts[-1], str(_constant(texts[-1]))
    has_fields = _FIELD.search(said) is not None
    end = (_LAST_FIELD if has_fields else _COLON).search(said)
    if end is None or not (has_fields or text is call.arguments[-2]):
        return []
    shorter = said[: end.start()]
    if not re.search(r"\w", shorter):
        return []
    if not end["stop"]:
        before = said[: end.start("field")]
        shorter = f"{before if has_fields else before.rstrip() + ' '}***{said[end.end('field') :]}"
    return [ReplaceText(text.place, said, shorter), DropItem(last.place)] if text.place else []


def _constant(argument: Bound) -> object:
    return argument.value.value if isinstance(argument.value, Const) else None


def _only_names(text: Value, part: Value) -> bool:
    """Whether a text says no more than what the value is called: ``"token:"``."""
    if not isinstance(text, Const) or not isinstance(text.value, str):
        return False
    named = {word for name in names_of(part) for word in words(name)}
    said = re.sub(r"%\w|\{\w*\}", "", text.value)  # what is filled in is the value
    return {word.lower() for word in re.findall(r"[^\W_]+", said)} <= named


def _is_field_of_its_own(call: Call, argument: Bound) -> bool:
    """Whether a library that logs was given a field, which no text of the message asks for."""
    asked = f"{{{argument.name}"
    texts = (a.value.value for a in call.arguments if isinstance(a.value, Const))
    return bool(argument.name) and call.target is None and not any(asked in str(t) for t in texts)


def _says_more(text: Value, part: Value) -> bool:
    """Whether something that is logged says more than the part of it: by a word, or a value."""
    if same(text, part):
        return False
    if isinstance(text, Const):
        words_said = isinstance(text.value, str) and re.search(r"\w\w", text.value)
        return bool(words_said) and not _only_names(text, part)
    if isinstance(text, Table):
        return any(_says_more(value, part) for value in text.entries.values())
    if isinstance(text, Operation):
        return any(_says_more(operand, part) for operand in text.operands)
    if isinstance(text, Sequence):
        return any(_says_more(item, part) for item in text.items)
    if isinstance(text, Outcome) and isinstance(text.call.receiver, Const):  # "...".format(x)
        given = (text.call.receiver, *(a.value for a in text.call.arguments))
        return any(_says_more(value, part) for value in given)
    return not any(same(value, part) for value in deep(text))
