from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from matching.models import DemandLead, FinancingDemand, LoanApplication
from tests.cast import NOW
from tests.factories.leads import (
    REASON,
    make_bank,
    make_directed,
    make_dispatched,
    make_lead,
    make_offers,
    make_pooled,
    make_taken,
    make_waiting,
)
from tests.factories.matching import SUPPLEMENT, make_application, make_demand, make_steps

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


def page(client, member, name, *keys, **query):
    client.force_login(member)
    return client.get(reverse(f"matching:{name}", args=keys), query)


def post(client, member, name, *keys, **body):
    client.force_login(member)
    return client.post(reverse(f"matching:{name}", args=keys), body)


def text_of(answer):
    return BeautifulSoup(answer.content, "html.parser").get_text(" ", strip=True)


def secrets_of(cast):
    account = cast.enterprise.account
    return [
        cast.enterprise.name,
        cast.enterprise.uscc,
        account.contact_name,
        account.contact_phone,
        str(cast.enterprise.public_id),
    ]


class TestNoPageBeforeConsentNamesTheEnterprise:
    """Of everything a lender or an operator opens before the enterprise consented."""

    @pytest.mark.parametrize(
        ("member", "name"),
        [
            ("officer", "pool-list"),
            ("officer", "lead-list"),
            ("officer", "queue-list"),
            ("operator", "assign-list"),
            ("operator", "lead-watch"),
        ],
    )
    def test_lists(self, client, cast, member, name):
        make_pooled(cast)
        make_taken(cast)
        make_waiting(cast)
        make_dispatched(cast)

        answer = page(client, getattr(cast, member), name)

        assert answer.status_code == 200
        content = answer.content.decode()
        assert not [secret for secret in secrets_of(cast) if secret in content]

    @pytest.mark.parametrize("state", ["OFFERED", "INVITED", "RETURNED", "DECLINED", "LAPSED"])
    def test_leads(self, client, cast, state):
        lead = make_lead(cast, state)

        for member, name, key in (
            (cast.officer, "lead-detail", lead.public_id),
            (cast.operator, "assign-detail", lead.demand.public_id),
        ):
            content = page(client, member, name, key).content.decode()
            assert not [secret for secret in secrets_of(cast) if secret in content]

    def test_the_pool(self, client, cast):
        need = make_pooled(cast)

        content = page(client, cast.officer, "pool-detail", need.public_id).content.decode()

        assert not [secret for secret in secrets_of(cast) if secret in content]


class TestPoolPages:
    def test_list_what_can_be_taken(self, client, cast):
        make_pooled(cast)

        text = text_of(page(client, cast.officer, "pool-list"))

        for shown in ("制造业", "河西区", "50", "12", "信用", "还剩"):
            assert shown in text

    def test_take_leads_to_the_lead(self, client, cast):
        need = make_pooled(cast)
        product = make_offers(cast)[0]

        answer = post(
            client, cast.officer, "pool-detail", need.public_id, product=str(product.public_id)
        )

        lead = DemandLead.objects.get()
        assert answer.url == reverse("matching:lead-detail", args=[lead.public_id])
        assert (lead.state, lead.product) == ("INVITED", product)

    def test_say_when_no_product_suits(self, client, cast):
        need = make_pooled(cast, amount_yuan=Decimal(9_000_000))

        text = text_of(page(client, cast.officer, "pool-detail", need.public_id))

        assert "没有适合该需求" in text

    def test_the_last_slot_gone_is_said_in_words(self, client, cast):
        need = make_pooled(cast)
        FinancingDemand.objects.filter(pk=need.pk).update(pool_slots=0)
        product = str(make_offers(cast)[0].public_id)

        answer = post(client, cast.officer, "pool-detail", need.public_id, product=product)

        assert answer.status_code == 409
        assert "已抢完" in text_of(answer)

    def test_show_the_duplicate_mark(self, client, cast):
        make_pooled(cast)
        make_pooled(cast, NOW + timedelta(seconds=1))

        with time_machine.travel(NOW + timedelta(hours=1), tick=False):
            assert "疑似重复线索" in text_of(page(client, cast.officer, "pool-list"))

    @pytest.mark.parametrize("count", [1, 5])
    def test_take_the_same_queries_for_any_number(
        self, client, cast, count, django_assert_max_num_queries
    ):
        for _ in range(count):
            make_pooled(cast)
        client.force_login(cast.officer)

        with django_assert_max_num_queries(12):
            client.get(reverse("matching:pool-list"))


