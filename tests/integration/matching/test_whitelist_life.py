from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.models import AuditEvent, Notification
from matching.models import Whitelist, WhitelistEntry
from matching.selectors.whitelist import whitelist_diff, whitelist_entries
from matching.services.whitelist import (
    whitelist_approve,
    whitelist_discard,
    whitelist_recall,
    whitelist_recheck,
    whitelist_rejudge,
    whitelist_return,
    whitelist_submit,
)
from matching.services.whitelist_generate import GenerationParameters, whitelist_generate
from tests.factories.borrowers import make_enterprise
from tests.factories.matching import make_demand
from tests.factories.whitelist import (
    deliver_lists,
    list_enterprise,
    make_whitelist,
    row_of,
    sheet_of,
)

PLAIN = GenerationParameters()


@pytest.fixture(autouse=True)
def lists(cast):
    deliver_lists()


@pytest.fixture
def second(cast, now):
    return make_enterprise(uscc="91120104MA0501047J", name="天津河西第二示例有限公司", at=now)


def generate(cast, now, parameters=PLAIN, issue_no="2026-12", **more):
    return whitelist_generate(
        district="120103",
        issue_no=issue_no,
        parameters=parameters,
        actor=cast.district_clerk,
        at=now,
        **more,
    )


def notices(user):
    return list(Notification.objects.filter(user=user).values_list("kind", flat=True))


class TestWhitelistGenerate:
    def test_lists_enterprises_with_an_open_need(self, cast, second, now):
        make_demand(cast)

        whitelist = generate(cast, now)

        entry = whitelist.entries.get()
        assert (whitelist.origin, whitelist.admitted, whitelist.rows_read) == ("GENERATED", 1, 1)
        assert (entry.enterprise, entry.amount_yuan) == (cast.enterprise, Decimal("500000.00"))
        assert entry.contact == "李联系\n13900000000"

    def test_lists_enterprises_an_upload_calls_willing(self, cast, second, now):
        make_whitelist(cast, sheet=sheet_of(row_of(second)))

        assert generate(cast, now).entries.get().enterprise == second

    def test_hears_a_later_no(self, cast, second, now):
        make_whitelist(cast, sheet=sheet_of(row_of(second)))
        no = row_of(second, 是否有融资意愿="否", 意愿日期="2026-11-22")
        make_whitelist(cast, sheet=sheet_of(no), issue_no="2")

        with pytest.raises(Refused, match="WL_NO_CANDIDATES"):
            generate(cast, now)

    def test_forgets_what_was_said_long_ago(self, cast, second, now):
        make_whitelist(cast, sheet=sheet_of(row_of(second)))

        with pytest.raises(Refused, match="WL_NO_CANDIDATES"):
            generate(cast, now + timedelta(days=181))

    def test_keeps_out_with_reason(self, cast, now):
        make_demand(cast)
        list_enterprise(cast.enterprise, "ABNORMAL_LIST")

        entry = generate(cast, now).entries.get()

        assert entry.status == "REFUSED"
        assert [reason["rule_code"] for reason in entry.reasons] == ["WL_ABNORMAL"]

    def test_may_ask_more_than_the_gates(self, cast, now):
        make_demand(cast)
        asked = GenerationParameters(min_age_months=240, size_classes=("MICRO",))

        entry = generate(cast, now, asked).entries.get()

        assert {reason["rule_code"] for reason in entry.reasons} == {"WL_AGE", "WL_SIZE"}

    def test_leaves_other_sectors_and_amounts_aside(self, cast, now):
        make_demand(cast)

        for asked in (
            GenerationParameters(sectors=("A",)),
            GenerationParameters(amount_min_yuan=Decimal(600_000)),
        ):
            with pytest.raises(Refused, match="WL_NO_CANDIDATES"):
                generate(cast, now, asked)

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            (GenerationParameters(min_age_months=11), "min_age_months"),
            (GenerationParameters(size_classes=("LARGE",)), "size_classes"),
            (GenerationParameters(sectors=("Z",)), "sectors"),
            (
                GenerationParameters(amount_min_yuan=Decimal(2), amount_max_yuan=Decimal(1)),
                "amount_max_yuan",
            ),
        ],
    )
    def test_never_asks_less(self, cast, now, asked, field):
        with pytest.raises(Refused, match="WL_PARAMETER_INVALID") as refused:
            generate(cast, now, asked)

        assert set(refused.value.fields) == {field}

    def test_keeps_its_parameters_for_the_recheck(self, cast, now):
        make_demand(cast)
        whitelist = generate(cast, now, GenerationParameters(min_age_months=240))

        checked = whitelist_recheck(whitelist=whitelist, actor=cast.district_clerk, at=now)

        assert (checked.state, checked.admitted, checked.refused) == ("CHECKED", 0, 1)


