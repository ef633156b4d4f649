"""What is known of each module, function and class after its body was walked once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from jwtaudit import facts
from jwtaudit.source import Place
from jwtaudit.values import ABSENT, Call, FunctionId, Param, Symbol, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from jwtaudit.facts import Class, Facts, Function
    from jwtaudit.values import Arm, ClassRef

MODULE = "<module>"
# What the first parameter of Python's methods is called: of those of classes, and of all.
OF_CLASSES = frozenset({"cls", "klass", "mcs", "mcls", "metacls"})
RECEIVERS = OF_CLASSES | {"self", "_self", "this", "me", "s", "_", "instance", "inst", "obj"}

OVERRIDDEN = Unknown("for others to override")
"""What a method gives that does nothing itself."""


@dataclass(slots=True, eq=False)
class Returned:
    """``return value`` (or ``yield``)."""

    place: Place
    value: Value
    scope: FunctionId
    path: tuple[Arm, ...]
    kind: str
    order: int = 0


@dataclass(slots=True, eq=False)
class Stored:
    """``base.key = value`` or ``base[key] = value``; ``into`` is the variable left of an item."""

    place: Place
    base: Value
    key: Value
    item: bool
    value: Value
    scope: FunctionId
    path: tuple[Arm, ...]
    order: int = 0
    into: str = ""


@dataclass(slots=True, eq=False)
class Assigned:
    """``name = value`` for a plain variable."""

    place: Place
    name: str
    value: Value
    scope: FunctionId
    path: tuple[Arm, ...]
    order: int = 0


@dataclass(slots=True, eq=False)
class Tested:
    """A condition; ``then_exits`` and ``else_exits`` tell which side does not go on."""

    place: Place
    value: Value
    scope: FunctionId
    path: tuple[Arm, ...]
    then_exits: bool = False
    else_exits: bool = False
    order: int = 0

    def is_side(self, side: str, arm: Arm) -> bool:
        """Whether an arm is one side of it: a branch begins a few characters before its test."""
        return arm.side == side and 0 <= self.place.span.start - arm.start <= len("elif ((")


@dataclass(slots=True, eq=False)
class Raised:
    """``raise value``."""

    place: Place
    value: Value
    scope: FunctionId
    path: tuple[Arm, ...]
    order: int = 0


@dataclass(slots=True, eq=False)
class Caught:
    """``except ...:``; ``path`` is that of its body, ``exits`` whether that does not go on."""

    place: Place
    value: Value
    scope: FunctionId
    path: tuple[Arm, ...]
    exits: bool = False
    order: int = 0


Event: TypeAlias = Call | Returned | Stored | Assigned | Tested | Raised | Caught


@dataclass(slots=True, eq=False)
class FunctionScope:
    """A function (or a module's body, whose name is ``<module>``).

    Attributes:
        closures: the variables around it, innermost first.
        given: parameters whose argument is known before anybody calls it: a callback's.
        returned: what it gives back, in terms of its own ``Param`` values.
        mutated: parameter -> what it is at the end, where the body changed it.
        events: what happens in it, in order.
        stored: the attributes that it may set, where somebody asked.
    """

    id: FunctionId
    definition: Function | None
    module: ModuleScope
    cls: ClassRef | None = None
    closures: tuple[dict[str, Value], ...] = ()
    find_parameters: Callable[[], dict[str, Param]] = dict
    given: dict[str, Value] = field(default_factory=dict)
    decorators: tuple[Value, ...] = ()
    returned: Value = ABSENT
    mutated: dict[str, Value] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    state: str = "new"
    stored: frozenset[str] | None = None
    _parameters: dict[str, Param] | None = None

    @property
    def parameters(self) -> dict[str, Param]:
        """The parameters; of a function that nobody calls they are not looked at."""
        if self._parameters is None:
            # What a default that leads back here finds.
            parameters = () if self.definition is None else self.definition.parameters
            self._parameters = {
                p.name: Param(self.id, p.name, Unknown(p.name), place=Place(self.id.path, p.span))
                for p in parameters
            }
            self._parameters = self.find_parameters()
        return self._parameters

    @parameters.setter
    def parameters(self, found: dict[str, Param]) -> None:
        self._parameters = found

    def is_decorated(self, name: str) -> bool:
        """Whether a decorator has this name, wherever it comes from."""
        return any(
            isinstance(d, Symbol) and d.name.rpartition(".")[2] == name for d in self.decorators
        )

    def first_is(self, names: Collection[str]) -> bool:
        """Whether the first parameter has one of some names."""
        parameters = () if self.definition is None else self.definition.parameters
        return bool(parameters) and parameters[0].name in names

    @property
    def name(self) -> str:
        """The dotted name inside its file."""
        return self.id.qualname

    @property
    def short_name(self) -> str:
        """The last part of the name."""
        return self.id.qualname.rpartition(".")[2]


@dataclass(slots=True, eq=False)
class ClassScope:
    """A class: the names its body binds, its bases, its methods.

    The bases are evaluated when somebody asks for them: they may lie in files of their own.

    Attributes:
        made: the calls that make objects of it, where its fields are what the constructor takes.
    """

    ref: ClassRef
    definition: Class
    module: ModuleScope
    names: dict[str, Value]
    find_bases: Callable[[], tuple[Value, ...]]
    methods: dict[str, FunctionId] = field(default_factory=dict)
    annotations: dict[str, Value] = field(default_factory=dict)
    decorators: tuple[Value, ...] = ()
    made: list[Call] = field(default_factory=list)
    _bases: tuple[Value, ...] | None = None

    @property
    def bases(self) -> tuple[Value, ...]:
        """What the class derives from."""
        if self._bases is None:
            self._bases = ()  # a class that derives from itself ends here
            self._bases = self.find_bases()
        return self._bases


@dataclass(slots=True, eq=False)
class ModuleScope:
    """A file of the project; ``distance`` counts the imports from a file that matters.

    ``attributes`` are those that are set in it, ``a.b.c``, by the variable that holds them.

    ``exports`` holds what it gives by name, and under None what it is for whoever imports it
    whole; in languages where every variable of a module can be imported, nothing. ``start`` is
    not 0 for a program in a string of the file.
    """

    path: str
    facts: Facts
    distance: int = 0
    names: dict[str, Value] = field(default_factory=dict)
    star_imports: list[str] = field(default_factory=list)
    attributes: dict[str, set[str]] = field(default_factory=dict)
    exports: dict[str | None, Value] = field(default_factory=dict)
    body: FunctionScope | None = None
    state: str = "new"
    start: int = 0

    @property
    def is_script(self) -> bool:
        """Whether it is JavaScript."""
        return self.facts.language == "javascript"

    @property
    def variables(self) -> frozenset[str]:
        """Its variables that functions may set at any time."""
        last = self.facts.body[-1:]
        return frozenset(name for end in last if isinstance(end, facts.Scope) for name in end.names)
