"""Which library, in which version, a call belongs to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from jwtaudit.facts import Import, Literal
from jwtaudit.models import SCRIPT
from jwtaudit.program.arguments import given, is_written_so
from jwtaudit.program.nodes import nodes
from jwtaudit.values import Absent, Call, Table, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.version import Version

    from jwtaudit.models import Library, Model
    from jwtaudit.program.project import Project


class Recognition:
    """Tells the library models of a project's calls."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._found: dict[Call, Model | None] = {}

    def version(self, library: Library, path: str) -> Version | None:
        """The version of a library that the project uses at a file; None if it is not told."""
        pin = self.project.dependencies.version(library, path)
        return None if pin is None else pin.version

    def model_of(self, call: Call) -> Model | None:
        """The library model of a call, in the version that the project uses."""
        if not call.name or call.target is not None:
            return None
        if call not in self._found:  # every rule asks
            self._found[call] = self._model_of(call)
        return self._found[call]

    def forget(self, call: Call) -> None:
        """Ask anew what a call is: its name has changed."""
        self._found.pop(call, None)

    def _model_of(self, call: Call) -> Model | None:
        candidates = self.project.models.named(call.name)
        if not candidates:
            return None
        library = candidates[0].library
        if any(model.library is not library for model in candidates):  # what is called alike
            candidates = self._of_one_library(call, candidates)
            library = candidates[0].library
        version = self.version(library, call.place.path)
        if version is None:
            if self._is_another(call, candidates[0]):
                return None
            for model in candidates:
                if model.written_with and is_written_so(call, model):
                    return model
        return self.project.models.select(
            candidates,
            version,
            lambda model, meaning: self._has(call, model, meaning),
        )

    def _of_one_library(self, call: Call, candidates: Sequence[Model]) -> list[Model]:
        """The models of the first library that the project has, of several that are alike."""
        here = [model for model in candidates if not self._is_another(call, model)] or candidates
        named = (m.library for m in here if not self._named_modules.isdisjoint(m.library.roots))
        library = next(named, here[0].library)
        return [model for model in candidates if model.library is library]

    @cached_property
    def _named_modules(self) -> frozenset[str]:
        """What scripts import, or ask for by its name."""
        found = (node for facts in self.project.facts.values() for node in nodes(facts.body))
        return frozenset(
            SCRIPT + (node.module if isinstance(node, Import) else str(node.value))
            for node in found
            if isinstance(node, (Import, Literal))
        )

    def _is_another(self, call: Call, model: Model) -> bool:
        """Whether a method only has the name of one that a library gives to others' objects."""
        if not model.name.startswith(f"{SCRIPT}*."):
            return False
        library = model.library
        token = (
            options(self.project.given(call, model, "token")) if "token" in model.meanings else ()
        )
        if token and all(isinstance(option, Table) for option in token):
            return True  # a function of one's own that takes options
        missing = self.project.dependencies.is_missing(library, call.place.path)
        return bool(library.package and missing)

    def _has(self, call: Call, model: Model, meaning: str) -> bool:
        """Whether a call gives what one of several forms of a function needs."""
        if meaning in model.inside:
            told = options(self.project.argument(call, model, model.inside[meaning].argument))
            return any(isinstance(option, Table) for option in told) and not isinstance(
                self.project.given(call, model, meaning), Absent
            )
        name = model.meanings.get(meaning, meaning)
        return given(call.arguments, model.parameters, name) is not None
