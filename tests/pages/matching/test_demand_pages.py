from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from matching.models import FinancingDemand, LoanApplication
from matching.selectors.offers import demand_offers
from tests.cast import NOW
from tests.factories.borrowers import make_penalty
from tests.factories.deliveries import deliver_tax, seed
from tests.factories.matching import make_application, make_demand, make_offer

pytestmark = pytest.mark.django_db
NEED = {
    "amount_yuan": "50",
    "term_months": "12",
    "purpose": "WORKING_CAPITAL",
    "guarantee": "CREDIT",
}

TAX = {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "1000"}
CLEAN = {"code": "PENALTIES", "feature": "penalties_24m", "operator": "LE", "value": "0"}


def penalty_and_tax(cast):
    make_penalty(at=NOW)
    deliver_tax(cast.enterprise, NOW)


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


class TestNeedChange:
    """A draft is changed on the page it was written on."""

    @pytest.fixture
    def draft(self, cast):
        return make_demand(cast, publish=False, max_rate_bp=450, purpose_note="采购原料")

    def test_starts_from_what_there_is(self, client, cast, draft):
        answer = page(client, cast.agent, "need-change", draft.public_id)

        form = BeautifulSoup(answer.content, "html.parser").select_one("main form")
        typed = {tag["name"]: tag.get("value") for tag in form.select("input[name]")}
        assert typed["amount_yuan"] == "50"
        assert (typed["term_months"], typed["max_rate_bp"]) == ("12", "4.50")
        assert "采购原料" in form.select_one("textarea").get_text()
        assert form.select_one("option[selected]")["value"] == "WORKING_CAPITAL"

    @pytest.mark.parametrize(("body", "state"), [({"draft": "1"}, "DRAFT"), ({}, "PUBLISHED")])
    def test_is_kept_or_published(self, client, cast, draft, body, state):
        body = NEED | {"amount_yuan": "80"} | body
        answer = post(client, cast.owner, "need-change", draft.public_id, **body)

        draft.refresh_from_db()
        assert answer.url == reverse("matching:need-detail", args=[draft.public_id])
        assert (draft.state, draft.amount_yuan) == (state, 800_000)

    def test_shows_the_rule_at_the_field(self, client, cast, draft):
        body = NEED | {"amount_yuan": "0.1"}

        assert post(client, cast.owner, "need-change", draft.public_id, **body).status_code == 422

    def test_is_offered_for_a_draft_alone(self, client, cast, draft):
        published = make_demand(cast)
        for demand, is_offered in ((draft, True), (published, False)):
            text = page(client, cast.owner, "need-detail", demand.public_id).content.decode()
            address = reverse("matching:need-change", args=[demand.public_id])
            assert (f'href="{address}"' in text) is is_offered

    def test_of_a_published_need_leads_back_and_refuses(self, client, cast):
        demand = make_demand(cast)

        opened = page(client, cast.owner, "need-change", demand.public_id)
        sent = post(client, cast.owner, "need-change", demand.public_id, **NEED)

        assert opened.url == reverse("matching:need-detail", args=[demand.public_id])
        assert sent.status_code == 409
        assert "只有草稿可以修改" in sent.content.decode()


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

        counts = {group.code: len(group.lines) for group in answer.context["groups"]}
        assert counts == {"FITS": 1, "ALMOST": 1, "CANNOT_TELL": 1, "DOES_NOT_FIT": 0}
        text = answer.content.decode()
        assert "示例信用贷P002" in text
        assert "期限" in text

    def test_shows_the_first_of_a_group_and_the_rest_when_asked(self, client, cast):
        for number in range(15):
            make_offer(cast, f"P{number:02}")
        demand = make_demand(cast)
        address = reverse("matching:need-detail", args=[demand.public_id])

        first = BeautifulSoup(
            page(client, cast.owner, "need-detail", demand.public_id).content, "html.parser"
        )
        whole = BeautifulSoup(client.get(f"{address}?rest=FITS").content, "html.parser")

        assert "15 个产品" in first.select_one("#group-FITS").get_text(" ", strip=True)
        assert len(first.select(".mk-fit")) == 12
        assert first.select_one("#rest-FITS a").get_text(strip=True) == "其余 3 个产品"
        assert len(whole.select(".mk-fit")) == 15
        assert len(whole.select("#rest-FITS .mk-fit")) == 3
        assert not whole.select("#rest-FITS > a")

    def test_knows_no_rest_of_an_unknown_group(self, client, cast):
        demand = make_demand(cast)
        address = reverse("matching:need-detail", args=[demand.public_id])
        client.force_login(cast.owner)

        assert client.get(f"{address}?rest=NONE").status_code == 200

    def test_says_what_would_make_it_fit_and_in_whose_hands_it_is(self, client, cast):
        demand = make_demand(cast)
        make_offer(cast, "P002", term_max_months=6)
        make_offer(cast, "P003", district_codes=["120101"])

        text = page(client, cast.owner, "need-detail", demand.public_id).content.decode()

        assert "还差:融资期限由 12 个月缩短至 6 个月" in text.replace("：", ":")
        assert "企业可办" in text
        assert "须所在区属于和平区，不能靠操作改变" in text
        assert "目前不能改变" in text

    def test_counts_what_one_step_would_do(self, client, cast):
        demand = make_demand(cast)
        make_offer(cast, "P001", term_max_months=6)
        make_offer(cast, "P002", term_max_months=6)

        text = page(client, cast.owner, "need-detail", demand.public_id).content.decode()

        assert "多符合 2 个产品：示例信用贷P001、示例信用贷P002" in text

    def test_leads_to_the_repair_that_helps(self, client, cast):
        demand = make_demand(cast)
        penalty = make_penalty(at=NOW, 处罚决定日期="2026-05-12")
        make_offer(cast, rules=[CLEAN])

        answer = page(client, cast.owner, "need-detail", demand.public_id)

        (step,) = answer.context["steps"]
        assert step.url == reverse("borrowers:repair-create", args=[penalty.public_id])
        assert "津示罚〔2026〕1号" in step.sentence
        assert step.url in answer.content.decode()

    def test_does_not_lead_to_a_repair_before_its_day(self, client, cast):
        demand = make_demand(cast)
        make_penalty(at=NOW, 处罚决定日期="2026-11-01")
        make_offer(cast, rules=[CLEAN])

        answer = page(client, cast.owner, "need-detail", demand.public_id)

        (step,) = answer.context["steps"]
        assert (step.url, step.when[:2]) == ("", "最早")

    def test_says_what_an_authorisation_is_good_for(self, client, cast):
        demand = make_demand(cast)
        seed(NOW)
        deliver_tax(cast.enterprise, NOW)
        make_offer(cast, rules=[TAX])

        text = page(client, cast.owner, "need-detail", demand.public_id).content.decode()

        assert "机构凭公开信息能判断 1 个产品中的 0 个" in text
        assert "授权“纳税”</strong>，机构可多判断 1 个产品，其中 1 个符合" in text
        assert "申请时须授权该机构查询：纳税" in text

    def test_shows_the_cost_in_yuan_and_explains_the_order(self, client, cast):
        demand = make_demand(cast)
        make_offer(cast)

        text = page(client, cast.owner, "need-detail", demand.public_id).content.decode()

        assert "24,000.00 元" in text
        assert "排序说明：合计" in text
        assert "不收费排名" in text

    def test_asks_the_database_at_most_twelve_times(
        self, client, cast, django_assert_max_num_queries
    ):
        demand = make_demand(cast)
        penalty_and_tax(cast)
        for number in range(12):
            make_offer(cast, f"Q{number:03d}", rules=[TAX, CLEAN])
        client.force_login(cast.owner)

        with django_assert_max_num_queries(12):
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


