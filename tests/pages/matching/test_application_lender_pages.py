from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from borrowers.services import consent_revoke
from marketplace.models import AccessRecord, Membership
from matching.models import CreditLine, LoanApplication
from tests.cast import NOW
from tests.factories.deliveries import deliver_tax, seed
from tests.factories.matching import (
    APPROVE,
    NO_FEEDBACK,
    make_application,
    make_demand,
    make_offer,
)

pytestmark = pytest.mark.django_db
GRANT = {
    "amount_yuan": "50",
    "annual_rate_bp": "3.98",
    "term_months": "12",
    "guarantee": "CREDIT",
    "valid_until": str(APPROVE[2]["valid_until"]),
}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


def review_of(application):
    return reverse("matching:review-detail", args=[application.public_id])


def act(client, application, slug, **body):
    address = reverse("matching:review-act", args=[application.public_id, slug])
    return client.post(address, body)


class TestQueue:
    def test_puts_the_earliest_deadline_first(self, client, cast):
        before = NOW - timedelta(days=3)
        demand = make_demand(cast, before)
        later = make_application(cast, demand=demand, product=make_offer(cast, "L1"))
        sooner = make_application(
            cast, demand=demand, product=make_offer(cast, "L2", before), at=before
        )
        client.force_login(cast.officer)

        answer = client.get(reverse("matching:queue-list"), {"scope": "branch"})

        urls = [row[0].url for row in answer.context["table"].rows]
        assert urls == [review_of(sooner), review_of(later)]

    def test_lets_an_officer_take_what_waits_and_nothing_else(self, client, cast):
        demand = make_demand(cast)
        waiting = make_application(cast, demand=demand, product=make_offer(cast, "L1"))
        make_application(cast, "ACCEPTED", demand=demand, product=make_offer(cast, "L2"))
        client.force_login(cast.officer)
        rows = client.get(reverse("matching:queue-list")).context["table"].rows
        client.force_login(cast.approver)
        seen = client.get(reverse("matching:queue-list"), {"scope": "branch"}).context["table"].rows

        offered = [row[-1].action.url for row in rows if row[-1].action]
        assert offered == [reverse("matching:review-act", args=[waiting.public_id, "accept"])]
        assert [row[-1].action for row in seen] == [None, None]

    def test_mine_is_what_i_took_and_what_nobody_took(self, client, cast):
        demand = make_demand(cast)
        open_case = make_application(cast, demand=demand, product=make_offer(cast, "L1"))
        mine = make_application(cast, "ACCEPTED", demand=demand, product=make_offer(cast, "L2"))
        client.force_login(cast.second_officer)
        others = client.get(reverse("matching:queue-list"))
        client.force_login(cast.officer)
        own = client.get(reverse("matching:queue-list"))

        assert [row[0].url for row in others.context["table"].rows] == [review_of(open_case)]
        assert {row[0].url for row in own.context["table"].rows} == {
            review_of(open_case),
            review_of(mine),
        }

    def test_holds_what_an_officer_has_to_do(self, client, cast):
        demand = make_demand(cast)
        make_application(cast, "IN_APPROVAL", demand=demand, product=make_offer(cast, "L1"))
        approved = make_application(
            cast, "APPROVED", demand=make_demand(cast), product=make_offer(cast, "L2")
        )
        make_application(cast, "REPAYING", demand=make_demand(cast), product=make_offer(cast, "L3"))
        client.force_login(cast.officer)

        rows = client.get(reverse("matching:queue-list")).context["table"].rows

        assert [row[0].url for row in rows] == [review_of(approved)]

    def test_puts_what_waits_for_others_below(self, client, cast):
        before = NOW - timedelta(days=3)
        demand = make_demand(cast, before)
        states = ("SUPPLEMENT", "IN_APPROVAL", "APPROVED", "PENDING_ACCEPT")
        made = {
            state: make_application(
                cast,
                state,
                demand=demand if state != "APPROVED" else make_demand(cast, before),
                product=make_offer(cast, f"L{number}", before),
                at=before,
            )
            for number, state in enumerate(states)
        }
        client.force_login(cast.officer)

        answer = client.get(reverse("matching:queue-list"), {"scope": "branch"})

        urls = [row[0].url for row in answer.context["table"].rows]
        own = {review_of(made["APPROVED"]), review_of(made["PENDING_ACCEPT"])}
        assert set(urls[:2]) == own
        assert len(urls) == 4

    def test_finds_an_enterprise_by_name_or_code(self, client, cast):
        application = make_application(cast)
        client.force_login(cast.officer)

        def found(text):
            answer = client.get(reverse("matching:queue-list"), {"q": text})
            return [row[0].url for row in answer.context["table"].rows]

        assert found("津禾") == [review_of(application)]
        assert found(cast.enterprise.uscc[:10].lower()) == [review_of(application)]
        assert found("没有这一家") == []

    def test_offers_the_states_of_the_scope(self, client, cast):
        make_application(cast)
        client.force_login(cast.officer)

        def states(**query):
            form = client.get(reverse("matching:queue-list"), query).context["form"]
            return {code for code, _ in form.fields["state"].choices if code}

        assert "IN_APPROVAL" not in states()
        assert {"IN_APPROVAL", "REPAYING"} <= states(scope="branch")
        assert "PENDING_ACCEPT" not in states(scope="done")
        left_over = client.get(reverse("matching:queue-list"), {"state": "REJECTED"})
        assert left_over.status_code == 200
        assert len(left_over.context["table"].rows) == 1

    def test_asks_the_database_the_same_for_many(self, client, cast, django_assert_max_num_queries):
        demand = make_demand(cast)
        for number in range(6):
            make_application(cast, demand=demand, product=make_offer(cast, f"L{number}"))
        client.force_login(cast.officer)

        with django_assert_max_num_queries(10):
            answer = client.get(reverse("matching:queue-list"))

        assert len(answer.context["table"].rows) == 6

    def test_shows_another_lender_nothing(self, client, cast):
        make_application(cast)
        client.force_login(cast.rival_officer)

        answer = client.get(reverse("matching:queue-list"), {"scope": "branch"})

        assert answer.context["table"].rows == []

    def test_leads_an_approver_to_the_approvals(self, client, cast):
        client.force_login(cast.approver)

        answer = client.get(reverse("matching:queue-list"))

        assert answer.url == reverse("matching:approval-list")

    def test_is_for_lenders(self, client, cast):
        for member in (cast.owner, cast.operator, cast.district_clerk, cast.stranger):
            client.force_login(member)
            assert client.get(reverse("matching:queue-list")).status_code == 403


