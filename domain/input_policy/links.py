"""The check of links when a fact is posted: nothing is linked with itself, merged into itself or referred to the hub
that has it. Stored facts are not checked again."""

from __future__ import annotations

from typing import Any

from domain import merging
from domain.facts import centre, helpdesk, hub, partner, project
from domain.record import Entry, Refused
from domain.registry import EntryCorrected


def check_links(entry: Entry[Any]) -> None:
    """Raises Refused when the fact, or what a correction restates, names its own centre as the other, in whatever
    letters, its own project as the one that follows, its own case or partner as what it is merged into, or the hub that
    has a case as whom it is referred to."""
    path, fact = "$.data.", entry.fact
    if isinstance(fact, EntryCorrected):
        path, fact = "$.data.data.", fact.data
    match fact:
        case helpdesk.CaseReferred(body=body):
            if entry.hub and merging.key_of(body).casefold() == entry.hub.casefold():
                raise Refused("link.itself", "hub", path=f"{path}body", field="body")
            return
        case project.FollowOnLinked(project=following):
            field, others = "project", (following,)
        case helpdesk.CaseMerged(into=into) | partner.PartnerIdentityMerged(into=into):
            field, others = "into", (into,)
        case hub.HubLinked(other_centre=other):
            field, others = "other_centre", (other,)
        case centre.CentreActivityHeld(others=others):
            field = "others"
        case (
            centre.CentreLinked(other=other)
            | centre.CentreLinkConfirmed(other=other)
            | centre.CentreLinkDeclined(other=other)
            | centre.CentreUnlinked(other=other)
            | centre.CentreActivityDeclined(other=other)
        ):
            field, others = "other", (other,)
        case _:
            return
    kind, _, key = entry.stream.partition(":")
    if kind in ("case", "partner", "project"):
        if key == merging.key_of(others[0]):
            raise Refused("link.itself", kind, path=f"{path}{field}", field=field)
    elif key.casefold() in (merging.key_of(it).casefold() for it in others):
        raise Refused("link.itself", "centre", path=f"{path}{field}", field=field)