class TestNeedUnderAnApplication:
    """A need with which an application is under way."""

    def test_offers_nothing_that_would_be_refused_and_says_why(self, client, cast):
        demand = make_application(cast).demand

        answer = page(client, cast.owner, "need-detail", demand.public_id)

        text = answer.content.decode()
        assert "有在办的申请：先撤回申请或等待办结" in text
        for name in ("need-pool", "need-dispatch", "need-withdraw", "need-close"):
            assert reverse(f"matching:{name}", args=[demand.public_id]) not in text
        assert reverse("matching:need-lenders", args=[demand.public_id]) in text

    def test_leads_from_the_product_to_the_application(self, client, cast):
        application = make_application(cast)
        other = make_offer(cast, "P002")
        demand = application.demand

        answer = page(client, cast.owner, "need-detail", demand.public_id)

        lines = [line for group in answer.context["groups"] for line in group.lines]
        found = {line.offer.product.product.code: (line.url, line.applied_url) for line in lines}
        own = reverse("matching:application-detail", args=[application.public_id])
        keys = [demand.public_id, other.public_id]
        assert found["P001"] == ("", own)
        assert found["P002"] == (reverse("matching:application-create", args=keys), "")
        assert "已申请，查看进度" in answer.content.decode()
        assert "资料齐全后 5 个工作日内审批" in answer.content.decode()

    @pytest.mark.parametrize("state", ["REJECTED", "WITHDRAWN"])
    def test_offers_them_again_when_it_has_ended(self, client, cast, state):
        application = make_application(cast, state)
        demand = application.demand

        text = page(client, cast.owner, "need-detail", demand.public_id).content.decode()

        assert "有在办的申请" not in text
        assert reverse("matching:need-withdraw", args=[demand.public_id]) in text
        keys = [demand.public_id, application.product.public_id]
        assert reverse("matching:application-create", args=keys) in text

    def test_asks_the_database_the_same_for_many(self, client, cast, django_assert_max_num_queries):
        demand = make_demand(cast)
        for number in range(6):
            product = make_offer(cast, f"Q{number}")
            make_application(cast, demand=demand, product=product)
        client.force_login(cast.owner)

        with django_assert_max_num_queries(14):
            client.get(reverse("matching:need-detail", args=[demand.public_id]))


