"""What a check asks for when it knows a fault's right cure: changes, in no language's terms.

A check attaches a ``Repair`` to its draft. It names places that it has anyway (a value's, a
call's) and what shall stand there; how that is written in the file's language, with its quotes,
commas, imports and line ends, is the business of ``fixes``. Whether the result is offered is
decided by a scan of it: a repair may be proposed wherever it could be right.

Example::

    yield Draft(..., repair=Repair("Remove `none`", DropItem(value.place)))
    yield Draft(..., repair=Repair("Accept HS256 only", SetArgument(call, "algorithms", ["HS256"])))

and ``fix = "unsafe"`` (or ``"safe"``) on the rule's page, with the reason, and a ``## Fixed``
section that holds the bad examples as they come out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jwtaudit.source import Place


# -- what shall stand there ------------------------------------------------------------------------


class Snippet(NamedTuple):
    """Source text in the language of the file that it goes into.

    A name in braces, ``{datetime.timezone.utc}``, is written as the file imports it; where it
    does not, an import is added. Snippets come from the models, never from a check.
    """

    text: str


class Named(NamedTuple):
    """A snippet of ``rules/data/snippets.toml``, in the language of the file.

    ``@`` in it is what it replaces, ``#`` is the number.
    """

    name: str
    number: int = 0


class EnvVar(NamedTuple):
    """An environment variable without a default, read as the project reads its others.

    Without a name it is called as what it is assigned to. ``binary`` asks for bytes.
    """

    name: str = ""
    binary: bool = False


class Entry(NamedTuple):
    """A mapping with one entry."""

    key: str
    code: Code


class Given(NamedTuple):
    """What a call in the same file is given as an argument, where that means the same elsewhere."""

    call: Place
    name: str = ""
    position: int = -1


class Receiver(NamedTuple):
    """What a call in the same file is a method of, as it is written there."""

    call: Place


class Links(NamedTuple):
    """What is called between the first and the last call of a chain, as it is written there."""

    first: Place
    last: Place


class Filled(NamedTuple):
    """A snippet in which ``$name`` stands for other code."""

    text: str
    fields: dict[str, Code]


Constant: TypeAlias = "str | bytes | bool | int | float | list[str] | dict[str, Constant] | None"
Code: TypeAlias = "Snippet | Named | EnvVar | Entry | Given | Receiver | Links | Filled | Constant"
"""A snippet, a lookup, what stands elsewhere, or a constant that is written as a literal."""


# -- changes ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Replace:
    """Put an expression in the place of another one."""

    place: Place
    code: Code


@dataclass(frozen=True, slots=True)
class Mask:
    """Put ``"***"`` for what is so called in an expression, and leave the rest of it as it is.

    That is an operand, an element, an entry, or what is filled into a text.
    """

    place: Place
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetArgument:
    """Give a call (by its place) a named argument, in place of its value if it has it.

    With ``key``, an entry of the mapping that is this argument: ``options={"key": code}``. Where a
    language has no named arguments, ``position`` is what counts.
    """

    call: Place
    name: str
    code: Code
    key: str = ""
    position: int = -1


@dataclass(frozen=True, slots=True)
class DropArgument:
    """Take a named argument from a call."""

    call: Place
    name: str


@dataclass(frozen=True, slots=True)
class DropItem:
    """Take out what stands at a place: an element, an argument, or the entry with this value.

    An argument that is an empty mapping then goes, too. An annotated field loses its value;
    ``a or b`` loses ``b``. With ``claim``, what an object is made with stays: it may need it.
    """

    place: Place
    claim: bool = False


@dataclass(frozen=True, slots=True)
class DropDefault:
    """Leave an annotated field without the value at a place."""

    place: Place


@dataclass(frozen=True, slots=True)
class DropKey:
    """Take the entry with a key out of the mapping at a place, wherever its value stands."""

    place: Place
    key: str


@dataclass(frozen=True, slots=True)
class SetEntry:
    """Put an entry into the mapping display at a place, or give it another value there.

    Attributes:
        default: whether what is spread out in the display counts more.
    """

    place: Place
    key: str
    code: Code
    default: bool = False


@dataclass(frozen=True, slots=True)
class AddItem:
    """Put a further element into the list at a place."""

    place: Place
    code: Code


@dataclass(frozen=True, slots=True)
class RenameKey:
    """Give the entry or argument with the value at a place another name."""

    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class CallInstead:
    """Let the call at a place call another function, with the same arguments."""

    place: Place
    function: Snippet


@dataclass(frozen=True, slots=True)
class CallFurther:
    """Call a method on what the call at a place gives, before anything else is done with it."""

    place: Place
    code: Snippet


@dataclass(frozen=True, slots=True)
class Unwrap:
    """Leave what the call at a place is given, in the place of the call: ``f(a)`` becomes ``a``.

    With ``method`` what it is called on: ``a.f()`` becomes ``a``.
    """

    place: Place
    method: bool = False


@dataclass(frozen=True, slots=True)
class DropFactor:
    """Take the only factor of a thousand out of the expression at a place."""

    place: Place


@dataclass(frozen=True, slots=True)
class Insist:
    """Let a lookup with a default fail instead: ``a.get(k, d)`` becomes ``a[k]``.

    With ``method`` it is called instead: ``a.method(k)``.
    """

    place: Place
    method: str = ""


@dataclass(frozen=True, slots=True)
class AddStatement:
    """Write a statement behind the one that holds a place.

    ``{target}`` in the snippet is what that statement assigns to; a result that is returned gets
    a name.
    """

    place: Place
    code: Snippet | Named


@dataclass(frozen=True, slots=True)
class DropStatement:
    """Take out the statement that holds a place."""

    place: Place


@dataclass(frozen=True, slots=True)
class DropUnused:
    """Take out the variables that hold what the call at a place gives, or a part of it.

    Only those of which the other changes of the repair leave nothing else that uses them; the call
    itself does nothing but give that.
    """

    place: Place


@dataclass(frozen=True, slots=True)
class DropEntry:
    """Take out the statement that assigns the value at a place to an entry: ``options[k] = v``."""

    place: Place


@dataclass(frozen=True, slots=True)
class Refuse:
    """Stop the program in the place of the assignment of the fallback at a place."""

    place: Place


@dataclass(frozen=True, slots=True)
class Await:
    """Wait for what the call at a place promises."""

    place: Place


@dataclass(frozen=True, slots=True)
class SwapDecorators:
    """Put the decorator at one place where another one stands, and that one in its place."""

    place: Place
    other: Place


@dataclass(frozen=True, slots=True)
class ReplaceText:
    """Put a text for another one that stands once at a place, in a file that is no program."""

    place: Place
    old: str
    new: str


Change: TypeAlias = (
    Replace
    | Mask
    | SetArgument
    | DropArgument
    | DropItem
    | DropDefault
    | DropKey
    | SetEntry
    | AddItem
    | RenameKey
    | CallInstead
    | CallFurther
    | Unwrap
    | DropFactor
    | Insist
    | AddStatement
    | DropStatement
    | DropUnused
    | DropEntry
    | Refuse
    | Await
    | SwapDecorators
    | ReplaceText
)


class Repair:
    """The cure of one fault.

    Attributes:
        title: what it does, as an order: "Remove `none` from the list".
        changes: carried out together or not at all.
        otherwise: what to try where this brings another finding, or cannot be done.
        safe: whether this one changes nothing for any token, though others of its rule may.
    """

    __slots__ = ("changes", "otherwise", "safe", "title")

    def __init__(
        self,
        title: str,
        *changes: Change,
        otherwise: Repair | None = None,
        safe: bool = False,
    ) -> None:
        self.title = title
        self.changes = changes
        self.otherwise = otherwise
        self.safe = safe

    def before(self, otherwise: Repair | None, changes: Iterable[Change] | None = None) -> Repair:
        """The same with another one to try after it, or with other changes."""
        made = self.changes if changes is None else changes
        return Repair(self.title, *made, otherwise=otherwise, safe=self.safe)