class TestLeadPages:
    def test_offer_taking_and_returning(self, client, cast):
        lead = make_dispatched(cast)

        answer = page(client, cast.officer, "lead-detail", lead.public_id)

        assert answer.context["take_form"]
        assert answer.context["return_form"]

    def test_the_approver_reads_only(self, client, cast):
        lead = make_dispatched(cast)

        answer = page(client, cast.approver, "lead-detail", lead.public_id)

        assert not answer.context["take_form"]
        assert not answer.context["return_form"]

    def test_return_without_a_reason_says_so_at_the_field(self, client, cast):
        lead = make_dispatched(cast)

        answer = post(client, cast.officer, "lead-return", lead.public_id, return_code="OTHER")

        assert answer.status_code == 422
        assert "请说明原因" in text_of(answer)

    def test_returned_it_shows_the_reason(self, client, cast):
        lead = make_lead(cast, "RETURNED")

        text = text_of(page(client, cast.officer, "lead-detail", lead.public_id))

        assert "人手或额度不足" in text
        assert REASON["return_note"] in text

    def test_converted_it_leads_to_the_application(self, client, cast):
        lead = make_lead(cast, "CONVERTED")

        content = page(client, cast.officer, "lead-detail", lead.public_id).content.decode()

        assert reverse("matching:review-detail", args=[lead.application.public_id]) in content


class TestNeedPages:
    def test_offer_every_way_to_a_published_need(self, client, cast):
        need = make_demand(cast)

        answer = page(client, cast.owner, "need-detail", need.public_id)

        assert [way["label"] for way in answer.context["ways"]] == ["进入抢单池", "请平台派单"]
        assert answer.context["choose_url"]

    def test_offer_none_to_a_draft(self, client, cast):
        need = make_demand(cast, publish=False)

        answer = page(client, cast.owner, "need-detail", need.public_id)

        assert (answer.context["ways"], answer.context["choose_url"]) == ([], "")

    @pytest.mark.parametrize(
        ("name", "state"), [("need-pool", "IN_POOL"), ("need-dispatch", "TO_DISPATCH")]
    )
    def test_send_the_need_out(self, client, cast, name, state):
        need = make_demand(cast)

        post(client, cast.owner, name, need.public_id)

        assert FinancingDemand.objects.get(pk=need.pk).state == state

    def test_an_invitation_leads_to_the_consent_screen(self, client, cast):
        lead = make_taken(cast)

        content = page(client, cast.owner, "need-detail", lead.demand.public_id).content.decode()

        assert "示例城市银行" in content
        keys = [lead.demand.public_id, lead.product.public_id]
        assert reverse("matching:application-create", args=keys) in content
        assert reverse("matching:lead-decline", args=[lead.public_id]) in content

    def test_declining_returns_to_the_need(self, client, cast):
        lead = make_taken(cast)

        answer = post(client, cast.owner, "lead-decline", lead.public_id)

        assert answer.url == reverse("matching:need-detail", args=[lead.demand.public_id])
        assert DemandLead.objects.get().state == "DECLINED"

    def test_choosing_lists_lenders_that_suit(self, client, cast):
        make_offers(cast)
        need = make_demand(cast)

        answer = page(client, cast.owner, "need-lenders", need.public_id)

        choices = [code for code, _ in answer.context["form"].fields["institutions"].choices]
        assert choices == ["B001", "B002"]

    def test_choosing_too_many_is_said_at_the_field(self, client, cast):
        make_offers(cast)
        make_bank(1)
        make_bank(2)
        need = make_demand(cast)
        wanted = ["B001", "B002", "T001", "T002"]

        answer = post(client, cast.owner, "need-lenders", need.public_id, institutions=wanted)

        assert answer.status_code == 422
        assert "最多定向 3 家" in text_of(answer)

    def test_chosen_lenders_are_shown_with_their_state(self, client, cast):
        lead = make_directed(cast)

        text = text_of(page(client, cast.owner, "need-detail", lead.demand.public_id))

        assert "待机构接单" in text
        assert "定向" in text


