"""Settings that the object which reads them is told of when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.values import Absent, Const, Outcome, Sequence, Setting, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place


def declared_with(project: Project, made: Outcome, name: str, place: Place) -> Setting | None:
    """A setting that has a default: ``Dynaconf(validators=[Validator("KEY", default="k")])``."""
    model = project.model_of(made.call)
    if model is None or model.role != "settings-object":
        return None
    for declaration in _given(made):
        declares = project.model_of(declaration.call)
        if declares is None or declares.role != "setting":
            continue
        said = project.argument(declaration.call, declares, "name")
        default = project.argument(declaration.call, declares, "default")
        if isinstance(said, Const) and said.value == name and not isinstance(default, Absent):
            return Setting(name, default, place=place)
    return None


def _given(made: Outcome) -> Iterator[Outcome]:
    for argument in made.call.arguments:
        for option in options(argument.value):
            for item in option.items if isinstance(option, Sequence) else (option,):
                if isinstance(item, Outcome):
                    yield item
