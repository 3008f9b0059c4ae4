from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse
from rest_framework.test import APIClient

from matching.models import FinancingDemand
from tests.cast import NOW
from tests.factories.deliveries import deliver_tax, seed
from tests.factories.matching import make_application, make_demand, make_offer

pytestmark = pytest.mark.django_db
NEED = {
    "amount_yuan": "500000.00",
    "term_months": 12,
    "purpose": "WORKING_CAPITAL",
    "guarantee": "CREDIT",
}
DEMAND_KEYS = {
    "id",
    "state",
    "state_label",
    "mode",
    "pool_until",
    "amount_yuan",
    "term_months",
    "purpose",
    "purpose_note",
    "guarantee",
    "max_rate_bp",
    "declared_employees",
    "declared_revenue_yuan",
    "is_first_loan",
    "created_at",
    "published_at",
    "expires_at",
    "closed_at",
}
FIT_KEYS = {
    "product_id",
    "product_name",
    "institution",
    "outcome",
    "outcome_label",
    "fits",
    "does_not_fit",
    "cannot_tell",
    "missing_classes",
    "reasons",
    "group",
    "consent_classes",
    "change_set",
    "cost",
    "rank",
}
REASON_KEYS = {
    "rule_code",
    "outcome",
    "sentence",
    "own_value",
    "limit",
    "unit",
    "evidence_ids",
    "parameter_version",
}
CHANGE_KEYS = {
    "means",
    "feasibility",
    "sentence",
    "feature",
    "target",
    "rule_codes",
    "data_class",
    "on_date",
}
PROSPECT_KEYS = {
    "means",
    "sentence",
    "gained",
    "lost",
    "told",
    "record_id",
    "data_class",
    "on_date",
}
TAX_RULE = {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "1000"}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def api():
    return APIClient()


def url(name, *keys):
    return reverse(f"api:{name}", args=keys)


class TestDemandCreate:
    def test_gives_exactly_the_keys_of_the_enterprise(self, api, cast):
        api.force_login(cast.owner)

        answer = api.post(url("demand-list"), NEED, format="json")

        assert answer.status_code == 201
        assert set(answer.data) == DEMAND_KEYS
        assert (answer.data["state"], answer.data["amount_yuan"]) == ("DRAFT", "500000.00")

    def test_publishes_when_told(self, api, cast):
        api.force_login(cast.owner)

        answer = api.post(url("demand-list"), NEED | {"publish": True}, format="json")

        assert answer.data["state"] == "PUBLISHED"

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"amount_yuan": "many"}, "amount_yuan"),
            ({"amount_yuan": "1.00"}, "amount_yuan"),
            ({"term_months": 361}, "term_months"),
            ({"purpose": "GAMBLING"}, "purpose"),
            ({"uscc": "91120103MA05010399"}, "uscc"),
        ],
    )
    def test_answers_400_at_the_field(self, api, cast, changed, field):
        api.force_login(cast.owner)

        answer = api.post(url("demand-list"), NEED | changed, format="json")

        assert answer.status_code == 400
        assert set(answer.data["fields"]) == {field}
        assert not FinancingDemand.objects.exists()

    def test_is_for_enterprises(self, api, cast):
        for member in (cast.officer, cast.operator, cast.stranger):
            api.force_login(member)
            assert api.post(url("demand-list"), NEED, format="json").status_code == 403
            assert api.get(url("demand-list")).status_code == 403


class TestDemandRead:
    def test_lists_ones_own(self, api, cast):
        demand = make_demand(cast)
        api.force_login(cast.agent)
        own = api.get(url("demand-list"))
        api.force_login(cast.rival_owner)
        others = api.get(url("demand-list"))

        assert [row["id"] for row in own.data["results"]] == [str(demand.public_id)]
        assert others.data["results"] == []

    @pytest.mark.parametrize(
        "name", ["demand-detail", "demand-fits", "demand-prospects", "demand-compare"]
    )
    def test_is_not_there_for_others(self, api, cast, name):
        demand = make_demand(cast)

        for member in (cast.rival_owner, cast.officer, cast.operator, cast.district_clerk):
            api.force_login(member)
            assert api.get(url(name, demand.public_id)).status_code == 404


