from datetime import timedelta
from decimal import Decimal

import pytest

from lenders.models import Branch
from marketplace.audit import broken_events
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.models import AccessRecord, AuditEvent
from matching.models import WhitelistContact
from matching.selectors.whitelist import (
    RecommendationFilter,
    lender_entries,
    lender_entry_get,
)
from matching.selectors.whitelist_duty import receipt_lines
from matching.services.whitelist import whitelist_recall, whitelist_rejudge
from matching.services.whitelist_contact import (
    whitelist_contact,
    whitelist_contact_oversee,
    whitelist_contact_read,
    whitelist_contact_result,
)
from tests.factories.whitelist import (
    deliver_lists,
    list_enterprise,
    make_recommended,
    make_whitelist,
    row_of,
    sheet_of,
)


@pytest.fixture(autouse=True)
def lists(cast):
    deliver_lists()


@pytest.fixture
def entry(cast):
    return make_recommended(cast)


def take(entry, cast, now, actor="officer"):
    return whitelist_contact(entry_id=entry.public_id, actor=getattr(cast, actor), at=now)


def report(entry, cast, now, result="WILL_APPLY", note=""):
    return whitelist_contact_result(
        entry_id=entry.public_id, result=result, note=note, actor=cast.officer, at=now
    )


class TestRecommendations:
    @pytest.mark.parametrize("member", ["officer", "approver", "rival_officer"])
    def test_stand_before_institutions_that_serve_the_district(self, cast, entry, now, member):
        later = now + timedelta(hours=1)

        assert list(lender_entries(getattr(cast, member), later)) == [entry]

    @pytest.mark.parametrize(
        "member", ["owner", "district_clerk", "district_lead", "operator", "auditor", "stranger"]
    )
    def test_stand_before_nobody_else(self, cast, entry, now, member):
        assert not lender_entries(getattr(cast, member), now).exists()

    def test_need_a_branch_in_the_district(self, cast, entry, now):
        Branch.objects.get(institution=cast.institution).districts.set(["120101"])

        assert not lender_entries(cast.officer, now).exists()
        assert lender_entries(cast.rival_officer, now).exists()

    def test_need_an_admitted_institution(self, cast, entry, now):
        cast.institution.state = "SUSPENDED"
        cast.institution.save(update_fields=["state"])

        assert not lender_entries(cast.officer, now).exists()

    @pytest.mark.parametrize("state", ["DRAFT", "CHECKED", "PENDING_APPROVAL", "RETURNED"])
    def test_come_with_publication(self, cast, now, state):
        make_whitelist(cast, state)

        assert not lender_entries(cast.officer, now).exists()

    def test_go_with_recall_and_expiry(self, cast, entry, now):
        assert not lender_entries(cast.officer, now + timedelta(days=180)).exists()

        whitelist_recall(whitelist=entry.whitelist, reason="示例", actor=cast.district_lead, at=now)

        assert not lender_entries(cast.officer, now).exists()

    def test_never_hold_those_kept_out(self, cast, now):
        sheet = sheet_of(row_of(cast.enterprise), row_of(cast.rival_enterprise))
        make_whitelist(cast, "PUBLISHED", sheet=sheet)

        assert [e.enterprise for e in lender_entries(cast.officer, now)] == [cast.enterprise]

    def test_name_an_enterprise_once(self, cast, entry, now):
        later = make_whitelist(cast, "PUBLISHED", issue_no="2").entries.get()

        assert list(lender_entries(cast.officer, now)) == [later]

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            (RecommendationFilter(sector="C"), 1),
            (RecommendationFilter(sector="A"), 0),
            (
                RecommendationFilter(
                    amount_min_yuan=Decimal(500_000), amount_max_yuan=Decimal(500_000)
                ),
                1,
            ),
            (RecommendationFilter(amount_min_yuan=Decimal(500_001)), 0),
            (RecommendationFilter(district_code="120101"), 0),
            (RecommendationFilter(taken=True), 0),
            (RecommendationFilter(taken=False), 1),
        ],
    )
    def test_can_be_filtered(self, cast, entry, now, wanted, found):
        assert lender_entries(cast.officer, now, wanted).count() == found


