"""Whether a project's calls still mean the same with another version of a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.values import Absent, Outcome

if TYPE_CHECKING:
    from packaging.version import Version

    from jwtaudit.models import Model
    from jwtaudit.program.project import Project
    from jwtaudit.values import Call


def breaks(project: Project, package: str, version: Version) -> bool:
    """Whether a call would be refused, or its arguments be taken for others, in that version."""
    for call in project.calls:
        model = project.model_of(call)
        if model is not None and model.library.package == package:
            new = project.models.select(project.models.named(model.name), version)
            if new is not None and (
                _moved(call, model, new) or _refused(project, call, model, version)
            ):
                return True
        elif call.name.endswith(".decode") and isinstance(call.receiver, Outcome):
            made = project.model_of(call.receiver.call)
            if made is None or made.role != "sign" or made.library.package != package:
                continue
            if made.library.semantic("token-type", version) == "text":
                return True  # a text has no decode()
    return False


def _moved(call: Call, old: Model, new: Model) -> bool:
    """Whether an argument is another parameter's then, or nobody's."""
    for argument, before, after in zip(
        call.arguments, old.parameters, new.parameters, strict=False
    ):
        if argument.name or argument.spread:
            break
        known = before in new.parameters or after in old.parameters
        if before != after and known:
            return True
    return not new.open and any(
        a.name and a.name in old.parameters and a.name not in new.parameters for a in call.arguments
    )


def _refused(project: Project, call: Call, model: Model, version: Version) -> bool:
    from jwtaudit.program.sites import Site  # noqa: PLC0415 - the two know each other

    site = Site(project, call, model)
    return (
        model.role == "verify"
        and isinstance(site.argument("algorithms"), Absent)
        and site.semantic("algorithms-missing") != "error"
        and model.library.semantic("algorithms-missing", version) == "error"
    )
