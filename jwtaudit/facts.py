"""Facts: what a front end extracts from one file, in a language-neutral form.

A file becomes a small tree of statements and expressions: enough to follow names, values and
calls, and nothing else. Facts are picklable, hold no parser object, and are a pure function of
the file's bytes. Every node carries its span.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from typing import Literal as OneOf

if TYPE_CHECKING:
    from jwtaudit.source import Span

FACTS_VERSION = 1

Scalar: TypeAlias = str | bytes | int | float | bool | None


# -- expressions ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Literal:
    """A constant. ``value`` is the language's value; ``None`` stands for None and null."""

    span: Span
    value: Scalar


@dataclass(slots=True)
class Name:
    """A read of a variable (or, as a target, its binding)."""

    span: Span
    id: str


@dataclass(slots=True)
class Attribute:
    """``object.name``; ``optional`` where it is nothing if the object is (``object?.name``)."""

    span: Span
    object: Expression
    name: str
    optional: bool = False


@dataclass(slots=True)
class Item:
    """``object[key]``."""

    span: Span
    object: Expression
    key: Expression


@dataclass(slots=True)
class Argument:
    """One argument of a call: positional, named, or spread (``*x`` is 1, ``**x`` is 2)."""

    value: Expression
    name: str | None = None
    spread: int = 0


@dataclass(slots=True)
class Call:
    """``function(arguments)``."""

    span: Span
    function: Expression
    arguments: tuple[Argument, ...]


@dataclass(slots=True)
class Elements:
    """A list, tuple or set display; an element may be a ``Spread``."""

    span: Span
    items: tuple[Expression, ...]


@dataclass(slots=True)
class Mapping:
    """A dict display; a key of ``None`` marks a spread (``**value``).

    As a target it unpacks a mapping by its keys.
    """

    span: Span
    entries: tuple[tuple[Expression | None, Expression], ...]


@dataclass(slots=True)
class Spread:
    """``*value`` inside a display, or a starred target."""

    span: Span
    value: Expression


@dataclass(slots=True)
class Binary:
    """An arithmetic or bitwise operation; ``operator`` is its usual sign."""

    span: Span
    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True)
class Logical:
    """``and``, ``or`` or ``??``."""

    span: Span
    operator: OneOf["and", "or", "??"]
    left: Expression
    right: Expression


@dataclass(slots=True)
class Unary:
    """``not``, ``-``, ``+`` or ``~``."""

    span: Span
    operator: str
    operand: Expression


@dataclass(slots=True)
class Compare:
    """One comparison; a chain is the ``and`` of its links."""

    span: Span
    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True)
class Choice:
    """``then if test else otherwise``."""

    span: Span
    test: Expression
    then: Expression
    otherwise: Expression


@dataclass(slots=True)
class Text:
    """An interpolated string: literal parts and expressions, in order."""

    span: Span
    parts: tuple[Expression, ...]


@dataclass(slots=True)
class Await:
    """``await value``."""

    span: Span
    value: Expression


@dataclass(slots=True)
class Bind:
    """An assignment used as an expression (``name := value``).

    Inside a target it is a default: what ``target`` gets when nothing is there to be unpacked.
    """

    span: Span
    target: Expression
    value: Expression


@dataclass(slots=True)
class Comprehension:
    """A comprehension; ``key`` is set for a mapping."""

    span: Span
    element: Expression
    key: Expression | None
    loops: tuple[tuple[Expression, Expression, tuple[Expression, ...]], ...]


@dataclass(slots=True)
class Closure:
    """A lambda or function expression."""

    span: Span
    function: Function


@dataclass(slots=True)
class Opaque:
    """Anything else; its parts are still looked at for calls."""

    span: Span
    parts: tuple[Expression, ...] = ()


Expression: TypeAlias = (
    Literal
    | Name
    | Attribute
    | Item
    | Call
    | Elements
    | Mapping
    | Spread
    | Binary
    | Logical
    | Unary
    | Compare
    | Choice
    | Text
    | Await
    | Bind
    | Comprehension
    | Closure
    | Opaque
)


# -- statements ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Assign:
    """``target = value``; ``operator`` is set for ``target += value``.

    ``annotation`` is the declared type; ``value`` is absent for a bare declaration.
    """

    span: Span
    targets: tuple[Expression, ...]
    value: Expression | None
    operator: str | None = None
    annotation: Expression | None = None


@dataclass(slots=True)
class Delete:
    """``del target``."""

    span: Span
    target: Expression


@dataclass(slots=True)
class Evaluate:
    """An expression statement."""

    span: Span
    value: Expression


@dataclass(slots=True)
class Return:
    """``return value``; ``kind`` tells a ``yield`` apart."""

    span: Span
    value: Expression | None
    kind: OneOf["return", "yield"] = "return"


@dataclass(slots=True)
class Raise:
    """``raise value``."""

    span: Span
    value: Expression | None


