"""Where a walk through a function stands: its variables, and the branch it is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.source import Place
from jwtaudit.values import Arm, Value, join

if TYPE_CHECKING:
    from jwtaudit.program.scopes import FunctionScope


@dataclass(slots=True)
class Frame:
    """One activation of the walk: where names are looked up and events are noted."""

    scope: FunctionScope
    names: dict[str, Value]
    path: tuple[Arm, ...] = ()
    outer_names: set[str] = field(default_factory=set)
    jumps: list[list[dict[str, Value]]] = field(default_factory=list)
    dead: bool = False

    @property
    def file(self) -> str:
        """The path of the file that is being read."""
        return self.scope.id.path

    @property
    def is_script(self) -> bool:
        """Whether the file is JavaScript."""
        return self.scope.module.is_script

    def place(self, node: f.Statement | f.Expression | f.Handler) -> Place:
        """Where a node of the file stands."""
        return Place(self.file, node.span)

    def swap(self, names: dict[str, Value]) -> None:
        """Replace the variables in place: a module, a class and closures hold the same table."""
        new = dict(names)  # may be the table itself
        self.names.clear()
        self.names.update(new)

    def forget(self, name: str) -> None:
        """Drop what is known of the attributes of a variable."""
        prefix = name + "."
        for key in self.scope.module.attributes.get(name.partition(".")[0], ()):
            if key.startswith(prefix):
                self.names.pop(key, None)

    def keep(self, dotted: str, value: Value) -> None:
        """Note what an attribute of a variable is: ``settings.key``."""
        self.scope.module.attributes.setdefault(dotted.partition(".")[0], set()).add(dotted)
        self.names[dotted] = value

    def bind(self, name: str, value: Value) -> None:
        """Give a variable its value, in the scope where it is declared."""
        if name in self.outer_names:
            for names in (*self.scope.closures, self.scope.module.names):
                if name in names:
                    names[name] = join(names[name], value)
                    return
            self.scope.module.names[name] = value
            return
        self.names[name] = value


def dotted_name(node: f.Expression) -> str | None:
    """``a.b.c`` of names alone, as text."""
    parts: list[str] = []
    while isinstance(node, f.Attribute):
        parts.append(node.name)
        node = node.object
    if not isinstance(node, f.Name):
        return None
    parts.append(node.id)
    return ".".join(reversed(parts))