class TestBatch:
    """Several rows of the queue, looked over and then done."""

    def chosen(self, cast):
        demand = make_demand(cast)
        return [
            make_application(cast, state, demand=demand, product=make_offer(cast, f"L{number}"))
            for number, state in enumerate(("PENDING_ACCEPT", "PENDING_ACCEPT", "IN_APPROVAL"))
        ]

    def ask(self, method, act, rows, **body):
        sent = {"act": act, "id": [str(row.public_id) for row in rows]} | body
        return method(reverse("matching:queue-batch"), sent)

    def test_queue_offers_a_box_for_each_open_case(self, client, cast):
        rows = self.chosen(cast)
        client.force_login(cast.officer)

        answer = client.get(reverse("matching:queue-list"), {"scope": "branch"})
        page = BeautifulSoup(answer.content, "html.parser")

        boxes = page.select("table input[type=checkbox][name=id][form=batch]")
        assert {box["value"] for box in boxes} == {str(row.public_id) for row in rows}
        assert all(box["aria-label"].startswith("选择") for box in boxes)
        assert page.select_one("form#batch[method=get]")

    def test_shows_what_will_be_done_before_it_is(self, client, cast):
        rows = self.chosen(cast)
        client.force_login(cast.officer)

        answer = self.ask(client.get, "accept", rows)

        assert answer.context["able"] == 2
        assert "当前状态不能办理，将跳过" in answer.content.decode()
        assert {row.state for row in LoanApplication.objects.all()} == {
            "PENDING_ACCEPT",
            "IN_APPROVAL",
        }

    def test_does_them_and_says_what_became_of_each(self, client, cast):
        rows = self.chosen(cast)
        client.force_login(cast.officer)

        answer = self.ask(client.post, "accept", rows)

        assert (answer.context["done"], answer.context["refused"]) == (2, 1)
        words = {row[0].url: (row[4].value, row[5]) for row in answer.context["table"].rows}
        assert answer.context["table"].rows[0][4].value == "未办理"
        assert words[review_of(rows[0])] == ("已办理", "")
        assert words[review_of(rows[2])][0] == "未办理"
        assert words[review_of(rows[2])][1]

    def test_asks_again_when_the_words_are_missing(self, client, cast):
        rows = self.chosen(cast)
        client.force_login(cast.officer)

        answer = self.ask(client.post, "note", rows, text="")

        assert answer.status_code == 422
        assert answer.context["form"].errors["text"]

    def test_leads_back_when_nothing_is_ticked(self, client, cast):
        client.force_login(cast.officer)

        answer = self.ask(client.get, "accept", [])

        assert answer.url == reverse("matching:queue-list")

    def test_decides_nothing_for_several(self, client, cast):
        rows = self.chosen(cast)
        client.force_login(cast.officer)

        assert self.ask(client.post, "reject", rows).status_code == 404
        client.force_login(cast.approver)
        assert self.ask(client.get, "accept", rows).status_code == 403