class TestRecheck:
    def test_judges_with_what_is_known_now(self, cast, now):
        whitelist = make_whitelist(cast)
        list_enterprise(cast.enterprise, "DISHONEST_DEBTOR")

        checked = whitelist_recheck(whitelist=whitelist, actor=cast.district_clerk, at=now)

        assert (checked.admitted, checked.refused) == (0, 1)
        assert checked.reason_counts == {"WL_DISHONEST_DEBTOR": 1}

    def test_leaves_unreadable_rows_and_duplicates(self, cast, now):
        sheet = sheet_of(
            row_of(cast.enterprise), row_of(cast.enterprise), row_of(cast.enterprise, 企业名称="")
        )
        whitelist = make_whitelist(cast, "CHECKED", sheet=sheet)

        assert (whitelist.admitted, whitelist.refused, whitelist.duplicates) == (1, 1, 1)
        assert whitelist.reason_counts == {"WL_DUPLICATE": 1, "WL_NAME_EMPTY": 1}


class TestWayToPublication:
    def test_tells_the_lead_the_maker_and_the_lenders(self, cast):
        make_whitelist(cast, "PUBLISHED")

        assert notices(cast.district_lead) == ["whitelist.submitted"]
        assert notices(cast.district_clerk) == ["whitelist.published"]
        assert notices(cast.officer) == ["whitelist.recommended"]
        assert notices(cast.other_district_lead) == []

    def test_needs_a_second_person(self, cast, now):
        whitelist = make_whitelist(cast, "PENDING_APPROVAL")
        whitelist.created_by = cast.district_lead
        whitelist.save(update_fields=["created_by"])

        with pytest.raises(TransitionRefused, match="GUARD_REFUSED"):
            whitelist_approve(whitelist=whitelist, actor=cast.district_lead, at=now)

    def test_needs_a_lead(self, cast, now):
        whitelist = make_whitelist(cast, "PENDING_APPROVAL")

        with pytest.raises(NotPermitted):
            whitelist_approve(whitelist=whitelist, actor=cast.district_clerk, at=now)

    def test_expires_after_the_days_of_the_parameter(self, cast, now):
        whitelist = make_whitelist(cast, "PUBLISHED")

        assert whitelist.expires_at - now == timedelta(days=180)

    def test_moves_out_before_publication_whoever_hits_a_gate_by_then(self, cast, second, now):
        sheet = sheet_of(row_of(cast.enterprise), row_of(second))
        whitelist = make_whitelist(cast, "PENDING_APPROVAL", sheet=sheet)
        list_enterprise(second, "SERIOUS_BREACH_LIST")

        whitelist_approve(whitelist=whitelist, actor=cast.district_lead, at=now)

        statuses = dict(whitelist.entries.values_list("enterprise_id", "status"))
        assert statuses == {cast.enterprise.pk: "ADMITTED", second.pk: "SUSPENDED"}

    def test_publishes_nothing_when_nobody_is_left(self, cast, now):
        whitelist = make_whitelist(cast, "PENDING_APPROVAL")
        list_enterprise(cast.enterprise, "SERIOUS_BREACH_LIST")

        with pytest.raises(Refused, match="WL_NOTHING_LEFT"):
            whitelist_approve(whitelist=whitelist, actor=cast.district_lead, at=now)

        assert whitelist.entries.get().status == "ADMITTED"

    def test_needs_an_admitted_entry(self, cast, now):
        whitelist = make_whitelist(cast, "CHECKED", sheet=sheet_of(row_of(cast.rival_enterprise)))

        with pytest.raises(TransitionRefused, match="没有入选企业"):
            whitelist_submit(whitelist=whitelist, actor=cast.district_clerk, at=now)

    def test_is_returned_with_a_reason(self, cast, now):
        whitelist = make_whitelist(cast, "PENDING_APPROVAL")

        with pytest.raises(TransitionRefused, match="请填写原因"):
            whitelist_return(whitelist=whitelist, reason=" ", actor=cast.district_lead, at=now)
        returned = whitelist_return(
            whitelist=whitelist, reason="名称有误", actor=cast.district_lead, at=now
        )

        assert (returned.state, returned.return_reason) == ("RETURNED", "名称有误")

    def test_is_not_there_for_other_districts(self, cast, now):
        whitelist = make_whitelist(cast, "PENDING_APPROVAL")

        with pytest.raises(NotFound):
            whitelist_approve(whitelist=whitelist, actor=cast.other_district_lead, at=now)

    @pytest.mark.parametrize("state", ["DRAFT", "CHECKED", "PENDING_APPROVAL", "RETURNED"])
    def test_recalls_only_what_is_published(self, cast, now, state):
        whitelist = make_whitelist(cast, state)

        with pytest.raises(TransitionRefused):
            whitelist_recall(whitelist=whitelist, reason="原因", actor=cast.district_lead, at=now)

    def test_is_recalled_by_the_operator_too(self, cast, now):
        whitelist = make_whitelist(cast, "PUBLISHED")

        whitelist_recall(whitelist=whitelist, reason="原因", actor=cast.operator, at=now)

        assert whitelist.district.pk == "120103"
        assert "whitelist.recalled" in notices(cast.officer)

    def test_every_step_is_on_the_audit_trail(self, cast):
        make_whitelist(cast, "RECALLED")

        actions = AuditEvent.objects.filter(subject_kind="Whitelist").order_by("pk")
        assert [
            action.rsplit(".", 1)[1] for action in actions.values_list("action", flat=True)
        ] == [
            "upload",
            "check",
            "submit",
            "publish",
            "recall",
        ]


