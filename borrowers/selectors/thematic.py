"""Reads of thematic lists: who is on them on a day, who would be by the rule, what is known of one enterprise.

Source: issue of borrowers (thematic lists).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from borrowers.domain.industry import section_of
from borrowers.domain.thematic import (
    ACTIVE,
    INDIVIDUAL,
    Condition,
    IndustryCondition,
    ListDeclaration,
    RecordCondition,
)
from borrowers.models import CreditRecord, Enterprise, ListMembership, ThematicList
from borrowers.policies import visible_lists, visible_memberships
from marketplace.domain.errors import NotFound
from marketplace.domain.thematic import ListKind
from marketplace.policies import Reader
from marketplace.statements import Question, Statement

NOBODY = -1
"""Place of an enterprise that meets no condition."""


@dataclass(frozen=True)
class KnownLists:
    """On which lists an enterprise is; None where not every list of the group was looked at yet.

    Attributes:
        chains: codes of the kind ``CHAIN``, in the order of the declaration.
        themes: codes of all others.
    """

    chains: tuple[str, ...] | None = None
    themes: tuple[str, ...] | None = None


def members_at(day: date) -> QuerySet[ListMembership]:
    """Return who is on which list on a day; an enterprise may be on one by its rule and by a sheet."""
    return ListMembership.objects.filter(
        Q(until_date=None) | Q(until_date__gt=day), from_date__lte=day
    )


def lists_known(enterprise: Enterprise, day: date) -> KnownLists:
    """Return on which lists an enterprise is on a day, and which groups were looked at whole.

    Queries: one.
    """
    rows = lists_known_question(enterprise, day).rows()
    chains = [row for row in rows if row[0] == ListKind.CHAIN]
    themes = [row for row in rows if row[0] != ListKind.CHAIN]
    return KnownLists(_codes(chains, day), _codes(themes, day))


def lists_known_question(enterprise: Enterprise, day: date) -> Question[_Looked]:
    """Return what ``lists_known`` asks, to be asked together with others."""
    return _LISTS_KNOWN.question(enterprise=enterprise.pk, day=day)


_Looked = tuple[str, str, date | None, bool]
"""Kind and code of a list, since when it was looked at whole, whether the enterprise is on it."""


def _lists_known(enterprise: int, day: date) -> QuerySet[ThematicList, _Looked]:
    on = members_at(day).filter(thematic_list=OuterRef("pk"), enterprise=enterprise)
    told = ThematicList.objects.annotate(is_on=Exists(on)).order_by("pk")
    return told.values_list("kind", "code", "filled_from", "is_on")


_LISTS_KNOWN = Statement(_lists_known)


def lists_of(user: Reader, enterprise: Enterprise, day: date) -> list[ListMembership]:
    """Return by what an enterprise is on which lists on a day, for a reader of its register facts. Queries: one."""
    found = visible_memberships(user) & members_at(day).filter(enterprise=enterprise)
    return list(found.select_related("thematic_list", "batch").order_by("thematic_list"))


def enterprises_on(codes: Collection[str], day: date) -> Exists:
    """Return the condition, on rows of enterprises, of being on one of some lists on a day."""
    return Exists(
        members_at(day).filter(thematic_list__code__in=list(codes), enterprise=OuterRef("pk"))
    )


def thematic_lists(user: Reader, day: date) -> list[tuple[ThematicList, int]]:
    """Return the lists with how many enterprises are on each on a day. Queries: two."""
    counts = dict(
        members_at(day)
        .order_by()
        .values_list("thematic_list")
        .annotate(enterprises=Count("enterprise", distinct=True))
    )
    return [(row, counts.get(row.pk, 0)) for row in visible_lists(user)]


def thematic_get(user: Reader, code: str) -> ThematicList:
    """Return one list.

    Raises:
        NotFound: there is none of that code for this reader.

    Queries: one.
    """
    found = visible_lists(user).filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def thematic_members(
    user: Reader, row: ThematicList, day: date, *, with_ended: bool = False
) -> QuerySet[ListMembership]:
    """Return who is on a list on a day, or everybody who ever was; not ordered."""
    found = ListMembership.objects.filter(thematic_list__in=visible_lists(user), thematic_list=row)
    if not with_ended:
        found = found & members_at(day)
    return found.select_related("enterprise__district", "batch")


def thematic_members_once(user: Reader, row: ThematicList, day: date) -> QuerySet[ListMembership]:
    """Return who is on a list on a day, an enterprise once however many grounds it has; not ordered.

    The row is that of the ground entered first; `thematic_grounds` gives all.
    """
    earlier = members_at(day).filter(
        thematic_list=row, enterprise=OuterRef("enterprise"), pk__lt=OuterRef("pk")
    )
    return thematic_members(user, row, day).filter(~Exists(earlier))


def thematic_grounds(
    user: Reader, row: ThematicList, enterprises: Collection[int], day: date
) -> dict[int, list[ListMembership]]:
    """Return by what each of some enterprises is on a list on a day, the first entered first. Queries: one."""
    found: dict[int, list[ListMembership]] = {}
    for one in thematic_members(user, row, day).filter(enterprise__in=enterprises).order_by("pk"):
        found.setdefault(one.enterprise_id, []).append(one)
    return found


def members_by_rule(declaration: ListDeclaration, day: date) -> QuerySet[Enterprise]:
    """Return the enterprises on a list by its rule on a day, as `membership` says of each.

    Returns:
        Enterprises annotated with ``place``, that of the first condition they meet.
    """
    meets = [
        When(_met(one, day), then=Value(place)) for place, one in enumerate(declaration.conditions)
    ]
    found = Enterprise.objects.filter(status=ACTIVE).exclude(entity_type=INDIVIDUAL)
    if not meets:
        return found.none()
    place = Case(*meets, default=Value(NOBODY), output_field=IntegerField())
    return found.annotate(place=place).filter(place__gt=NOBODY).order_by("pk")


def _codes(rows: Sequence[_Looked], day: date) -> tuple[str, ...] | None:
    looked = [since for _, _, since, _ in rows if since is not None and since <= day]
    if not rows or len(looked) < len(rows):
        return None
    return tuple(code for _, code, _, is_on in rows if is_on)


def _met(condition: Condition, day: date) -> Q | Exists:
    if isinstance(condition, IndustryCondition):
        found = Q(pk__in=[])
        for prefix in condition.prefixes:
            for start in (prefix, f"{section_of(prefix[:2]) or ''}{prefix}"):
                found |= Q(industry_code__startswith=start)
        return found
    return Exists(_records(condition, day))


def _records(condition: RecordCondition, day: date) -> QuerySet[CreditRecord]:
    nothing = Value("", output_field=TextField())
    end = Coalesce(KT(f"payload__{condition.end_field}"), nothing)
    stands = Q(end="") | (
        Q(end__gte=day.isoformat()) if condition.counts_on_end else Q(end__gt=day.isoformat())
    )
    return (
        CreditRecord.objects.filter(
            enterprise=OuterRef("pk"), item__code=condition.item, superseded_at=None
        )
        .annotate(kept=Coalesce(KT(f"payload__{condition.field}"), nothing), end=end)
        .filter(stands, kept__in=condition.options)
    )
