"""Exceptional grants: who may give what to whom, what is written, and what they open to whom until when."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from guardian.shortcuts import assign_perm, remove_perm

from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.domain.grant import GRANT_TERMS, GrantKind
from marketplace.domain.roles import Role
from marketplace.domain.workdays import end_of_day, local_date
from marketplace.models import (
    AuditEvent,
    DistrictPermission,
    ExceptionalGrant,
    Membership,
    Notification,
)
from marketplace.policies import grants_held, memberships_forget
from marketplace.selectors import grant_list
from matching.models import ApplicationPermission
from matching.policies.application import lender_applications
from matching.policies.grant import delegated_districts, reviewed_applications
from matching.selectors.application import application_get_reviewed
from matching.selectors.whitelist import whitelist_list
from matching.services.application_remark import application_note
from matching.services.grant import grant_give, grant_revoke
from matching.services.transition import application_transition
from matching.services.whitelist import (
    whitelist_approve,
    whitelist_recheck,
    whitelist_rejudge,
    whitelist_submit,
)
from matching.services.whitelist_build import whitelist_upload
from matching.services.whitelist_contact import whitelist_contact_oversee
from tests.factories.grants import (
    DAYS,
    DISTRICT,
    delegate_district,
    district_offer,
    make_colleague,
    name_reviewer,
    reviewer_offer,
)
from tests.factories.matching import make_application, make_offer
from tests.factories.whitelist import deliver_lists, make_whitelist, row_of, sheet_of

OVER = timedelta(days=DAYS + 1)


@pytest.fixture
def application(cast):
    return make_application(cast, "DUE_DILIGENCE")


@pytest.fixture
def colleague(cast):
    return make_colleague(cast)


class TestGivingReviewer:
    def test_writes_row_permission_audit_and_notice(self, cast, application, colleague, now):
        row = name_reviewer(cast, application, colleague)

        assert row.valid_until == end_of_day(local_date(now) + timedelta(days=DAYS)) + timedelta(
            seconds=1
        )
        assert row.organisation == cast.institution.organisation
        assert ApplicationPermission.objects.get().user == colleague
        event = AuditEvent.objects.get(action="matching.grant.give")
        assert event.stream == f"enterprise:{cast.enterprise.uscc}"
        assert row.reason not in str(event.payload)
        assert Notification.objects.get(kind="grant.given").user == colleague

    def test_is_for_approvers_of_the_lender(self, cast, application, colleague, now):
        offer = reviewer_offer(application, colleague)

        for actor in (cast.officer, cast.rival_approver, cast.owner, cast.operator):
            with pytest.raises(NotFound):
                grant_give(offer=offer, actor=actor, at=now)

    @pytest.mark.parametrize(
        "holder", ["officer", "second_officer", "approver", "rival_officer", "owner", "auditor"]
    )
    def test_names_only_colleagues_who_cannot_open_the_case(self, cast, application, holder, now):
        offer = reviewer_offer(application, getattr(cast, holder))

        with pytest.raises(Refused, match="GRANT_HOLDER"):
            grant_give(offer=offer, actor=cast.approver, at=now)

    @pytest.mark.parametrize("days", [-1, 31])
    def test_ends_within_the_limit(self, cast, application, colleague, days, now):
        last_day = local_date(now) + timedelta(days=days)
        offer = reviewer_offer(application, colleague, last_day=last_day)

        with pytest.raises(Refused, match="GRANT_DAY"):
            grant_give(offer=offer, actor=cast.approver, at=now)

    @pytest.mark.parametrize("reason", ["", " 　", "长" * 201])
    def test_has_a_reason(self, cast, application, colleague, reason, now):
        offer = reviewer_offer(application, colleague, reason=reason)

        with pytest.raises(Refused, match="GRANT_REASON"):
            grant_give(offer=offer, actor=cast.approver, at=now)

    def test_is_given_once_at_a_time(self, cast, application, colleague, now):
        name_reviewer(cast, application, colleague)

        with pytest.raises(Conflict, match="GRANT_HELD"):
            name_reviewer(cast, application, colleague)

    def test_is_given_anew_after_the_end(self, cast, application, colleague, now):
        name_reviewer(cast, application, colleague)

        again = name_reviewer(cast, application, colleague, now + OVER)

        assert reviewed_applications(colleague, now + OVER).get() == application
        assert grants_held(colleague, now + OVER).get() == again

    @pytest.mark.parametrize("subject", ["x", "", str(uuid.UUID(int=7))])
    def test_refuses_what_is_no_case(self, cast, application, colleague, subject, now):
        offer = reviewer_offer(application, colleague, subject_id=subject)

        with pytest.raises(NotFound):
            grant_give(offer=offer, actor=cast.approver, at=now)


class TestNamedReviewer:
    def test_reads_the_case_from_naming_until_the_end(self, cast, application, colleague, now):
        with pytest.raises(NotFound):
            application_get_reviewed(colleague, application.public_id, now)

        row = name_reviewer(cast, application, colleague)

        found = application_get_reviewed(colleague, application.public_id, now)
        assert (found.application, found.grant) == (application, row)
        with pytest.raises(NotFound):
            application_get_reviewed(colleague, application.public_id, row.valid_until)

    def test_reads_nothing_after_revocation(self, cast, application, colleague, now):
        row = name_reviewer(cast, application, colleague)

        grant_revoke(grant_id=row.public_id, actor=cast.approver, at=now)

        assert not reviewed_applications(colleague, now).exists()
        assert not ApplicationPermission.objects.exists()

    def test_reads_only_the_named_case(self, cast, application, colleague, now):
        other = make_application(cast, "ACCEPTED", product=make_offer(cast, "P002"))
        name_reviewer(cast, other, colleague)

        assert list(reviewed_applications(colleague, now)) == [other]

    def test_has_the_case_in_no_queue(self, cast, application, colleague, now):
        name_reviewer(cast, application, colleague)

        assert not lender_applications(colleague).exists()

    def test_neither_acts_nor_notes(self, cast, application, colleague, now):
        name_reviewer(cast, application, colleague)
        key = application.public_id

        with pytest.raises(NotFound):
            application_note(application_id=key, text="备注", actor=colleague, at=now)
        with pytest.raises(NotFound):
            application_transition(
                application_id=key,
                event="SUBMIT_FOR_APPROVAL",
                payload={"file_complete": True, "opinion": "同意。"},
                actor=colleague,
                at=now,
            )

    def test_reads_nothing_after_leaving_the_institution(self, cast, application, colleague, now):
        name_reviewer(cast, application, colleague)

        Membership.objects.filter(user=colleague).update(ended_at=now)
        memberships_forget(colleague)

        assert not reviewed_applications(colleague, now).exists()


class TestPolicy:
    """The row says until when, the permission what; neither opens anything alone."""

    def test_needs_the_permission_beside_the_row(self, cast, application, colleague, now):
        name_reviewer(cast, application, colleague)

        remove_perm(GRANT_TERMS[GrantKind.REVIEWER].permission, colleague, application)

        assert not reviewed_applications(colleague, now).exists()

    def test_needs_the_row_beside_the_permission(self, cast, application, colleague, now):
        assign_perm(GRANT_TERMS[GrantKind.REVIEWER].permission, colleague, application)

        assert not reviewed_applications(colleague, now).exists()

    def test_ignores_permissions_on_the_whole_model(self, cast, application, colleague, now):
        row = name_reviewer(cast, application, colleague)
        remove_perm(GRANT_TERMS[GrantKind.REVIEWER].permission, colleague, application)
        colleague.user_permissions.add(Permission.objects.get(codename="review_loanapplication"))

        assert row.holder == colleague
        assert not reviewed_applications(colleague, now).exists()

    def test_ignores_that_somebody_is_superuser(self, cast, application, colleague, now):
        name_reviewer(cast, application, colleague)
        remove_perm(GRANT_TERMS[GrantKind.REVIEWER].permission, colleague, application)
        colleague.is_superuser = True
        colleague.save()

        assert not reviewed_applications(colleague, now).exists()

    def test_opens_nothing_to_visitors(self, cast, application, colleague, now):
        name_reviewer(cast, application, colleague)

        assert not reviewed_applications(AnonymousUser(), now).exists()
        assert not delegated_districts(AnonymousUser(), now).exists()


class TestDelegating:
    def test_writes_row_permission_and_audit(self, cast):
        row = delegate_district(cast)

        assert row.organisation.district_id == DISTRICT
        assert DistrictPermission.objects.get().content_object_id == DISTRICT
        assert AuditEvent.objects.get(action="matching.grant.give").stream == "system"

    def test_is_for_the_lead_of_the_district(self, cast, now):
        offer = district_offer(cast.other_district_clerk)

        for actor in (cast.district_clerk, cast.other_district_lead, cast.operator):
            with pytest.raises(NotFound):
                grant_give(offer=offer, actor=actor, at=now)

    @pytest.mark.parametrize("holder", ["district_clerk", "other_district_lead", "officer"])
    def test_takes_clerks_of_other_districts(self, cast, holder, now):
        with pytest.raises(Refused, match="GRANT_HOLDER"):
            grant_give(
                offer=district_offer(getattr(cast, holder)), actor=cast.district_lead, at=now
            )


class TestDelegate:
    def test_sees_the_lists_until_the_end(self, cast, now):
        deliver_lists(now)
        whitelist = make_whitelist(cast)
        clerk = cast.other_district_clerk
        assert not whitelist_list(clerk, now).exists()

        row = delegate_district(cast)

        assert whitelist_list(clerk, now).get() == whitelist
        assert not whitelist_list(clerk, row.valid_until).exists()
        assert not whitelist_list(cast.other_district_lead, now).exists()

    def test_drafts_checks_and_submits(self, cast, now):
        deliver_lists(now)
        delegate_district(cast)
        clerk = cast.other_district_clerk

        draft = whitelist_upload(
            district=DISTRICT,
            issue_no="2026-12",
            source=sheet_of(row_of(cast.enterprise)),
            file_name="名单.csv",
            actor=clerk,
            at=now,
        )
        whitelist_recheck(whitelist=draft, actor=clerk, at=now)
        done = whitelist_submit(whitelist=draft, actor=clerk, at=now)

        assert done.state == "PENDING_APPROVAL"
        assert Role.DISTRICT_LEAD not in {row.role for row in clerk.memberships.all()}

    def test_drafts_nothing_after_revocation(self, cast, now):
        deliver_lists(now)
        row = delegate_district(cast)

        grant_revoke(grant_id=row.public_id, actor=cast.district_lead, at=now)

        with pytest.raises(NotFound):
            whitelist_upload(
                district=DISTRICT,
                issue_no="2026-12",
                source=sheet_of(row_of(cast.enterprise)),
                file_name="名单.csv",
                actor=cast.other_district_clerk,
                at=now,
            )

    def test_publishes_nothing(self, cast, now):
        deliver_lists(now)
        whitelist = make_whitelist(cast, "PENDING_APPROVAL")
        delegate_district(cast)

        with pytest.raises((NotPermitted, TransitionRefused)):
            whitelist_approve(whitelist=whitelist, actor=cast.other_district_clerk, at=now)

    def test_neither_moves_out_nor_reads_contacts(self, cast, now):
        deliver_lists(now)
        whitelist = make_whitelist(cast, "PUBLISHED")
        delegate_district(cast)
        clerk = cast.other_district_clerk

        with pytest.raises(NotPermitted):
            whitelist_rejudge(whitelist=whitelist, actor=clerk, at=now)
        with pytest.raises(NotPermitted):
            whitelist_contact_oversee(
                entry_id=whitelist.entries.get().public_id, actor=clerk, at=now
            )


class TestRevoking:
    def test_writes_row_audit_and_notice(self, cast, now):
        row = delegate_district(cast)

        done = grant_revoke(grant_id=row.public_id, actor=cast.district_lead, at=now)

        assert (done.revoked_by, done.revoked_at) == (cast.district_lead, now)
        assert AuditEvent.objects.filter(action="matching.grant.revoke").exists()
        assert Notification.objects.get(kind="grant.revoked").user == cast.other_district_clerk
        assert not DistrictPermission.objects.exists()

    def test_is_for_the_organisation_that_gave(self, cast, now):
        row = delegate_district(cast)

        for actor in (cast.other_district_lead, cast.district_clerk, cast.approver, cast.auditor):
            with pytest.raises(NotFound):
                grant_revoke(grant_id=row.public_id, actor=actor, at=now)

    def test_is_done_once(self, cast, now):
        row = delegate_district(cast)
        grant_revoke(grant_id=row.public_id, actor=cast.district_lead, at=now)

        with pytest.raises(Conflict, match="GRANT_OVER"):
            grant_revoke(grant_id=row.public_id, actor=cast.district_lead, at=now)

    def test_of_an_ended_grant_is_refused(self, cast, now):
        row = delegate_district(cast)

        with pytest.raises(Conflict, match="GRANT_OVER"):
            grant_revoke(grant_id=row.public_id, actor=cast.district_lead, at=now + OVER)


class TestSeeing:
    def test_is_whole_for_the_auditor_and_own_for_others(self, cast, application, colleague):
        named, delegated = name_reviewer(cast, application, colleague), delegate_district(cast)

        assert list(grant_list(cast.auditor)) == [delegated, named]
        assert list(grant_list(cast.approver)) == list(grant_list(colleague)) == [named]
        assert list(grant_list(cast.district_lead)) == [delegated]
        assert not grant_list(cast.rival_approver).exists()
        assert ExceptionalGrant.objects.count() == 2