class TestRejudge:
    def test_moves_out_and_tells_nobody_why(self, cast, now):
        from matching.services.whitelist_contact import whitelist_contact

        whitelist = make_whitelist(cast, "PUBLISHED")
        entry = whitelist.entries.get()
        whitelist_contact(entry_id=entry.public_id, actor=cast.officer, at=now)
        list_enterprise(cast.enterprise, "DISHONEST_DEBTOR")

        found = whitelist_rejudge(whitelist=whitelist, actor=cast.district_clerk, at=now)

        assert [row.pk for row in found.moved_out] == [entry.pk]
        notice = Notification.objects.get(user=cast.officer, kind="whitelist.moved_out")
        assert "失信" not in notice.title + notice.body

    def test_is_not_for_the_auditor(self, cast, now):
        whitelist = make_whitelist(cast, "PUBLISHED")

        with pytest.raises(NotPermitted):
            whitelist_rejudge(whitelist=whitelist, actor=cast.auditor, at=now)

    def test_needs_a_published_list(self, cast, now):
        with pytest.raises(Refused, match="WL_NOT_PUBLISHED"):
            whitelist_rejudge(whitelist=make_whitelist(cast), actor=cast.district_clerk, at=now)


class TestReading:
    def test_finds_rows_by_code(self, cast, now):
        sheet = sheet_of(row_of(cast.enterprise), row_of(cast.rival_enterprise))
        whitelist = make_whitelist(cast, sheet=sheet)

        found = whitelist_entries(cast.district_clerk, whitelist, now, code="WL_DISTRICT")

        assert [entry.enterprise for entry in found] == [cast.rival_enterprise]

    def test_compares_with_the_issue_before(self, cast, second, now):
        make_whitelist(cast, "PUBLISHED", issue_no="1")
        sheet = sheet_of(row_of(second))
        later = make_whitelist(cast, issue_no="2", sheet=sheet, at=now + timedelta(days=1))

        diff = whitelist_diff(later)

        assert [e.enterprise for e in diff.new] == [second]
        assert [e.enterprise for e in diff.gone] == [cast.enterprise]
        assert diff.stayed.count() == 0

    def test_of_a_first_issue_finds_everything_new(self, cast):
        diff = whitelist_diff(make_whitelist(cast))

        assert (diff.previous, diff.new.count()) == (None, 1)


class TestWhitelistDiscard:
    def test_deletes_a_draft_and_frees_its_number(self, cast, now):
        draft = make_whitelist(cast)

        whitelist_discard(whitelist=draft, actor=cast.district_clerk, at=now)

        assert not Whitelist.objects.exists()
        assert not WhitelistEntry.objects.exists()
        event = AuditEvent.objects.get(action="matching.whitelist.discard")
        assert event.payload["issue_no"] == draft.issue_no
        assert event.subject_id == str(draft.public_id)
        assert make_whitelist(cast).issue_no == draft.issue_no

    def test_tells_its_maker_when_a_colleague_does_it(self, cast, now):
        draft = make_whitelist(cast)

        whitelist_discard(whitelist=draft, actor=cast.district_lead, at=now)

        notice = Notification.objects.get(user=cast.district_clerk, kind="whitelist.discarded")
        assert notice.path == reverse("matching:whitelist-list")

    @pytest.mark.parametrize(
        "state", ["CHECKED", "PENDING_APPROVAL", "PUBLISHED", "RETURNED", "RECALLED"]
    )
    def test_keeps_what_is_no_draft(self, cast, now, state):
        whitelist = make_whitelist(cast, state)

        with pytest.raises(Conflict, match="WL_NOT_DRAFT"):
            whitelist_discard(whitelist=whitelist, actor=cast.district_lead, at=now)

        assert Whitelist.objects.filter(pk=whitelist.pk).exists()

    def test_is_for_the_district_alone(self, cast, now):
        draft = make_whitelist(cast)

        with pytest.raises(NotFound):
            whitelist_discard(whitelist=draft, actor=cast.other_district_clerk, at=now)
        with pytest.raises(NotPermitted):
            whitelist_discard(whitelist=draft, actor=cast.operator, at=now)