class TestNeedList:
    def test_begins_with_what_waits_for_the_reader(self, client, cast):
        waiting = make_application(cast, "SUPPLEMENT", product=make_offer(cast, "W1"))
        make_application(
            cast, "DUE_DILIGENCE", demand=waiting.demand, product=make_offer(cast, "W2")
        )

        answer = page(client, cast.owner, "need-list")

        assert [wait["application"] for wait in answer.context["waits"]] == [waiting]
        assert "机构请您补充资料" in answer.text
        assert reverse("matching:application-detail", args=[waiting.public_id]) in answer.text
        assert page(client, cast.rival_owner, "need-list").context["waits"] == []

    def test_shows_ones_own(self, client, cast):
        demand = make_demand(cast)

        assert str(demand.public_id) in page(client, cast.agent, "need-list").content.decode()
        assert (
            str(demand.public_id)
            not in page(client, cast.rival_owner, "need-list").content.decode()
        )

    def test_is_for_enterprises(self, client, cast):
        assert page(client, cast.officer, "need-list").status_code == 403


class TestNeedCompare:
    """Products of the fit list side by side, on the need's own amount and term."""

    def compare(self, client, cast, demand, *ids):
        client.force_login(cast.owner)
        return client.get(reverse("matching:need-compare", args=[demand.public_id]), {"id": ids})

    def test_fit_list_offers_a_box_for_each_product(self, client, cast):
        products = {str(make_offer(cast, f"P{number}").public_id) for number in range(3)}
        demand = make_demand(cast)

        answer = page(client, cast.owner, "need-detail", demand.public_id)

        soup = BeautifulSoup(answer.content, "html.parser")
        boxes = soup.select("input[type=checkbox][name=id][form=compare]")
        assert {box["value"] for box in boxes} == products
        assert not soup.select("summary input")
        assert soup.select_one("form#compare[method=get]")

    def test_shows_cost_of_the_own_need_and_how_near_each_is(self, client, cast):
        plain = make_offer(cast, "P2")
        taxed = make_offer(cast, "P1", rules=(TAX,))
        make_offer(cast, "P3")
        demand = make_demand(cast)

        answer = self.compare(client, cast, demand, taxed.public_id, plain.public_id)

        table = answer.context["table"]
        same = {row[0]: [row[1]] * 2 for row in answer.context["same"].rows}
        rows = same | {row[0]: row[1:] for row in table.rows}
        offers = [
            offer
            for offer in demand_offers(demand, NOW).offers
            if offer.product.product.pk in (plain.pk, taxed.pk)
        ]
        costs = [offer.cost for offer in offers]
        assert [column.label for column in table.columns[1:]] == [plain.name, taxed.name]
        assert rows["利息和费用合计（最多）"] == [f"{cost.cost_yuan:,.2f} 元" for cost in costs]
        assert all(cost.amount_yuan == demand.amount_yuan for cost in costs)
        monthly = [round(cost.cost_yuan / demand.term_months, 2) for cost in costs]
        assert rows["折合每月（最多）"] == [f"{amount:,.2f} 元" for amount in monthly]
        assert rows["符合程度"][0].startswith("符合")
        assert rows["符合程度"][1].startswith("无法判断")
        assert [cell.url for cell in rows["申请"]] == [
            reverse("matching:application-create", args=[demand.public_id, product.public_id])
            for product in (plain, taxed)
        ]

    def test_says_once_and_folded_what_all_have_in_common(self, client, cast):
        plain, taxed = make_offer(cast, "P2"), make_offer(cast, "P1", rules=(TAX,))
        demand = make_demand(cast)

        answer = self.compare(client, cast, demand, taxed.public_id, plain.public_id)

        differing, same = answer.context["table"].rows, answer.context["same"].rows
        assert {row[0] for row in differing}.isdisjoint(row[0] for row in same)
        assert all(any(value != row[1] for value in row[2:]) for row in differing)
        assert "机构" in {row[0] for row in same}
        assert "符合程度" in {row[0] for row in differing}
        assert differing[-1][0] == "申请"
        fold = BeautifulSoup(answer.content, "html.parser").select_one("main details.mk-fold")
        assert f"相同的 {len(same)} 项" in fold.summary.get_text()
        assert len(fold.select("tbody tr")) == len(same)
        assert not fold.has_attr("open")

    def test_of_one_product_folds_nothing(self, client, cast):
        product, demand = make_offer(cast, "P1"), make_demand(cast)

        answer = self.compare(client, cast, demand, product.public_id)

        assert answer.context["same"] is None
        assert "机构" in {row[0] for row in answer.context["table"].rows}

    def test_says_so_when_nothing_or_too_much_is_ticked(self, client, cast):
        demand = make_demand(cast)
        many = [uuid.uuid4() for _ in range(5)]

        assert "还没有选择产品" in self.compare(client, cast, demand).content.decode()
        assert self.compare(client, cast, demand, *many).status_code == 400
        assert self.compare(client, cast, demand, "x").status_code == 400

    def test_is_the_enterprise_s_own(self, client, cast):
        demand = make_demand(cast)

        assert page(client, cast.rival_owner, "need-compare", demand.public_id).status_code == 404