class TestReview:
    def test_is_closed_until_accepted_and_logs_nothing(self, client, cast):
        application = make_application(cast)
        client.force_login(cast.officer)

        text = client.get(review_of(application)).content.decode()

        assert "受理后可查看信用画像" in text
        assert "13900000000" not in text
        assert not AccessRecord.objects.exists()

    def test_sets_what_changed_in_the_data_beside_what_was_frozen(self, client, cast):
        seed(NOW - timedelta(days=3))
        application = make_application(cast, "DUE_DILIGENCE")
        client.force_login(cast.officer)
        same = client.get(review_of(application)).context["review"].value_changes

        deliver_tax(cast.enterprise, NOW + timedelta(minutes=1))
        with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
            answer = client.get(review_of(application))

        labels = {change.label for change in answer.context["review"].value_changes}
        assert same == ()
        assert any("税" in label for label in labels)
        assert all(c.frozen != c.today for c in answer.context["review"].value_changes)
        assert "数据变化" in answer.content.decode()

    def test_says_which_values_are_missing_and_why(self, client, cast):
        client.force_login(cast.officer)
        answer = client.get(review_of(make_application(cast, "DUE_DILIGENCE")))

        screen = answer.context["screen"]
        values = [line.value for group in screen.groups for line in group.lines]
        missing = {value.label for value in values if value.missing is not None}
        named = {name for pair in screen.missing for name in pair.value.split("、")}
        assert missing
        assert named == missing
        assert all(pair.note for pair in screen.missing)

    def test_lists_what_the_enterprise_asked_of_this_lender_before(self, client, cast):
        demand = make_demand(cast)
        refused = make_application(
            cast, "REJECTED", demand=demand, product=make_offer(cast, "L1"), at=NOW
        )
        application = make_application(
            cast, "ACCEPTED", demand=make_demand(cast), product=make_offer(cast, "L2")
        )
        client.force_login(cast.officer)

        rows = client.get(review_of(application)).context["history"].rows

        assert [row[0].url for row in rows] == [review_of(refused)]
        assert rows[0][0].note

    def test_shows_everything_on_one_screen_and_logs_the_reading(self, client, cast):
        application = make_application(cast, "DUE_DILIGENCE")
        client.force_login(cast.officer)

        text = client.get(review_of(application)).content.decode()

        for words in (
            "信用画像",
            "提交时的准入条件",
            "今日变化",
            "申报与记录的差异",
            "数据新鲜度",
            "办理记录",
            "13900000000",
            "供参考，不构成征信报告",
            application.portrait.content_hash[:12],
        ):
            assert words in text
        assert AccessRecord.objects.get().channel == "PAGE"

    def test_shows_the_forms_of_the_steps_allowed_now(self, client, cast):
        application = make_application(cast, "DUE_DILIGENCE")
        client.force_login(cast.officer)

        answer = client.get(review_of(application))

        labels = [entry["label"] for entry in answer.context["acts"]]
        assert labels == ["要求补充资料", "提交审批", "拒绝"]

    def test_loses_portrait_and_fit_with_the_consent(self, client, cast):
        application = make_application(cast, "DUE_DILIGENCE")
        consent_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=NOW
        )
        client.force_login(cast.officer)

        text = client.get(review_of(application)).content.decode()

        assert "不能查看其信用画像" in text
        assert "提交时的准入条件" not in text
        assert application.portrait.content_hash[:12] not in text

    def test_asks_the_database_a_known_number_of_times(
        self, client, cast, django_assert_max_num_queries
    ):
        application = make_application(cast, "DUE_DILIGENCE")
        client.force_login(cast.officer)

        with django_assert_max_num_queries(24):
            client.get(review_of(application))

    @pytest.mark.parametrize(
        "member", ["rival_officer", "rival_approver", "owner", "operator", "district_clerk"]
    )
    def test_is_not_there_for_others(self, client, cast, member):
        application = make_application(cast, "ACCEPTED")
        client.force_login(getattr(cast, member))

        assert client.get(review_of(application)).status_code == 404
        assert act(client, application, "contact", contact_note="x").status_code == 404


