"""Keys of the wrong kind, or too short for theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_test
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.key_drafts import confidence_of, key_draft, versioned, written
from jwtaudit.program.key_material import (
    as_text,
    is_asymmetric,
    is_hmac,
    is_path,
    is_public,
    made_of,
    text_of,
)
from jwtaudit.repair import Repair, Replace
from jwtaudit.values import Const, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project

_RSA_BITS = 2048


@check("key-material-mismatch")
def key_material_mismatch(project: Project) -> Iterator[Draft]:
    """The key is something public: a path, or a public key taken as a shared secret."""
    for use, source in made_of(project):
        text = text_of(source.value)
        if not text or source.imported or source.derived or use.site is None:
            continue
        shown = as_text(text).strip()
        place = source.value.place
        if is_path(shown) and not is_asymmetric(use):
            yield key_draft(
                project,
                use,
                source,
                f"The path itself is the key: {use.library.title} does not read the file, so"
                " whoever guesses the file's name can mint tokens for any user",
                f"Read the file and give its content: `{written(use, 'file-content')}`.",
                Confidence.HIGH if is_hmac(use) else Confidence.MEDIUM,
                secrets=(place,) if place is not None else (),
            )
        elif is_public(shown) and is_hmac(use) and use.semantic("hs-with-pem") == "accept":
            yield key_draft(
                project,
                use,
                source,
                f"A public key is the shared secret, and {versioned(use)} takes it: whoever knows"
                " the public key can mint tokens for any user",
                "Use the algorithm that the key is for (RS256, ES256), and only that.",
                Confidence.HIGH,
            )


@check("weak-asymmetric-key")
def weak_asymmetric_key(project: Project) -> Iterator[Draft]:
    """An RSA key is made too short."""
    signing = {
        source.value.call.place: use
        for use, source in made_of(project)
        if isinstance(source.value, Outcome)
    }
    for site in project.sites("key-generate"):
        size, kind = site.argument("size"), site.argument("kind")
        if is_test(site.place.path) or site.place.path not in project.facts:
            continue
        if not (isinstance(size, Const) and type(size.value) is int):
            continue
        rsa = isinstance(kind, Const) and str(kind.value).upper().startswith("RSA")
        if not rsa or size.value >= _RSA_BITS:
            continue
        use = signing.get(site.place)
        flows = use is not None
        yield Draft(
            rule="",
            place=site.place,
            message=f"An RSA key of {size.value} bits is made: it can be factored with enough"
            " effort, and whoever does so mints tokens for any user",
            confidence=confidence_of(project, site.place, ()) if flows else Confidence.MEDIUM,
            trace=()
            if use is None
            else (
                (site.place, "made here"),
                (use.place, f"{use.library.title} {use.verb} with it"),
            ),
            advice="Make RSA keys of at least 2048 bits (3072 for keys that are to last).",
            anchor=enclosing(project, site.place),
            repair=Repair("Make a key of 3072 bits", Replace(size.place, 3072))
            if size.place
            else None,
        )