class TestRenewal:
    """A loan that ends soon: said where the owner lands, and the need's form filled from it."""

    @pytest.fixture
    def loan(self, cast):
        application = make_application(cast, "DISBURSED")
        return LoanApplication.objects.get(pk=application.pk).loan

    def soon(self, loan):
        return time_machine.travel(NOW + timedelta(days=31 * loan.term_months - 45), tick=False)

    def test_owner_is_told_on_the_needs_and_on_the_application(self, client, cast, loan):
        with self.soon(loan):
            lists = page(client, cast.owner, "need-list")
            case = page(client, cast.owner, "application-detail", loan.application.public_id)

        start = f"{reverse('matching:need-create')}?renew={loan.public_id}"
        for answer in (lists, case):
            assert [line.url for line in answer.context["renewals"]] == [start]
            assert "贷款即将到期" in answer.content.decode()

    def test_nobody_is_told_long_before(self, client, cast, loan):
        assert page(client, cast.owner, "need-list").context["renewals"] == []

    def test_form_starts_from_the_loan(self, client, cast, loan):
        client.force_login(cast.owner)

        answer = client.get(reverse("matching:need-create"), {"renew": str(loan.public_id)})

        soup = BeautifulSoup(answer.content, "html.parser")
        assert soup.select_one("[name=amount_yuan]")["value"] == "50"
        assert soup.select_one("[name=term_months]")["value"] == str(loan.term_months)
        assert soup.select_one("[name=guarantee] option[selected]")["value"] == loan.guarantee

    def test_of_another_s_loan_nothing_is_known(self, client, cast, loan):
        client.force_login(cast.rival_owner)
        url = reverse("matching:need-create")

        assert client.get(url, {"renew": str(loan.public_id)}).status_code == 404
        assert client.get(url, {"renew": "x"}).status_code == 404
