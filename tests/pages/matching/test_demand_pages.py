from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse

from matching.models import FinancingDemand
from tests.cast import NOW
from tests.factories.matching import make_application, make_demand, make_offer

pytestmark = pytest.mark.django_db
NEED = {
    "amount_yuan": "50",
    "term_months": "12",
    "purpose": "WORKING_CAPITAL",
    "guarantee": "CREDIT",
}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


def page(client, member, name, *keys):
    client.force_login(member)
    return client.get(reverse(f"matching:{name}", args=keys))


def post(client, member, name, *keys, **body):
    client.force_login(member)
    return client.post(reverse(f"matching:{name}", args=keys), body)


class TestNeedCreate:
    def test_asks_nothing_that_the_register_knows(self, client, cast):
        answer = page(client, cast.owner, "need-create")

        asked = set(answer.context["form"].fields)
        assert asked == {
            "amount_yuan",
            "term_months",
            "purpose",
            "purpose_note",
            "guarantee",
            "max_rate_bp",
            "is_first_loan",
        }
        assert "91120103MA05010399" in answer.content.decode()

    def test_asks_what_the_register_lacks(self, client, cast):
        cast.enterprise.employees = None
        cast.enterprise.save(update_fields=["employees"])

        answer = page(client, cast.owner, "need-create")

        assert "declared_employees" in answer.context["form"].fields

    def test_publishes_and_leads_to_the_fits(self, client, cast):
        answer = post(client, cast.owner, "need-create", **NEED)

        demand = FinancingDemand.objects.get()
        assert (demand.state, demand.amount_yuan) == ("PUBLISHED", 500_000)
        assert answer.url == reverse("matching:need-detail", args=[demand.public_id])

    def test_keeps_a_draft_when_asked(self, client, cast):
        post(client, cast.agent, "need-create", **NEED, draft="1")

        assert FinancingDemand.objects.get().state == "DRAFT"

    def test_shows_the_rule_and_code_at_the_field(self, client, cast):
        answer = post(client, cast.owner, "need-create", **(NEED | {"amount_yuan": "0.1"}))

        text = answer.content.decode()
        assert answer.status_code == 422
        assert "融资金额应在 1 万元至 10,000 万元之间" in text
        assert "DEMAND_INVALID" in text
        assert not FinancingDemand.objects.exists()

    def test_wants_a_word_for_an_unusual_purpose(self, client, cast):
        answer = post(client, cast.owner, "need-create", **(NEED | {"purpose": "OTHER"}))

        assert answer.context["form"].errors.keys() == {"purpose_note"}


class TestNeedDetail:
    def test_groups_products_with_reasons(self, client, cast):
        demand = make_demand(cast)
        make_offer(cast, "P001")
        make_offer(cast, "P002", term_max_months=6)
        make_offer(
            cast,
            "P003",
            rules=[
                {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "1000"}
            ],
        )

        answer = page(client, cast.owner, "need-detail", demand.public_id)

        counts = {group.outcome.value: len(group.lines) for group in answer.context["groups"]}
        assert counts == {"FITS": 1, "CANNOT_TELL": 1, "DOES_NOT_FIT": 1}
        text = answer.content.decode()
        assert "示例信用贷P002" in text
        assert "期限" in text

    def test_asks_the_database_a_known_number_of_times(
        self, client, cast, django_assert_max_num_queries
    ):
        demand = make_demand(cast)
        for number in range(12):
            make_offer(cast, f"Q{number:03d}")
        client.force_login(cast.owner)

        with django_assert_max_num_queries(15):
            client.get(reverse("matching:need-detail", args=[demand.public_id]))

    def test_is_not_there_for_others(self, client, cast):
        demand = make_demand(cast)

        for member in (cast.rival_owner, cast.officer, cast.operator, cast.district_clerk):
            assert page(client, member, "need-detail", demand.public_id).status_code == 404

    def test_withdraws(self, client, cast):
        demand = make_demand(cast)

        answer = post(client, cast.owner, "need-withdraw", demand.public_id)

        demand.refresh_from_db()
        assert (answer.status_code, demand.state) == (302, "WITHDRAWN")

    def test_does_not_withdraw_under_an_open_application(self, client, cast):
        application = make_application(cast)

        answer = post(client, cast.owner, "need-withdraw", application.demand.public_id)

        assert answer.status_code == 409
        assert "还有在办的申请" in answer.content.decode()


class TestNeedList:
    def test_shows_ones_own(self, client, cast):
        demand = make_demand(cast)

        assert str(demand.public_id) in page(client, cast.agent, "need-list").content.decode()
        assert (
            str(demand.public_id)
            not in page(client, cast.rival_owner, "need-list").content.decode()
        )

    def test_is_for_enterprises(self, client, cast):
        assert page(client, cast.officer, "need-list").status_code == 403