class TestSteps:
    def test_the_officer_walks_the_case_to_approval(self, client, cast):
        application = make_application(cast)
        client.force_login(cast.officer)

        act(client, application, "accept")
        act(client, application, "contact", contact_note="已电话联系。")
        act(client, application, "start-due-diligence")
        act(client, application, "request-supplement", document_list="流水\n\n纳税证明")
        act(client, application, "supply", supplied_note="已收到。")
        answer = act(
            client, application, "submit-for-approval", file_complete="on", opinion="同意。"
        )

        application.refresh_from_db()
        assert answer.url == review_of(application)
        assert application.state == "IN_APPROVAL"
        listed = application.events.get(event="REQUEST_SUPPLEMENT").payload["document_list"]
        assert listed == ["流水", "纳税证明"]

    def test_an_unfinished_form_comes_back_open_with_its_error(self, client, cast):
        application = make_application(cast, "ACCEPTED")
        client.force_login(cast.officer)

        answer = act(client, application, "contact", contact_note="")

        assert answer.status_code == 422
        assert "mk-field-error" in answer.content.decode()

    def test_a_rejection_needs_a_reason_of_the_list(self, client, cast):
        application = make_application(cast)
        client.force_login(cast.officer)

        answer = act(client, application, "reject", refusal_code="UGLY")

        assert answer.status_code == 422

    def test_a_step_of_the_wrong_state_is_a_conflict(self, client, cast):
        application = make_application(cast)
        client.force_login(cast.officer)

        answer = act(client, application, "contact", contact_note="x")

        assert answer.status_code == 409

    def test_an_unknown_step_is_not_there(self, client, cast):
        application = make_application(cast)
        client.force_login(cast.officer)

        assert act(client, application, "abolish").status_code == 404

    def test_an_approver_does_not_accept(self, client, cast):
        application = make_application(cast)
        client.force_login(cast.approver)

        assert act(client, application, "accept").status_code == 403

    def test_a_note_is_kept_inside(self, client, cast):
        application = make_application(cast, "ACCEPTED")
        client.force_login(cast.officer)

        client.post(
            reverse("matching:review-note", args=[application.public_id]), {"text": "留意订单。"}
        )

        assert "留意订单。" in client.get(review_of(application)).content.decode()
        client.force_login(cast.owner)
        own = client.get(reverse("matching:application-detail", args=[application.public_id]))
        assert "留意订单。" not in own.content.decode()

    def test_signs_and_without_the_clause_reports_the_bare_status(self, client, cast):
        application = make_application(cast, "APPROVED", consent=NO_FEEDBACK)
        client.force_login(cast.officer)

        act(
            client,
            application,
            "sign",
            contract_no="HT-9",
            signed_date="2026-11-23",
            amount_yuan="30",
            repayment="BULLET",
        )
        act(client, application, "disburse")

        application = LoanApplication.objects.get()
        assert (application.state, application.loan.amount_yuan) == ("DISBURSED", 300_000)


