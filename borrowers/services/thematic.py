"""Thematic lists entered as declared, and filled by their rules: a second run changes only what changed.

Source: issue of borrowers (thematic lists).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef

from borrowers.domain.thematic import ListDeclaration, declaration_on, declarations_on
from borrowers.models import ListMembership, ThematicList
from borrowers.policies import can_handle_data, require
from borrowers.selectors.thematic import members_by_rule
from marketplace.audit import audit_record
from marketplace.bulk import db_moment, insert_rows
from marketplace.domain.errors import NotFound, Refused
from marketplace.domain.workdays import local_date
from marketplace.models import User

CHUNK_ROWS = 5_000
INSERTED = (
    "public_id",
    "thematic_list",
    "enterprise",
    "origin",
    "from_date",
    "reason",
    "rule_version",
    "recorded_at",
)


@dataclass(frozen=True)
class RunResult:
    """What a run of a list's rule changed.

    Attributes:
        code: of the list.
        added, ended: memberships begun and ended on the day of the run.
        stayed: memberships by rule that it left as they were.
    """

    code: str
    added: int
    ended: int
    stayed: int


@transaction.atomic
def thematic_seed(*, actor: User | None, at: datetime) -> int:
    """Enter the declared lists; known ones are brought up to date, none is removed. Return how many changed.

    Writes: ``ThematicList``, audit ``borrowers.thematic.seed`` when anything changed.
    """
    if actor is not None:
        require(can_handle_data(actor))
    changed = sum(_entered(one) for one in declarations_on(local_date(at)))
    if changed:
        audit_record(
            action="borrowers.thematic.seed",
            subject_kind="ThematicList",
            subject_id="*",
            actor=actor,
            at=at,
            payload={"lists": changed},
        )
    return changed


@transaction.atomic
def thematic_run(*, code: str, actor: User | None, at: datetime) -> RunResult:
    """Bring a list in line with its rule on the day: memberships begin, memberships end, the others stay.

    What a sheet entered is left alone.

    Args:
        code: of the list.
        actor: an operator; None for the marketplace's own jobs.
        at: now, aware; the rule of its day in Beijing is asked.

    Raises:
        NotPermitted: the actor is no operator.
        NotFound: no such list.
        Refused: ``THEMATIC_NO_RULE``, only sheets fill the list.

    Writes: ``ListMembership`` (bulk), ``ThematicList``, audit ``borrowers.thematic.run``; locks the list.
    """
    row, day = list_locked(code, actor), local_date(at)
    declaration = declaration_on(code, day)
    if not declaration.conditions:
        raise Refused("THEMATIC_NO_RULE", "该专题库没有入库规则，只能上传名单。")
    wanted = members_by_rule(declaration, day)
    held = ListMembership.objects.filter(thematic_list=row, origin="RULE", until_date=None)
    gone = held.exclude(Exists(wanted.filter(pk=OuterRef("enterprise"))))
    ended = gone.update(until_date=day)
    stayed = held.count()
    new = wanted.exclude(Exists(held.filter(enterprise=OuterRef("pk"))))
    added = 0
    for chunk in _chunks([(one.pk, getattr(one, "place", 0)) for one in new.only("pk")]):
        insert_rows(ListMembership, INSERTED, _begun(row, declaration, chunk, day, at))
        added += len(chunk)
    list_checked(row, day, at)
    result = RunResult(code, added, ended, stayed)
    audit_record(
        action="borrowers.thematic.run",
        subject_kind="ThematicList",
        subject_id=code,
        actor=actor,
        at=at,
        payload={
            "added": added,
            "ended": ended,
            "stayed": stayed,
            "version": declaration.version,
        },
    )
    return result


def thematic_run_all(*, actor: User | None, at: datetime) -> list[RunResult]:
    """Enter the declared lists and bring each that has a rule in line with it, one transaction for each.

    Raises:
        NotPermitted: the actor is no operator.

    Writes: as `thematic_seed` and `thematic_run`.
    """
    thematic_seed(actor=actor, at=at)
    return [
        thematic_run(code=one.code, actor=actor, at=at)
        for one in declarations_on(local_date(at))
        if one.conditions
    ]


def list_locked(code: str, actor: User | None) -> ThematicList:
    """Return a list an operator may fill, locked until commit.

    Raises:
        NotPermitted: the actor is no operator.
        NotFound: no such list.
    """
    if actor is not None:
        require(can_handle_data(actor))
    row = ThematicList.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def list_checked(row: ThematicList, day: date, at: datetime) -> None:
    """Keep that it was looked who is on the list."""
    row.filled_from = row.filled_from or day
    row.checked_at = at
    row.save(update_fields=["filled_from", "checked_at"])


def _entered(declaration: ListDeclaration) -> bool:
    values = {
        "name": declaration.name,
        "kind": declaration.kind.value,
        "legal_basis": declaration.legal_basis,
        "may_block": declaration.may_block,
    }
    row, created = ThematicList.objects.get_or_create(code=declaration.code, defaults=values)
    if created or all(getattr(row, name) == value for name, value in values.items()):
        return created
    ThematicList.objects.filter(pk=row.pk).update(**values)
    return True


def _chunks(found: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    for start in range(0, len(found), CHUNK_ROWS):
        yield found[start : start + CHUNK_ROWS]


def _begun(
    row: ThematicList,
    declaration: ListDeclaration,
    chunk: list[tuple[int, int]],
    day: date,
    at: datetime,
) -> Iterator[tuple[object, ...]]:
    """Yield memberships as the database takes them, in the order of ``INSERTED``."""
    reasons = [condition.reason for condition in declaration.conditions]
    moment = db_moment(at)
    for enterprise, place in chunk:
        yield (
            uuid4().hex,
            row.pk,
            enterprise,
            "RULE",
            day.isoformat(),
            reasons[place],
            declaration.version,
            moment,
        )
