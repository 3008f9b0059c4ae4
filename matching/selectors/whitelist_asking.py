"""Who in a district wants finance, and what the gates ask of each, as statements over the whole district.

The same as `matching.selectors.whitelist_candidates` gathers for hundreds, written so that the database can put it
together for any number without an enterprise passing through Python.

Source: domain note 2.2, 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    F,
    IntegerField,
    QuerySet,
    Value,
    When,
    Window,
)
from django.db.models.functions import (
    Cast,
    ExtractDay,
    ExtractMonth,
    ExtractYear,
    RowNumber,
    TruncDate,
)

from borrowers.models import Enterprise
from borrowers.selectors.thematic import enterprises_on
from marketplace.domain.workdays import BEIJING
from matching.selectors.whitelist_candidates import (
    ListKnowledge,
    demands_open,
    statements_counting,
)

SAID_ON_PLATFORM = ("enterprise_id", "said_on", "amount_yuan", "term_months", "purpose")
"""Columns of `needs_latest`; `statements_latest` gives three more: street, sealed contact, and whether it was a yes."""

FACTS = (
    "pk",
    "uscc",
    "name",
    "industry_section",
    "status",
    "size_class",
    "established_date",
    "age_key",
)
"""Columns of `facts_registered`."""


def enterprises_narrowed(
    district: str, day: date, *, sectors: Sequence[str] = (), lists: Sequence[str] = ()
) -> QuerySet[Enterprise]:
    """Return the district's enterprises of some sectors and thematic lists.

    Args:
        district: code.
        day: on which an enterprise is on a list.
        sectors: section letters; empty for all.
        lists: codes of thematic lists, of which an enterprise is on one; empty for all.
    """
    found = Enterprise.objects.filter(district=district).order_by()
    if lists:
        found = found.filter(enterprises_on(lists, day))
    return found.filter(industry_section__in=list(sectors)) if sectors else found


def needs_latest(district: str, known: ListKnowledge) -> QuerySet[Any, Any]:
    """Return what the district's enterprises with an open need said in the latest, in columns `SAID_ON_PLATFORM`."""
    place = Window(
        RowNumber(),
        partition_by=F("enterprise_id"),
        order_by=[F("published_at").desc(), F("pk").desc()],
    )
    return (
        demands_open(known.at)
        .filter(enterprise__district=district)
        .annotate(place=place, said_on=TruncDate("published_at", tzinfo=BEIJING))
        .filter(place=1)
        .order_by()
        .values_list(*SAID_ON_PLATFORM)
    )


def statements_latest(district: str, known: ListKnowledge) -> QuerySet[Any, Any]:
    """Return what enterprises said in the district's latest uploads that still count, the contact still sealed.

    Enterprises that moved to another district since are among them.
    """
    place = Window(
        RowNumber(),
        partition_by=F("enterprise_id"),
        order_by=[F("willing_date").desc(), F("pk").desc()],
    )
    return (
        statements_counting(district, known)
        .filter(enterprise__isnull=False)
        .annotate(place=place, said_on=F("willing_date"))
        .filter(place=1)
        .order_by()
        .values_list(*SAID_ON_PLATFORM, "street", "contact", "is_willing")
    )


def facts_registered(enterprises: QuerySet[Enterprise], day: date) -> QuerySet[Any, Any]:
    """Return what the gates read of the register, in the columns `FACTS`.

    ``age_key`` is the same for dates of establishment that are the same number of whole months before ``day``.
    """
    return enterprises.annotate(age_key=Cast(_age_key(day), CharField())).values_list(*FACTS)


def _age_key(day: date) -> Case:
    """Count months, those begun later in the month than ``day`` one more; dates to come stand alone.

    On the last day of a month every month that is over counts as whole.
    """
    is_month_end = (day + timedelta(days=1)).day == 1
    month = ExtractYear("established_date") * 12 + ExtractMonth("established_date")
    coming = Value(0) - month * 100 - ExtractDay("established_date")
    return Case(
        When(established_date__gt=day, then=coming),
        When(established_date__day__gt=31 if is_month_end else day.day, then=month + 1),
        default=month,
        output_field=IntegerField(),
    )