class TestApprovals:
    def test_lists_what_waits(self, client, cast):
        application = make_application(cast, "IN_APPROVAL")
        client.force_login(cast.approver)

        answer = client.get(reverse("matching:approval-list"))

        address = reverse("matching:approval-detail", args=[application.public_id])
        assert [row[0].url for row in answer.context["table"].rows] == [address]

    def test_finds_an_enterprise_by_name_or_code(self, client, cast):
        make_application(cast, "IN_APPROVAL")
        client.force_login(cast.approver)

        def found(text):
            answer = client.get(reverse("matching:approval-list"), {"q": text})
            return len(answer.context["table"].rows)

        assert [found("津禾"), found(cast.enterprise.uscc), found("没有这一家")] == [1, 1, 0]

    def test_shows_amounts_opinion_and_portrait(self, client, cast):
        application = make_application(cast, "IN_APPROVAL")
        client.force_login(cast.approver)

        answer = client.get(reverse("matching:approval-detail", args=[application.public_id]))

        text = answer.content.decode()
        assert "同意。" in text
        assert "50 万元" in text
        assert "信用画像" in text
        assert [entry["label"] for entry in answer.context["acts"]] == [
            "退回尽调",
            "批准授信",
            "拒绝",
        ]

    def test_approves(self, client, cast):
        application = make_application(cast, "IN_APPROVAL")
        client.force_login(cast.approver)
        address = reverse("matching:approval-act", args=[application.public_id, "approve"])

        answer = client.post(address, GRANT)

        line = CreditLine.objects.get()
        assert answer.url == reverse("matching:approval-list")
        assert (line.amount_yuan, line.annual_rate_bp) == (500_000, 398)

    def test_returns_with_an_opinion_only(self, client, cast):
        application = make_application(cast, "IN_APPROVAL")
        client.force_login(cast.approver)
        address = reverse("matching:approval-act", args=[application.public_id, "return"])

        empty = client.post(address, {"opinion": ""})
        client.post(address, {"opinion": "补充担保。"})

        application.refresh_from_db()
        assert empty.status_code == 422
        assert application.state == "DUE_DILIGENCE"

    def test_refuses_more_than_the_product_grants(self, client, cast):
        application = make_application(cast, "IN_APPROVAL")
        client.force_login(cast.approver)
        address = reverse("matching:approval-act", args=[application.public_id, "approve"])

        answer = client.post(address, GRANT | {"amount_yuan": "301"})

        assert answer.status_code == 422
        forms = [act["form"] for act in answer.context["acts"] if act["form"].is_bound]
        assert "不能超过产品最高额度" in forms[0].errors["amount_yuan"][0]
        assert "GUARD_REFUSED" not in answer.text

    def test_says_beside_the_figures_what_the_product_promises(self, client, cast):
        application = make_application(cast, "IN_APPROVAL")
        client.force_login(cast.approver)

        page = client.get(reverse("matching:approval-detail", args=[application.public_id])).text

        assert "产品 10 万元 至 300 万元" in page
        assert "产品公布 3.45% 至 4.80%" in page
        assert "产品最长 36 个月" in page

    def test_refuses_a_rate_above_the_promised_one(self, client, cast):
        application = make_application(cast, "IN_APPROVAL")
        client.force_login(cast.approver)
        address = reverse("matching:approval-act", args=[application.public_id, "approve"])

        answer = client.post(address, GRANT | {"annual_rate_bp": "25"})

        assert answer.status_code == 422
        assert "产品公布 3.45% 至 4.80%" in answer.text
        assert not CreditLine.objects.exists()

    def test_is_the_approvers(self, client, cast):
        application = make_application(cast, "IN_APPROVAL")
        address = reverse("matching:approval-detail", args=[application.public_id])
        decide = reverse("matching:approval-act", args=[application.public_id, "approve"])

        client.force_login(cast.officer)
        assert client.get(address).status_code == 403
        assert client.post(decide, GRANT).status_code == 403
        client.force_login(cast.rival_approver)
        assert client.get(address).status_code == 404
        assert client.post(decide, GRANT).status_code == 404