class TestDemandFits:
    def test_gives_every_reason(self, api, cast):
        demand = make_demand(cast)
        make_offer(cast)
        api.force_login(cast.owner)

        (found,) = api.get(url("demand-fits", demand.public_id)).data

        assert set(found) == FIT_KEYS
        assert found["outcome"] == "FITS"
        assert len(found["reasons"]) == found["fits"]
        assert set(found["reasons"][0]) == REASON_KEYS
        assert found["reasons"][0]["own_value"] == "500000.00"
        assert found["reasons"][0]["limit"] == ["100000.00", "3000000.00"]

    def test_gives_cost_and_place_with_their_grounds(self, api, cast):
        demand = make_demand(cast)
        make_offer(cast)
        api.force_login(cast.owner)

        (found,) = api.get(url("demand-fits", demand.public_id)).data

        assert found["cost"]["rate_bp"] == 480
        assert found["cost"]["cost_yuan"] == "24000.00"
        assert set(found["rank"]) == {"points", "sentence", "parts"}
        assert found["rank"]["points"] in found["rank"]["sentence"]

    def test_says_what_would_make_it_fit(self, api, cast):
        demand = make_demand(cast, term_months=48)
        make_offer(cast)
        api.force_login(cast.owner)

        (found,) = api.get(url("demand-fits", demand.public_id)).data

        (change,) = found["change_set"]["changes"]
        assert set(change) == CHANGE_KEYS
        assert (found["group"], found["change_set"]["is_reachable"]) == ("ALMOST", True)
        assert (change["feature"], change["target"]) == ("term_months", "36")


class TestDemandCompare:
    def ask(self, api, demand, *products):
        return api.get(
            url("demand-compare", demand.public_id),
            {"id": [str(product.public_id) for product in products]},
        )

    def test_gives_what_was_asked_for_with_its_terms_in_the_order_of_the_list(self, api, cast):
        demand = make_demand(cast, term_months=48)
        near, fits, _ = [
            make_offer(cast, code, term_max_months=months)
            for code, months in (("P001", 36), ("P002", 60), ("P003", 60))
        ]
        api.force_login(cast.owner)

        found = self.ask(api, demand, near, fits).data

        assert [row["product_id"] for row in found] == [str(fits.public_id), str(near.public_id)]
        assert set(found[0]) == FIT_KEYS | {"terms"}
        assert (found[0]["terms"]["term_max_months"], found[1]["group"]) == (60, "ALMOST")

    def test_refuses_more_than_four_and_what_is_no_product(self, api, cast):
        demand = make_demand(cast)
        products = [make_offer(cast, f"P00{number}") for number in range(5)]
        api.force_login(cast.owner)

        many = self.ask(api, demand, *products)
        none = api.get(url("demand-compare", demand.public_id), {"id": "x"})

        assert (many.status_code, many.data["code"]) == (400, "COMPARE_TOO_MANY")
        assert none.status_code == 400


class TestDemandProspects:
    def test_gives_steps_with_the_products_they_help_with(self, api, cast):
        demand = make_demand(cast, term_months=48)
        product = make_offer(cast)
        make_offer(cast, "P002", term_max_months=60)
        api.force_login(cast.owner)

        found = api.get(url("demand-prospects", demand.public_id)).data

        (step,) = found["actions"]
        assert set(found) == {"actions", "consents", "told_without_consent", "products"}
        assert set(step) == PROSPECT_KEYS
        assert (step["means"], step["gained"], step["lost"]) == (
            "NEED",
            [str(product.public_id)],
            [],
        )
        assert (found["products"], found["told_without_consent"]) == (2, 2)

    def test_counts_what_an_authorisation_lets_lenders_tell(self, api, cast):
        demand = make_demand(cast)
        product = make_offer(cast, rules=[TAX_RULE])
        seed(NOW)
        deliver_tax(cast.enterprise, NOW)
        api.force_login(cast.owner)

        found = api.get(url("demand-prospects", demand.public_id)).data

        (opened,) = found["consents"]
        assert (opened["data_class"], opened["told"]) == ("09", [str(product.public_id)])
        assert found["told_without_consent"] == 0


class TestDemandVerbs:
    def test_publish_then_withdraw(self, api, cast):
        demand = make_demand(cast, publish=False)
        api.force_login(cast.owner)

        published = api.post(url("demand-publish", demand.public_id))
        withdrawn = api.post(url("demand-withdraw", demand.public_id))
        again = api.post(url("demand-withdraw", demand.public_id))

        assert (published.data["state"], withdrawn.data["state"]) == ("PUBLISHED", "WITHDRAWN")
        assert (again.status_code, again.data["code"]) == (409, "TRANSITION_REFUSED")

    def test_close_waits_for_open_applications(self, api, cast):
        application = make_application(cast)
        api.force_login(cast.owner)

        answer = api.post(url("demand-close", application.demand.public_id))

        assert (answer.status_code, answer.data["code"]) == (409, "GUARD_REFUSED")

    @pytest.mark.parametrize("verb", ["publish", "withdraw", "close"])
    def test_is_not_there_for_others(self, api, cast, verb):
        demand = make_demand(cast)
        api.force_login(cast.rival_owner)

        assert api.post(url(f"demand-{verb}", demand.public_id)).status_code == 404
