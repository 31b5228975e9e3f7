"""The check of links when a fact is posted: nobody is linked with itself. Stored facts are not checked again."""

from __future__ import annotations

from typing import Any

from domain.facts import centre, hub
from domain.record import Entry, Refused
from domain.registry import EntryCorrected


def check_links(entry: Entry[Any]) -> None:
    """Raises Refused when the fact, or what a correction restates, names its own centre as the other."""
    path, fact = "$.data.", entry.fact
    if isinstance(fact, EntryCorrected):
        path, fact = "$.data.data.", fact.data
    match fact:
        case hub.HubLinked(other_centre=other):
            field, others = "other_centre", (other,)
        case centre.CentreActivityHeld(others=others):
            field = "others"
        case (
            centre.CentreLinked(other=other)
            | centre.CentreLinkConfirmed(other=other)
            | centre.CentreLinkDeclined(other=other)
            | centre.CentreUnlinked(other=other)
        ):
            field, others = "other", (other,)
        case _:
            return
    if entry.stream.partition(":")[2] in map(centre.key_of, others):
        raise Refused(
            "link.itself", f"{field} names the centre itself; name the other centre", path=f"{path}{field}", field=field
        )