@dataclass(slots=True)
class Jump:
    """``break``, ``continue`` or ``pass``."""

    span: Span
    kind: str


@dataclass(slots=True)
class Assert:
    """``assert test``."""

    span: Span
    test: Expression


@dataclass(slots=True)
class If:
    """A branch."""

    span: Span
    test: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@dataclass(slots=True)
class Loop:
    """A loop; ``target``/``iterable`` for a for, ``test`` for a while."""

    span: Span
    target: Expression | None
    iterable: Expression | None
    test: Expression | None
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@dataclass(slots=True)
class Handler:
    """One ``except``; no types means that it catches everything."""

    span: Span
    types: tuple[Expression, ...]
    name: str | None
    body: tuple[Statement, ...]


@dataclass(slots=True)
class Try:
    """``try`` with its handlers."""

    span: Span
    body: tuple[Statement, ...]
    handlers: tuple[Handler, ...]
    otherwise: tuple[Statement, ...]
    final: tuple[Statement, ...]


@dataclass(slots=True)
class With:
    """A context manager: ``items`` are (expression, target)."""

    span: Span
    items: tuple[tuple[Expression, Expression | None], ...]
    body: tuple[Statement, ...]


@dataclass(slots=True)
class Parameter:
    """A parameter; ``kind`` is ``positional``, ``keyword``, ``rest`` (*args) or ``options``."""

    span: Span
    name: str
    default: Expression | None = None
    annotation: Expression | None = None
    kind: OneOf["positional", "keyword", "rest", "options"] = "positional"


@dataclass(slots=True)
class Function:
    """A function definition; ``header`` is the span of its first line(s) up to the body.

    An ``omitted`` body was left out as it did not seem to matter; the whole file has it.
    ``kind`` tells the methods of a class that are no plain ones, where the language says it
    without a decorator, and the methods of a mapping. A constructor is called ``__init__`` in
    every language.
    """

    span: Span
    header: Span
    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    decorators: tuple[Expression, ...] = ()
    is_async: bool = False
    returns: Expression | None = None
    omitted: bool = False
    kind: OneOf["", "static", "getter", "method"] = ""


@dataclass(slots=True)
class Class:
    """A class definition."""

    span: Span
    header: Span
    name: str
    bases: tuple[Argument, ...]
    body: tuple[Statement, ...]
    decorators: tuple[Expression, ...] = ()


@dataclass(slots=True)
class Import:
    """``import module as alias`` or ``from module import name as alias``.

    ``name`` is None for a whole module, ``"*"`` for everything; ``level`` counts leading dots.
    For a plain ``import a.b`` the alias is the first part and ``bound`` is False.
    """

    span: Span
    module: str
    name: str | None
    alias: str
    level: int = 0
    bound: bool = True


@dataclass(slots=True)
class Export:
    """What a module gives under a name; with no name, what it is for whoever imports it whole."""

    span: Span
    name: str | None
    value: Expression


@dataclass(slots=True)
class Scope:
    """``global`` or ``nonlocal`` names; at the end of a module those that others may set."""

    span: Span
    names: tuple[str, ...]


Statement: TypeAlias = (
    Assign
    | Delete
    | Evaluate
    | Return
    | Raise
    | Jump
    | Assert
    | If
    | Loop
    | Try
    | With
    | Function
    | Class
    | Import
    | Export
    | Scope
)


# -- a file --------------------------------------------------------------------------------------


@dataclass(slots=True)
class TextFact:
    """A string literal (or a whole document) that rules may want to read as text.

    Attributes:
        span: the literal, quotes included.
        text: its value, adjacent and concatenated literals joined.
        docstring: whether it is documentation and never a value.
        raw: whether ``text`` is the file's own text from ``span.start + offset`` on, so that
            positions inside it can be told.
        offset: where the text begins behind ``span.start``.
    """

    span: Span
    text: str
    docstring: bool = False
    raw: bool = True
    offset: int = 0


@dataclass(slots=True)
class Comment:
    """A comment that speaks to jwtaudit, marker included."""

    span: Span
    text: str


@dataclass(slots=True)
class Facts:
    """Everything that a front end found in one file.

    Attributes:
        path: relative to the scan root, with forward slashes.
        language: ``python``, ``javascript`` ...
        body: the module's statements.
        texts: the string literals that hold a needle of the text rules.
        comments: the comments that mention jwtaudit.
        relevant: False for a file that was not parsed, as it cannot matter by itself.
        damaged: the line (from 1) from which on something could not be understood and was left
            out; 0 when everything was.
        scripts: what the programs in its strings hold; their spans are spans of this file.
    """

    path: str
    language: str
    body: tuple[Statement, ...] = ()
    texts: tuple[TextFact, ...] = ()
    comments: tuple[Comment, ...] = ()
    relevant: bool = True
    damaged: int = 0
    scripts: tuple[Facts, ...] = ()
    version: int = field(default=FACTS_VERSION)
