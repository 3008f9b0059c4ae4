"""The life of a whitelist: checked, submitted, published by a second person, returned, revised, recalled, discarded.

Publication puts the admitted entries before the institutions whose branches serve the district.

Source: domain note 2.3 (draft, automatic check, approval by a second person, push, re-check), 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse

from marketplace.audit import audit_record
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.machine import Transition
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import Organisation, User
from marketplace.services import notify, notify_role
from matching.domain.whitelist import WHITELIST, WhitelistState
from matching.domain.whitelist_entry import EntryStatus
from matching.models import Whitelist, WhitelistEntry
from matching.policies.whitelist import (
    LENDER_ROLES,
    MAKING_ROLES,
    REJUDGING_ROLES,
    institutions_serving,
    roles_held,
    roles_towards,
    visible_whitelists,
)
from matching.services.whitelist_push import list_pushed
from matching.services.whitelist_rejudge import Rejudged, entries_move, entries_rejudge
from matching.services.whitelist_run import Judge
from matching.services.whitelist_standing import list_rejudged

LONGEST_REASON = 200


@transaction.atomic
def whitelist_recheck(*, whitelist: Whitelist, actor: User, at: datetime) -> Whitelist:
    """Judge a draft's readable rows again with what is known now, and call it checked.

    Raises:
        NotFound: it is not the actor's.
        TransitionRefused, NotPermitted: by the table.

    Writes: ``Whitelist`` state and counts, its ``WhitelistEntry`` rows, audit; locks the list.
    """
    row = _locked(whitelist, actor, at)
    step = _step(row, "CHECK", actor, at)
    tally = entries_rejudge(row, at)
    row.admitted, row.refused = tally.admitted, tally.refused
    row.reason_counts = dict(sorted(tally.reasons.items()))
    row.checked_at = at
    fields = ("admitted", "refused", "reason_counts", "checked_at")
    return _moved(row, step, actor, at, fields=fields)


@transaction.atomic
def whitelist_submit(*, whitelist: Whitelist, actor: User, at: datetime) -> Whitelist:
    """Hand a checked list to the second person.

    Raises:
        NotFound, TransitionRefused, NotPermitted: as `whitelist_recheck`; a list without admitted entries stays.

    Writes: ``Whitelist`` state, audit, notices to the district's leads; locks the list.
    """
    row = _locked(whitelist, actor, at)
    moved = _moved(row, _step(row, "SUBMIT", actor, at), actor, at)
    _tell_leads(row, f"白名单待复核：{row.title}", at)
    return moved


@transaction.atomic
def whitelist_hand_over(*, whitelist: Whitelist, actor: User, at: datetime) -> Whitelist:
    """Judge a draft once more and hand it to the second person, both or neither.

    Raises:
        NotFound, TransitionRefused, NotPermitted: as `whitelist_recheck` and `whitelist_submit`.

    Writes: what these two write.
    """
    checked = whitelist_recheck(whitelist=whitelist, actor=actor, at=at)
    return whitelist_submit(whitelist=checked, actor=actor, at=at)


@transaction.atomic
def whitelist_approve(*, whitelist: Whitelist, actor: User, at: datetime) -> Whitelist:
    """Publish a submitted list; the actor is not the one who made it.

    Entries that a gate would keep out by now are moved out before anybody sees them.

    Raises:
        NotFound, TransitionRefused, NotPermitted: as `whitelist_recheck`.
        Refused: ``WL_NOTHING_LEFT``, no entry passes the gates any more.

    Writes: ``Whitelist`` state and dates, ``WhitelistEntry`` moved out, audit, a notice to its maker, a
        receipt and notices for every institution that serves the district; locks the list.
    """
    row = _locked(whitelist, actor, at)
    step = _step(row, "PUBLISH", actor, at)
    entries_move(row, at)
    if not row.entries.filter(status=EntryStatus.ADMITTED).exists():
        raise Refused("WL_NOTHING_LEFT", "名单中的企业目前均触发门槛，不能发布，请退回修改。")
    days = int(Judge.of(row.district_id, at).parameter("validity_days"))
    row.approved_by = actor
    row.published_at, row.expires_at = at, at + timedelta(days=days)
    _moved(row, step, actor, at, fields=("approved_by", "published_at", "expires_at"))
    _tell_maker(row, f"白名单已发布：{row.title}", "published", actor, at)
    list_pushed(row, at)
    return row


@transaction.atomic
def whitelist_return(*, whitelist: Whitelist, reason: str, actor: User, at: datetime) -> Whitelist:
    """Give a submitted list back with a reason.

    Raises:
        NotFound, TransitionRefused, NotPermitted: as `whitelist_recheck`; a reason is needed.
        Refused: ``WL_REASON_TOO_LONG``.

    Writes: ``Whitelist`` state and reason, audit, a notice to its maker; locks the list.
    """
    row = _locked(whitelist, actor, at)
    row.return_reason = _reason(reason)
    step = _step(row, "RETURN", actor, at, reason=row.return_reason)
    _moved(row, step, actor, at, fields=("return_reason",))
    _tell_maker(row, f"白名单被退回：{row.title}", "returned", actor, at)
    return row


@transaction.atomic
def whitelist_revise(*, whitelist: Whitelist, actor: User, at: datetime) -> Whitelist:
    """Make a checked or returned list a draft again, to be replaced by a corrected sheet or checked anew.

    Raises:
        NotFound, TransitionRefused, NotPermitted: as `whitelist_recheck`.

    Writes: ``Whitelist`` state, audit; locks the list.
    """
    row = _locked(whitelist, actor, at)
    return _moved(row, _step(row, "REVISE", actor, at), actor, at)


@transaction.atomic
def whitelist_recall(*, whitelist: Whitelist, reason: str, actor: User, at: datetime) -> Whitelist:
    """Take a published list from before the institutions, with a reason.

    Raises:
        NotFound, TransitionRefused, NotPermitted: as `whitelist_recheck`; a reason is needed.
        Refused: ``WL_REASON_TOO_LONG``.

    Writes: ``Whitelist`` state and reason, audit, notices to its maker and the institutions; locks the list.
    """
    row = _locked(whitelist, actor, at)
    row.return_reason = _reason(reason)
    step = _step(row, "RECALL", actor, at, reason=row.return_reason)
    _moved(row, step, actor, at, fields=("return_reason",))
    _tell_maker(row, f"白名单已撤下：{row.title}", "recalled", actor, at)
    _tell_lenders(row, f"推荐清单已撤下：{row.title}", "recalled", at)
    return row


@transaction.atomic
def whitelist_rejudge(*, whitelist: Whitelist, actor: User, at: datetime) -> Rejudged:
    """Judge a published list again: move out whoever hits a gate now, take back who does not any more.

    Institutions that took such an enterprise on are told that it was moved out or back, without the reason.

    Raises:
        NotFound: it is not the actor's.
        NotPermitted: the actor neither works for the district nor operates the marketplace; a delegate drafts only.
        Refused: ``WL_NOT_PUBLISHED``.

    Writes: ``WhitelistEntry`` status and reasons, audit ``matching.whitelist.rejudge``, notices; locks the list.

    Source: domain note 2.3 (monthly re-check).
    """
    row = _locked(whitelist, actor, at)
    if not roles_held(actor, row.district_id) & REJUDGING_ROLES:
        raise NotPermitted
    if row.state != "PUBLISHED":
        raise Refused("WL_NOT_PUBLISHED", "只有已发布的名单需要复核移出。")
    return list_rejudged(row, actor, at)


@transaction.atomic
def whitelist_discard(*, whitelist: Whitelist, actor: User, at: datetime) -> None:
    """Delete a draft with its rows, so that its number is free again; nobody but its makers has seen it.

    A list that was returned is a draft again once it is revised, and may go then as well; the audit keeps that.

    Raises:
        NotFound: it is not the actor's.
        NotPermitted: the actor does not make the district's lists.
        Conflict: ``WL_NOT_DRAFT``.

    Writes: deletes ``Whitelist`` and ``WhitelistEntry``; audit ``matching.whitelist.discard``, a notice to its maker.
    """
    row = _locked(whitelist, actor, at)
    if not roles_towards(actor, row.district_id, at) & MAKING_ROLES:
        raise NotPermitted
    if row.state != WhitelistState.DRAFT:
        raise Conflict("WL_NOT_DRAFT", "只有草稿可以作废；已核验或已退回的名单请先“修改”为草稿。")
    payload = {"read": row.rows_read, "admitted": row.admitted, "file_sha256": row.file_sha256}
    _audit(row, "discard", actor, at, {"issue_no": row.issue_no, **payload})
    _tell_maker(
        row,
        f"白名单草稿已作废：{row.title}",
        "discarded",
        actor,
        at,
        reverse("matching:whitelist-list"),
    )
    WhitelistEntry.objects.filter(whitelist=row).only("pk").delete()
    row.delete()


def _locked(whitelist: Whitelist, actor: User, at: datetime) -> Whitelist:
    row = (
        visible_whitelists(actor, at)
        .select_for_update(of=("self",))
        .select_related("district")
        .filter(pk=whitelist.pk)
        .first()
    )
    if row is None:
        raise NotFound
    return row


def _step(row: Whitelist, event: str, actor: User, at: datetime, *, reason: str = "") -> Transition:
    facts = {
        "rows_read": row.rows_read,
        "admitted": row.admitted,
        "actor_id": actor.pk,
        "created_by_id": row.created_by_id,
        "reason": reason,
    }
    return WHITELIST.advance(row.state, event, roles_towards(actor, row.district_id, at), facts)


def _moved(
    row: Whitelist, step: Transition, actor: User, at: datetime, *, fields: Sequence[str] = ()
) -> Whitelist:
    row.state = step.target
    row.save(update_fields=["state", *fields])
    counts = {"admitted": row.admitted, "refused": row.refused, "duplicates": row.duplicates}
    _audit(row, step.event.lower(), actor, at, {"state": row.state, **counts})
    return row


def _audit(row: Whitelist, verb: str, actor: User, at: datetime, payload: dict[str, Any]) -> None:
    audit_record(
        action=f"matching.whitelist.{verb}",
        subject_kind="Whitelist",
        subject_id=row.public_id,
        actor=actor,
        at=at,
        payload={"district": row.district_id, **payload},
    )


def _reason(text: str) -> str:
    reason = text.strip()
    if len(reason) > LONGEST_REASON:
        sentence = f"原因不能超过 {LONGEST_REASON} 字。"
        raise Refused("WL_REASON_TOO_LONG", sentence, {"reason": sentence})
    return reason


def _path(row: Whitelist) -> str:
    return reverse("matching:whitelist-detail", args=[row.public_id])


def _tell_leads(row: Whitelist, title: str, at: datetime) -> None:
    offices = Organisation.objects.filter(
        kind=OrganisationKind.DISTRICT, district=row.district_id, is_active=True
    )
    notify_role(
        organisations=offices,
        roles=[Role.DISTRICT_LEAD],
        kind="whitelist.submitted",
        title=title,
        at=at,
        path=_path(row),
    )


def _tell_maker(
    row: Whitelist, title: str, verb: str, actor: User, at: datetime, path: str = ""
) -> None:
    if row.created_by_id == actor.pk:
        return
    notify(
        users=[row.created_by_id],
        kind=f"whitelist.{verb}",
        title=title,
        body=row.return_reason,
        at=at,
        path=path or _path(row),
    )


def _tell_lenders(row: Whitelist, title: str, verb: str, at: datetime) -> None:
    serving = institutions_serving(row.district_id)
    notify_role(
        organisations=serving.values_list("organisation_id", flat=True),
        roles=LENDER_ROLES,
        kind=f"whitelist.{verb}",
        title=title,
        at=at,
        path=reverse("matching:recommendation-list"),
    )
