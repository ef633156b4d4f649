"""The kinds of values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from jwtaudit.facts import Class, Function, Scalar
    from jwtaudit.source import Place

MAX_OPTIONS = 12
MAX_DEPTH = 40


class Hop(NamedTuple):
    """One step on the way of a value: where, and what happens there."""

    place: Place
    what: str


Trace: TypeAlias = tuple[Hop, ...]


@dataclass(slots=True, eq=False)
class Const:
    """A known scalar."""

    value: Scalar
    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class Sequence:
    """A list, tuple or set; ``rest`` holds what was spread into it and is not known."""

    items: tuple[Value, ...]
    rest: tuple[Value, ...] = ()
    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class Table:
    """A mapping: known entries, and ``rest``: mappings merged into it that are not known.

    A value of ``ABSENT`` among the entries says that the key was removed.
    """

    entries: dict[Scalar, Value]
    rest: tuple[Value, ...] = ()
    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class Env:
    """An environment variable; ``default`` is ``ABSENT`` when a missing one raises.

    ``as_text`` tells that a text was made of it, be it there or not, and ``asked`` what gives
    the name where a parameter of a helper does.
    """

    name: str | None
    default: Value
    place: Place | None = None
    trace: Trace = ()
    as_text: bool = False
    asked: Value | None = None


@dataclass(slots=True, eq=False)
class Setting:
    """An entry of a settings object or file; ``default`` is what the project's source gives."""

    name: str
    default: Value
    owner: str = ""
    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class Param:
    """A parameter of a project function.

    Attributes:
        injected: a framework gives the default.
        given: a test has shown that it is not None.
    """

    function: FunctionId
    name: str
    default: Value
    annotation: Value | None = None
    place: Place | None = None
    trace: Trace = ()
    injected: bool = False
    given: bool = False


@dataclass(slots=True, eq=False)
class Join:
    """One of several, by branch; of ``ordered`` ones the first that is something."""

    options: tuple[Value, ...]
    place: Place | None = None
    trace: Trace = ()
    ordered: bool = False


@dataclass(slots=True, eq=False)
class Symbol:
    """Something of a library or of the language, by its canonical dotted name."""

    name: str
    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class Member:
    """An attribute (``item`` False) or an entry (``item`` True) of a value.

    ``optional`` says that where the value is nothing, so is the attribute, without an error.
    """

    base: Value
    key: Value
    item: bool
    place: Place | None = None
    trace: Trace = ()
    optional: bool = False

    @property
    def name(self) -> str | None:
        """The key where it is a known string."""
        return (
            self.key.value
            if isinstance(self.key, Const) and isinstance(self.key.value, str)
            else None
        )


@dataclass(slots=True, eq=False)
class Outcome:
    """The result of a call."""

    call: Call
    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class Operation:
    """An operation on values that are not all known. ``text`` interpolates its operands."""

    operator: str
    operands: tuple[Value, ...]
    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class Closure:
    """A project function; ``receiver`` is what it is bound to.

    ``captured`` holds the arguments of the calls that made it, by the function around it.
    """

    id: FunctionId
    definition: Function
    receiver: Value | None = None
    place: Place | None = None
    trace: Trace = ()
    captured: tuple[tuple[FunctionId, dict[str, Value]], ...] = ()


@dataclass(slots=True, eq=False)
class Partial:
    """A callable with some arguments given."""

    target: Value
    arguments: tuple[Bound, ...]
    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class ClassRef:
    """A project class."""

    id: FunctionId
    definition: Class
    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class Instance:
    """An instance of a project class; ``call`` made it.

    Attributes:
        is_own: it is that of the method at hand, ``self``, or one that such an object is given:
            it may be any that is made.
    """

    cls: ClassRef
    call: Call | None = None
    place: Place | None = None
    trace: Trace = ()
    is_own: bool = False


@dataclass(slots=True, eq=False)
class ModuleRef:
    """A module of the project."""

    path: str
    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class Imported:
    """A name bound by an import that nobody has followed yet; found in variables only.

    ``name`` is None for the module itself.
    """

    importer: str
    module: str
    name: str | None
    level: int
    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class Absent:
    """Not there."""

    place: Place | None = None
    trace: Trace = ()


@dataclass(slots=True, eq=False)
class Unknown:
    """Cannot be told; ``why`` is for people, and the name alone where no variable has that name."""

    why: str = ""
    place: Place | None = None
    trace: Trace = ()


Value: TypeAlias = (
    Const
    | Sequence
    | Table
    | Env
    | Setting
    | Param
    | Join
    | Symbol
    | Member
    | Outcome
    | Operation
    | Closure
    | Partial
    | ClassRef
    | Instance
    | ModuleRef
    | Imported
    | Absent
    | Unknown
)


ABSENT = Absent()
UNKNOWN = Unknown()


class FunctionId(NamedTuple):
    """A definition's identity: its file, its dotted name, and where it begins."""

    path: str
    qualname: str
    start: int


class Bound(NamedTuple):
    """An argument as evaluated; ``spread`` as in ``facts.Argument``."""

    value: Value
    name: str | None = None
    spread: int = 0
    place: Place | None = None


class Arm(NamedTuple):
    """One side of a branch: the branching statement's offset, which side, and of what kind."""

    start: int
    side: str


@dataclass(slots=True, eq=False)
class Call:
    """A call as evaluated.

    Attributes:
        name: canonical dotted name of what is called: ``jwt.decode``; ``*.set_cookie`` for a
            method of an unknown receiver; empty when nothing is known.
        receiver: what the method is called on.
        target: the project function, when it is one.
        scope: the function (or module) that holds the call.
        path: the branches around it, outermost first.
        awaited: whether it stands behind an ``await``.
        discarded: whether it is a statement of its own, so that nobody sees its result.
        captured: the arguments of the calls that made the project function, as a closure has them.
    """

    place: Place
    name: str
    receiver: Value | None
    arguments: tuple[Bound, ...]
    scope: FunctionId
    path: tuple[Arm, ...] = ()
    target: FunctionId | None = None
    awaited: bool = False
    discarded: bool = False
    order: int = 0
    origin: Call | None = field(default=None, repr=False)
    captured: tuple[tuple[FunctionId, dict[str, Value]], ...] = field(default=(), repr=False)

    @property
    def site(self) -> Place:
        """Where it stands: the same for all instantiations of one call."""
        return self.place