class TestWhitelistContact:
    def test_is_taken_once_by_each_institution(self, cast, entry, now):
        first = take(entry, cast, now)

        assert take(entry, cast, now, "second_officer") == first
        assert take(entry, cast, now, "rival_officer") != first
        assert WhitelistContact.objects.count() == 2

    def test_is_on_the_enterprises_audit_chain(self, cast, entry, now):
        take(entry, cast, now)
        report(entry, cast, now)

        chain = AuditEvent.objects.filter(stream=f"enterprise:{cast.enterprise.uscc}")
        assert [event.action for event in chain.order_by("seq")] == [
            "matching.whitelist.contact",
            "matching.whitelist.contact_result",
        ]
        assert not list(broken_events())

    def test_is_not_for_those_it_does_not_stand_before(self, cast, entry, now):
        with pytest.raises(NotFound):
            take(entry, cast, now, "operator")

    def test_ends_with_the_list(self, cast, entry, now):
        take(entry, cast, now)
        after = now + timedelta(days=181)

        assert lender_entry_get(cast.officer, entry.public_id, after) == entry
        with pytest.raises(Conflict, match="WL_ENTRY_NOT_LIVE"):
            whitelist_contact_read(entry_id=entry.public_id, actor=cast.officer, at=after)
        with pytest.raises(NotFound):
            take(entry, cast, after, "rival_officer")

    def test_of_one_moved_out_can_still_be_reported(self, cast, entry, now):
        take(entry, cast, now)
        list_enterprise(cast.enterprise, "DISHONEST_DEBTOR")
        whitelist_rejudge(whitelist=entry.whitelist, actor=cast.district_clerk, at=now)

        assert report(entry, cast, now, "NO_NEED").result == "NO_NEED"


class TestContactData:
    def test_is_closed_before_contact(self, cast, entry, now):
        with pytest.raises(Conflict, match="WL_NOT_CONTACTED"):
            whitelist_contact_read(entry_id=entry.public_id, actor=cast.officer, at=now)

        assert not AccessRecord.objects.exists()

    def test_is_logged_each_time(self, cast, entry, now):
        take(entry, cast, now)

        for _ in range(2):
            shown = whitelist_contact_read(entry_id=entry.public_id, actor=cast.officer, at=now)

        assert shown == ("王示例", "13900000000")
        records = AccessRecord.objects.filter(subject_uscc=cast.enterprise.uscc)
        assert {(r.user, r.purpose) for r in records} == {(cast.officer, "WHITELIST")}
        assert len(records) == 2

    def test_is_read_by_district_and_operator_with_a_log(self, cast, entry, now):
        for member in ("district_clerk", "operator"):
            actor = getattr(cast, member)
            whitelist_contact_oversee(entry_id=entry.public_id, actor=actor, at=now)

        assert AccessRecord.objects.count() == 2

    def test_is_not_for_auditor_and_other_districts(self, cast, entry, now):
        with pytest.raises(NotPermitted):
            whitelist_contact_oversee(entry_id=entry.public_id, actor=cast.auditor, at=now)
        for member in ("other_district_clerk", "officer", "owner"):
            actor = getattr(cast, member)
            with pytest.raises(NotFound):
                whitelist_contact_oversee(entry_id=entry.public_id, actor=actor, at=now)


class TestContactResult:
    def test_is_coded_and_counted(self, cast, entry, now):
        take(entry, cast, now)
        report(entry, cast, now)

        count = receipt_lines(entry.whitelist)[0]
        assert (count.institution, count.taken, count.reported, count.will_apply) == (
            cast.institution.organisation.name,
            1,
            1,
            1,
        )

    @pytest.mark.parametrize(
        ("result", "note", "field"),
        [
            ("OTHER", " ", "note"),
            ("", "", "result"),
            ("X", "", "result"),
            ("NO_NEED", "长" * 201, "note"),
        ],
    )
    def test_refuses_what_cannot_be_counted(self, cast, entry, now, result, note, field):
        take(entry, cast, now)

        with pytest.raises(Refused, match="WL_RESULT_INVALID") as refused:
            report(entry, cast, now, result, note)

        assert set(refused.value.fields) == {field}

    def test_needs_a_contact(self, cast, entry, now):
        with pytest.raises(Conflict, match="WL_NOT_CONTACTED"):
            report(entry, cast, now)
