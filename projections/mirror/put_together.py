"""The evidence of an indicator put together (pre-aggregated) by hub and half-year, so that figures of more than one hub
need not read all of it again for each level.

Which rows may be put together depends on the indicator's amounts: sums are sums of sums, what is counted once is kept
apart by its key. A figure is the same as over the rows themselves; for an aggregate not known here, those are used.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from projections.definitions import Indicator

APART = {
    "each_once(list(key), list(amount))": ("key", "amount"),
    "count(DISTINCT key)": ("key",),
    "diversity(list(country), list(amount))": ("country",),
    "ratio(list(amount), list(against))": ("amount IS NULL",),
}
"""The columns that keep rows apart, for functions that look at each of these one by one."""

ADDED = {
    "avg(amount)": "(sum(amount)::DOUBLE / sum(with_amount))",
    "sum(amount)": "sum(amount)",
    "sum(against)": "sum(against)",
    "count(*)": "sum(entries)",
    "each_once(list(key), list(amount))": "list_sum([it.amount for it in list(DISTINCT {key: key, amount: amount})])",
}
"""How an aggregate is computed over rows put together."""

_KNOWN = re.compile("|".join(re.escape(it) for it in (*APART, *ADDED)))
_COLUMN = re.compile(r"\b(amount|against|key|country|field|hub|period|position|occurred_at)\b|\*\)")


class PutTogether(NamedTuple):
    """Rows with `hub` and `period`, and the columns of a figure over them, as `Indicator.all_columns` has them."""

    rows: str
    columns: str


def sums_up(it: Indicator) -> bool:
    """Whether its rows put together are one for each hub and half-year."""
    return not any(call in it.aggregate for call in APART) and not _COLUMN.search(_KNOWN.sub("", it.aggregate))


def put_together(it: Indicator, evidence: str, figures: str | None = None) -> PutTogether:
    """`evidence` is a table or a query in brackets; `figures` are those of all its hubs, if they exist already."""
    if figures and it.aggregate == "median(amount)" and not it.in_money:
        return _around_medians(it, evidence, figures)
    if _COLUMN.search(_KNOWN.sub("", it.aggregate)):
        return PutTogether(evidence, it.all_columns)
    apart = [key for call, keys in APART.items() if call in it.aggregate for key in keys]
    kept = [key for key in apart if key.isidentifier()]
    sums = [name for name in ("amount", "against") if name not in kept and (name == "amount" or it.uses(name))]
    counts = {"with_amount": "amount IS NOT NULL", "missing": it.missing}
    if it.in_money:
        counts["earlier_rate"] = "rate_age > 0"
    columns = [
        *("hub", "period", *kept),
        *(f"sum({name}) AS {name}" for name in sums),
        "count(*) AS entries",
        *(f"count(*) FILTER ({condition}) AS {name}" for name, condition in counts.items()),
        *(["list(DISTINCT rate_set) FILTER (rate_set IS NOT NULL) AS rate_sets"] if it.in_money else []),
    ]
    value = _KNOWN.sub(lambda call: ADDED.get(call[0], call[0]), it.aggregate)
    counted = "count(DISTINCT key)" if it.counts_once else "sum(entries)::BIGINT"
    rates = it.rate_columns
    if it.in_money:
        sets = "coalesce(list_sort(list_distinct(flatten(list(rate_sets)))), [])"
        rates = f"sum(earlier_rate)::BIGINT AS earlier_rate, {sets} AS rate_sets"
    return PutTogether(
        f"(SELECT {', '.join(columns)} FROM {evidence} GROUP BY {', '.join(('hub', 'period', *apart))})",
        f"({value})::DOUBLE AS value, {counted} AS evidence, sum(missing)::BIGINT AS missing, {rates}",
    )


def _around_medians(it: Indicator, evidence: str, figures: str) -> PutTogether:
    """The median of several hubs lies between the smallest and largest of their medians, or between one of those and
    the amount next to it. So amounts further out are only counted: an equal number on both sides does not move the
    median, and any amount from a side can represent the rest of it.
    """
    bounds = (
        f"SELECT period, min(value) AS least, max(value) AS most FROM {figures} WHERE code = '{it.code}' GROUP BY ALL"
    )
    counts = {"missing": it.missing, "below": "amount < least", "above": "amount > most"}
    columns = [
        *("hub", "evidence.period AS period", "count(*) AS entries"),
        *(f"count(*) FILTER ({condition}) AS {name}" for name, condition in counts.items()),
        "max(amount) FILTER (amount < least) AS under",
        "list(amount) FILTER (amount BETWEEN least AND most) AS inner_",
        "min(amount) FILTER (amount > most) AS over_",
    ]
    kept = "list_concat([max(under)], flatten(list(inner_)), [min(over_)])"
    more = "greatest(sum(below) - 1, 0) - greatest(sum(above) - 1, 0)"
    further = f"CASE WHEN {more} > 0 THEN max(under) ELSE min(over_) END"
    return PutTogether(
        f"(SELECT {', '.join(columns)} FROM {evidence} AS evidence LEFT JOIN ({bounds}) AS bounds "
        "ON bounds.period IS NOT DISTINCT FROM evidence.period GROUP BY hub, evidence.period)",
        f"list_median(list_resize({kept}, len({kept}) + abs({more}), {further}))::DOUBLE AS value, "
        f"sum(entries)::BIGINT AS evidence, sum(missing)::BIGINT AS missing, {it.rate_columns}",
    )