class TestOperatorPages:
    def test_suggest_in_order_with_reasons(self, client, cast):
        need = make_waiting(cast)

        answer = page(client, cast.operator, "assign-detail", need.public_id)

        (none, _), (first, words), _ = answer.context["form"].fields["institution"].choices
        assert (none, first) == ("", "B001")
        assert "适合的产品 1 个" in words
        assert "人均在办" in text_of(answer)

    def test_dispatch(self, client, cast):
        need = make_waiting(cast)

        post(client, cast.operator, "assign-detail", need.public_id, institution="")
        assert not DemandLead.objects.exists()

        post(client, cast.operator, "assign-detail", need.public_id, institution="B002")

        lead = DemandLead.objects.get()
        assert (lead.institution, lead.state) == (cast.rival_institution, "OFFERED")

    def test_list_late_leads_on_request(self, client, cast):
        make_dispatched(cast)

        assert "示例城市银行" not in text_of(page(client, cast.operator, "lead-watch", late="on"))
        with time_machine.travel(NOW + timedelta(days=2), tick=False):
            assert "已超时" in text_of(page(client, cast.operator, "lead-watch", late="on"))

    def test_filter_by_state(self, client, cast):
        make_waiting(cast)

        assert "河西区" in text_of(page(client, cast.operator, "assign-list", state="TO_DISPATCH"))
        answer = page(client, cast.operator, "assign-list", state="IN_POOL")
        assert answer.context["table"].rows == []


class TestMovePages:
    def test_list_other_lenders_and_the_papers(self, client, cast):
        first, rival = make_offers(cast)
        application = make_application(cast, "DUE_DILIGENCE", product=first)
        make_steps(cast, application, (SUPPLEMENT, ("SUPPLY", "owner", {"supplied_note": "已交"})))

        answer = page(client, cast.owner, "application-move", application.public_id)

        keys = [application.public_id, rival.public_id]
        content = answer.content.decode()
        assert reverse("matching:application-move-to", args=keys) in content
        assert "近三月流水" in content

    def test_move_under_a_new_consent(self, client, cast):
        first, rival = make_offers(cast)
        application = make_application(cast, product=first)
        body = {"data_classes": ["01"], "valid_months": "12", "is_agreed": "on"}

        answer = post(
            client,
            cast.owner,
            "application-move-to",
            application.public_id,
            rival.public_id,
            **body,
        )

        moved = LoanApplication.objects.get(moved_from=application)
        assert answer.url == reverse("matching:application-detail", args=[moved.public_id])

    def test_are_closed_once_it_is_approved(self, client, cast):
        application = make_application(cast, "APPROVED")

        answer = page(client, cast.owner, "application-move", application.public_id)

        assert answer.status_code == 409


class TestQueries:
    """Each page asks no more than its docstring says; logging in costs two."""

    @pytest.mark.parametrize(
        ("member", "name", "make", "most"),
        [
            ("officer", "pool-detail", lambda cast: make_pooled(cast).public_id, 14),
            ("officer", "lead-detail", lambda cast: make_dispatched(cast).public_id, 14),
            ("operator", "assign-detail", lambda cast: make_waiting(cast).public_id, 20),
            ("owner", "need-lenders", lambda cast: make_waiting_directly(cast).public_id, 16),
            ("owner", "need-detail", lambda cast: make_taken(cast).demand.public_id, 22),
        ],
    )
    def test_stay_within_the_bound(
        self, client, cast, member, name, make, most, django_assert_max_num_queries
    ):
        key = make(cast)
        client.force_login(getattr(cast, member))

        with django_assert_max_num_queries(most + 2):
            assert client.get(reverse(f"matching:{name}", args=[key])).status_code == 200


def make_waiting_directly(cast):
    make_offers(cast)
    return make_demand(cast)