class TestOperatorsWatch:
    def test_shows_clocks_and_no_amount(self, client, cast):
        make_application(cast, at=NOW - timedelta(days=6))
        client.force_login(cast.operator)

        answer = client.get(reverse("matching:dispatch-list"), {"late": "on"})

        text = answer.content.decode()
        assert "天津津禾示例食品有限公司" in text
        assert "已超时" in text
        assert "50 万元" not in text

    def test_a_case_shows_steps_without_amounts_opinions_or_contact(self, client, cast):
        application = make_application(cast, "APPROVED")
        client.force_login(cast.operator)

        answer = client.get(reverse("matching:dispatch-detail", args=[application.public_id]))

        text = answer.content.decode()
        assert "批准授信" in text
        for hidden in ("50 万元", "3.98%", "同意。", "电话联系", "13900000000"):
            assert hidden not in text

    def test_urges_the_lender(self, client, cast):
        application = make_application(cast, "ACCEPTED")
        client.force_login(cast.operator)
        address = reverse("matching:dispatch-detail", args=[application.public_id])

        client.post(address, {"text": "请今日联系企业。"})

        assert "请今日联系企业。" in client.get(address).content.decode()
        client.force_login(cast.officer)
        assert "请今日联系企业。" in client.get(review_of(application)).content.decode()

    def test_asks_the_database_the_same_for_many(self, client, cast, django_assert_max_num_queries):
        demand = make_demand(cast)
        for number in range(5):
            make_application(cast, demand=demand, product=make_offer(cast, f"L{number}"))
        client.force_login(cast.operator)

        with django_assert_max_num_queries(10):
            client.get(reverse("matching:dispatch-list"))

    def test_is_the_operators(self, client, cast):
        application = make_application(cast)
        address = reverse("matching:dispatch-detail", args=[application.public_id])

        for member in (cast.owner, cast.officer, cast.district_clerk, cast.auditor):
            client.force_login(member)
            assert client.get(reverse("matching:dispatch-list")).status_code == 403
            assert client.get(address).status_code == 403


class TestOfficerWhoLeft:
    """A case whose officer's duty was ended."""

    @pytest.fixture
    def left(self, cast):
        application = make_application(cast, "IN_CONTACT")
        Membership.objects.filter(user=cast.officer).update(ended_at=NOW)
        return application

    def test_is_named_in_the_queue_of_the_others(self, client, cast, left):
        client.force_login(cast.second_officer)

        row = client.get(reverse("matching:queue-list")).context["table"].rows[0]

        assert row[0].url == review_of(left)
        assert (row[5].value, row[5].note) == (str(cast.officer), "已不在任，待接手")

    def test_is_taken_over_from_the_review(self, client, cast, left):
        client.force_login(cast.second_officer)
        address = reverse("matching:review-take-over", args=[left.public_id])
        assert address in client.get(review_of(left)).text

        answer = client.post(address)

        assert answer.url == review_of(left)
        text = client.get(review_of(left)).text
        assert address not in text
        assert "更换客户经理" in text

    def test_offers_an_approver_no_taking_over(self, client, cast, left):
        client.force_login(cast.approver)

        text = client.get(review_of(left)).text

        assert "已不在任" in text
        assert "take-over" not in text
