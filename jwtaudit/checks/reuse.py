"""Keys that serve for tokens and for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.handmade import handmade_keys, mac_key, macs
from jwtaudit.program.key_identity import identified
from jwtaudit.program.key_uses import key_uses
from jwtaudit.program.origins import steps
from jwtaudit.program.ties import are_one_program
from jwtaudit.values import ABSENT, Const, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.key_uses import KeyUse
    from jwtaudit.values import Call, Value


class _Other(NamedTuple):
    """A use of a key that has nothing to do with tokens."""

    key: Value
    call: Call
    does: str


@check("secret-reused-across-purposes")
def secret_reused_across_purposes(project: Project) -> Iterator[Draft]:
    """The key that signs tokens encrypts or signs other things, too."""
    signing: dict[object, KeyUse] = {}
    for use in key_uses(project):
        if use.site is not None or use.setting not in use.library.key_settings[1:]:
            for identity, source in identified(project, use.value):
                if not source.derived:
                    signing.setdefault(identity, use)
    told = set()
    for other in _others(project) if signing else ():
        for identity, source in identified(project, other.key):
            found = signing.get(identity)
            if found is None or source.salted or (identity, other.does) in told:
                continue
            if not are_one_program(project, found.place.path, other.call.place.path):
                continue
            told.add((identity, other.does))
            alike = _looked_up(project, other.key) == _looked_up(project, found.value)
            sure = alike and not source.derived
            place = other.call.place
            shown = is_demonstration(place.path, other.call.path)
            yield Draft(
                "",
                place,
                f"the key that signs tokens {other.does} here, too: who gets at it through the one"
                " has the other, and neither can be given a new key alone",
                Confidence.MEDIUM if sure and not shown else Confidence.LOW,
                trace=steps(source.value, place, f"{other.does} with it"),
                related=((found.place, f"{found.library.title} {found.verb} tokens with it"),),
                advice="Give each use a key of its own, or derive one for each from a common"
                " secret, with HKDF and a label.",
                anchor=enclosing(project, place),
            )
            break


def _looked_up(project: Project, key: Value) -> set[object]:
    """Everything that a key may be taken from, in the place of a literal."""
    return {i for i, source in identified(project, key) if not isinstance(source.value, Const)}


def _others(project: Project) -> Iterator[_Other]:
    for site in project.sites("keyed"):
        if not is_test(site.place.path):
            yield _Other(site.argument("key"), site.call, site.model.effect)
    tokens = {key.place for key in handmade_keys(project)}
    for call in macs(project):
        keyed = None if call.place in tokens else mac_key(project, call)
        if keyed is not None and not _is_labelled(project, call):
            yield _Other(keyed[0], call, "signs other data")


def _is_labelled(project: Project, call: Call) -> bool:
    """Whether what is signed begins with words of its own, as no token does."""
    model = project.model_of(call)
    first = ABSENT if model is None else project.argument(call, model, "value")
    while isinstance(first, Operation) and first.operands:
        first = first.operands[0]
    return isinstance(first, Const) and bool(first.value)
