"""A drafted version goes on the shelf by a second person, and off it again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from lenders.domain.codes import LONGEST_REASON, checked_text
from lenders.domain.product import PRODUCT_VERSION, VersionState, check_terms
from lenders.models import LoanProduct, ProductVersion
from lenders.policies import approver_ids, can_draft, require, roles_towards
from lenders.selectors import terms_of
from lenders.services.institution import require_admitted
from lenders.services.product_row import product_locked, product_record, version_locked
from marketplace.domain.errors import Conflict
from marketplace.domain.machine import Transition
from marketplace.domain.roles import SYSTEM
from marketplace.models import User
from marketplace.services import notify


@transaction.atomic
def product_submit(*, version: ProductVersion, actor: User, at: datetime) -> ProductVersion:
    """Hand a draft over for review by a second person.

    Raises:
        NotPermitted: the actor is not of the institution.
        Refused: ``PRODUCT_TERMS_INVALID`` with ``fields``.
        Conflict: ``INSTITUTION_NOT_ADMITTED``.
        TransitionRefused: it is no draft.

    Writes: ``ProductVersion``, audit ``lenders.product.submit``, notices to the other approvers; locks product and
    version.
    """
    row = version_locked(version)
    institution = row.product.institution
    require(can_draft(actor, institution))
    require_admitted(institution)
    check_terms(terms_of(row))
    target = _advance(row, "SUBMIT", actor, _facts(row, actor, terms_checked=True))
    row.state, row.submitted_at = target.target, at
    row.save(update_fields=["state", "submitted_at"])
    product_record(row, "submit", actor, at)
    notify(
        users=approver_ids(institution, but=actor),
        kind="product.submitted",
        title=f"产品“{row.product.name}”第 {row.number} 版待复核",
        at=at,
        path=reverse("lenders:version-detail", args=[row.public_id]),
    )
    return row


@transaction.atomic
def product_review(
    *, version: ProductVersion, publish: bool, reason: str, actor: User, at: datetime
) -> ProductVersion:
    """Publish a submitted version, or return it with a reason; the one published before is superseded.

    Raises:
        NotPermitted: the actor is neither an approver of the institution nor an operator.
        TransitionRefused: it is not under review; ``GUARD_REFUSED`` when the actor drafted it or a return has no
            reason.
        Conflict: ``INSTITUTION_NOT_ADMITTED``.

    Writes: ``ProductVersion`` (also the superseded one), audit ``lenders.product.publish`` or ``.refuse``, a notice to
    the drafter; locks product and versions.
    """
    row = version_locked(version)
    reason = checked_text("reason", reason, LONGEST_REASON)
    event = "PUBLISH" if publish else "REFUSE"
    target = _advance(row, event, actor, _facts(row, actor, reason=reason))
    if publish:
        require_admitted(row.product.institution)
        _supersede(row.product, at)
        row.effective_from = at
    row.state, row.reviewed_by, row.reviewed_at = target.target, actor, at
    row.review_reason = reason
    row.save(
        update_fields=["state", "reviewed_by", "reviewed_at", "review_reason", "effective_from"]
    )
    product_record(row, event.lower(), actor, at)
    notify(
        users=[row.drafted_by_id],
        kind=f"product.{event.lower()}",
        title=f"产品“{row.product.name}”第 {row.number} 版：{row.get_state_display()}",
        body=row.review_reason,
        at=at,
        path=reverse("lenders:version-detail", args=[row.public_id]),
    )
    return row


@transaction.atomic
def product_withdraw(
    *, product: LoanProduct, reason: str, actor: User, at: datetime
) -> ProductVersion:
    """Take a product off the shelf; applications already made go on.

    Raises:
        NotPermitted: the actor is neither of the institution nor an operator.
        Conflict: ``PRODUCT_NOT_PUBLISHED``.
        TransitionRefused: ``GUARD_REFUSED``, no reason is given.

    Writes: ``ProductVersion``, audit ``lenders.product.withdraw``; locks product and version.
    """
    locked = product_locked(product)
    row = _published(locked)
    if row is None:
        raise Conflict("PRODUCT_NOT_PUBLISHED", "该产品当前没有已发布的版本。")
    reason = checked_text("reason", reason, LONGEST_REASON)
    target = _advance(row, "WITHDRAW", actor, _facts(row, actor, reason=reason))
    row.state, row.effective_until = target.target, at
    row.withdrawn_by, row.withdrawn_reason = actor, reason
    row.save(update_fields=["state", "effective_until", "withdrawn_by", "withdrawn_reason"])
    product_record(row, "withdraw", actor, at)
    return row


def _advance(row: ProductVersion, event: str, actor: User, facts: dict[str, object]) -> Transition:
    roles = roles_towards(actor, row.product.institution)
    return PRODUCT_VERSION.advance(row.state, event, roles, facts)


def _facts(row: ProductVersion, actor: User, **more: object) -> dict[str, object]:
    return {"actor_id": actor.pk, "drafted_by_id": row.drafted_by_id, **more}


def _supersede(product: LoanProduct, at: datetime) -> None:
    before = _published(product)
    if before is None:
        return
    target = PRODUCT_VERSION.advance(before.state, "SUPERSEDE", {SYSTEM}, {})
    before.state, before.effective_until = target.target, at
    before.save(update_fields=["state", "effective_until"])


def _published(product: LoanProduct) -> ProductVersion | None:
    found = ProductVersion.objects.select_for_update(of=("self",)).filter(
        product=product, state=VersionState.PUBLISHED
    )
    return found.select_related("product__institution__organisation").first()
