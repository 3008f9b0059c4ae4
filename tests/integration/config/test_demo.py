from __future__ import annotations

import io
import json
import os
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
import time_machine
from django.core.management import CommandError, call_command

from borrowers.models import (
    Consent,
    CreditRecord,
    CreditRepair,
    Enterprise,
    EnterpriseAccount,
    IngestBatch,
    Objection,
)
from lenders.models import Institution, LoanProduct, ProductVersion
from marketplace.audit import broken_events
from marketplace.config.demo.city import city_build
from marketplace.config.demo.lending import SHOWN_LENDER
from marketplace.config.demo.people import DEMO_PASSWORD
from marketplace.config.demo.timeline import is_working
from marketplace.domain import uscc
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.vocabulary import DataClass, SizeClass
from marketplace.domain.workdays import local_date
from marketplace.models import AccessRecord, AuditEvent, OutboxMessage, User
from matching.domain.application import ApplicationState
from matching.models import (
    ApplicationEvent,
    CreditPortrait,
    EvaluationRun,
    FinancingDemand,
    Loan,
    LoanApplication,
    OutcomeEvent,
    Whitelist,
    WhitelistContact,
)
from matching.selectors.loan import loan_position
from matching.services.portrait import portrait_rebuild
from tests.cast import NOW
from tests.integration.config.census import Rows, census

ENTERPRISES, SEED = 120, 3
INSTITUTIONS = {
    "POLICY": 3,
    "LARGE": 6,
    "JOINT_STOCK": 12,
    "CITY": 11,
    "PRIVATE": 1,
    "RURAL": 2,
    "VILLAGE": 8,
    "MICROCREDIT": 4,
    "GUARANTEE": 4,
    "LEASING": 3,
}
"""The kinds of the real city's 54 institutions."""
CLOCK_EVENTS = {"REMIND", "ESCALATE"}
"""What the clocks say beside a case; it changes nothing and is not audited."""
NEVER_STANDS = {"DRAFT", "SUBMITTED"}
"""An application is drafted and submitted in one transaction, and routed to a branch right after it."""


@dataclass(frozen=True)
class City:
    """Two buildings of the same city, the second of which is still there.

    The first was built in a database in which a run before it had been interrupted.
    """

    interrupted: str
    printed: str
    printed_again: str
    report: dict[str, object]
    first: dict[str, Rows]
    kept: dict[str, Rows]
    second: dict[str, Rows]
    said: list[str]


def interrupt(patch: pytest.MonkeyPatch, **options: object) -> str:
    """Let a run end half-way, as by Ctrl+C, and return what it said."""

    def build(*, enterprises: int, seed: int, now: datetime, **_: object) -> None:
        def say(line: str) -> None:
            if "市场主体" in line:
                raise KeyboardInterrupt

        city_build(enterprises=enterprises, seed=seed, now=now, say=say)

    with patch.context() as own:
        own.setattr("marketplace.config.management.commands.demo.city_build", build)
        with pytest.raises(CommandError) as refused:
            run("demo", **options)
    return str(refused.value)


def run(command: str, **options: object) -> str:
    printed = io.StringIO()
    call_command(command, stdout=printed, stderr=io.StringIO(), **options)
    return printed.getvalue()


def empty() -> None:
    call_command("flush", interactive=False, verbosity=0)


def same_ids(patch: pytest.MonkeyPatch) -> None:
    """Let public ids, which portraits name, come in the same order in both buildings."""
    patch.setattr(os, "urandom", Random(1).randbytes)


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker, tmp_path_factory):
    report = tmp_path_factory.mktemp("demo") / "report.json"
    said: list[str] = []
    size = {"enterprises": ENTERPRISES, "seed": SEED}
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        with time_machine.travel(NOW, tick=False):
            interrupted = interrupt(patch, **size)
            same_ids(patch)
            printed = run("demo", **size, report=report)
            first = census()
            printed_again = run("demo", **size)
            kept = census()
        empty()
        with time_machine.travel(NOW + timedelta(days=400), tick=False):
            same_ids(patch)
            city_build(**size, now=NOW, say=said.append)
        yield City(
            interrupted=interrupted,
            printed=printed,
            printed_again=printed_again,
            report=json.loads(report.read_text(encoding="utf-8")),
            first=first,
            kept=kept,
            second=census(),
            said=said,
        )
        empty()


@pytest.mark.django_db
class TestDemo:
    def test_says_in_chinese_what_it_made(self, city):
        assert "演示数据已生成" in city.printed
        assert f"市场主体 {ENTERPRISES}" in city.printed
        assert "金融机构 54" in city.printed

    @pytest.mark.parametrize(
        "role",
        [
            "企业负责人",
            "企业经办人",
            "客户经理",
            "审批人",
            "区级经办",
            "区级复核",
            "市级运营",
            "审计监督",
        ],
    )
    def test_prints_an_account_of_every_role(self, city, role):
        assert role in city.printed

    def test_prints_a_password_with_which_every_account_logs_in(self, city):
        names = [line.split()[0] for line in city.printed.splitlines() if line.startswith("  ")]

        users = User.objects.filter(username__in=names)

        assert DEMO_PASSWORD in city.printed
        assert len(names) == users.count() == 9
        assert all(user.check_password(DEMO_PASSWORD) for user in users)

    def test_shows_progress(self, city):
        assert city.said[0] == "人员与区划"
        assert any("54 家机构" in line for line in city.said)
        assert sum(line.startswith("2") for line in city.said) > 20

    def test_reports_every_row_accounted_for(self, city):
        report = city.report

        assert set(report) == {"read", "accepted", "rejected", "duplicates", "reasons"}
        assert report["read"] == report["accepted"] + report["rejected"] + report["duplicates"]
        assert report["accepted"] >= len(city.first["records"]) > 1000

    def test_keeps_the_data_the_second_time(self, city):
        assert "演示数据已在" in city.printed_again
        assert city.kept == city.first

    def test_says_of_an_interrupted_run_that_it_can_be_repeated(self, city):
        assert "再次运行会清空后重新生成" in city.interrupted

    def test_begins_anew_after_an_interrupted_run(self, city):
        assert "上次生成没有完成" in city.printed
        assert "上次生成没有完成" not in city.printed_again

    def test_prints_the_same_accounts_the_second_time(self, city):
        accounts = [line for line in city.printed.splitlines() if line.startswith("  ")]

        assert accounts == [x for x in city.printed_again.splitlines() if x.startswith("  ")]


@pytest.mark.django_db
class TestSameSeed:
    @pytest.mark.parametrize(
        "kind",
        [
            "enterprises",
            "batches",
            "records",
            "products",
            "rules",
            "needs",
            "consents",
            "portraits",
            "applications",
            "events",
            "decisions",
            "loans",
            "outcomes",
            "evaluations",
            "audit",
        ],
    )
    def test_gives_the_same_data_whenever_it_is_built(self, city, kind):
        assert city.first[kind]
        assert city.second[kind] == city.first[kind]


@pytest.mark.django_db
class TestCity:
    def test_has_the_54_institutions_by_kind(self, city):
        found = Counter(Institution.objects.values_list("kind", flat=True))

        assert found == INSTITUTIONS
        assert found.total() == 54
        assert set(Institution.objects.values_list("state", flat=True)) == {"ADMITTED"}

    def test_offers_about_160_products_with_rules(self, city):
        versions = ProductVersion.objects.filter(state="PUBLISHED")

        assert 150 <= LoanProduct.objects.count() <= 170
        assert versions.count() == LoanProduct.objects.count()
        assert all(version.rules.count() >= 4 for version in versions)

    def test_is_plainly_fictional_with_valid_codes(self, city):
        entities = list(Enterprise.objects.all())

        assert len(entities) == ENTERPRISES
        assert all("示例" in entity.name for entity in entities)
        assert all(uscc.is_valid(entity.uscc) for entity in entities)
        assert all(institution.organisation.name.startswith("示例") for institution in lenders())

    def test_has_enterprises_in_every_district(self, city):
        assert codes(Enterprise, "district_id") == set(DISTRICT_LABELS)

    def test_has_every_size_class_and_some_whose_class_cannot_be_told(self, city):
        assert codes(Enterprise, "size_class") == {size.value for size in SizeClass}

    def test_has_births_and_deaths_within_the_time_it_was_watched(self, city):
        opened = IngestBatch.objects.order_by("received_at").first().received_at.date()

        assert Enterprise.objects.filter(established_date__gt=opened).count() > 5
        assert Enterprise.objects.filter(ended_date__gt=opened, status="CANCELLED").count() > 2

    def test_holds_records_of_all_17_classes_over_36_months(self, city):
        dates = CreditRecord.objects.exclude(event_date=None).values_list("event_date", flat=True)

        assert codes(CreditRecord, "item__data_class") == {entry.value for entry in DataClass}
        assert (max(dates) - min(dates)).days > 34 * 30

    @pytest.mark.parametrize("item", ["TAX_ARREARS", "PENALTY", "ABNORMAL_LIST", "ENFORCEMENT"])
    def test_holds_arrears_and_breaches(self, city, item):
        assert CreditRecord.objects.filter(item__code=item).count() > 3

    def test_shows_the_season_in_sales(self, city):
        sales = Counter()
        for row in CreditRecord.objects.filter(item__code="VAT_OUTPUT_INVOICE"):
            sales[row.event_date.month] += float(row.payload["amount_yuan"])

        assert min(sales[1], sales[2]) < 0.9 * max(sales[10], sales[11], sales[12])

    def test_rejects_nothing_of_its_own_deliveries(self, city):
        assert [batch for batch in IngestBatch.objects.all() if batch.rejected] == []


@pytest.mark.django_db
class TestDealings:
    @pytest.mark.parametrize(
        "state", sorted({state.value for state in ApplicationState} - NEVER_STANDS)
    )
    def test_brings_an_application_to_every_state_that_can_stand(self, city, state):
        assert LoanApplication.objects.filter(state=state).exists()

    def test_leaves_no_application_in_a_state_that_is_passed_at_once(self, city):
        assert not LoanApplication.objects.filter(state__in=NEVER_STANDS).exists()

    def test_lends_this_year_and_in_the_same_months_of_last_year(self, city):
        day = local_date(NOW)
        drawn = OutcomeEvent.objects.filter(kind="DISBURSE").values_list("event_date", flat=True)

        this_year = [found for found in drawn if found.year == day.year]
        same_months = [
            found for found in drawn if found.year == day.year - 1 and found.month < day.month
        ]
        assert len(this_year) >= 3
        assert len(same_months) >= 2

    def test_asks_for_amounts_between_ten_thousand_and_ten_million_yuan(self, city):
        amounts = FinancingDemand.objects.values_list("amount_yuan", flat=True)

        assert 10_000 <= min(amounts) < max(amounts) <= 10_000_000

    def test_has_lenders_and_offices_at_work_on_working_days_only(self, city):
        events = ApplicationEvent.objects.filter(actor_role__in=("OFFICER", "APPROVER"))
        decided = [*events.values_list("at", flat=True)]
        decided += Whitelist.objects.exclude(published_at=None).values_list(
            "published_at", flat=True
        )

        assert len(decided) > 100
        assert [at for at in decided if not is_working(local_date(at))] == []

    def test_holds_nothing_from_the_future_or_from_before_it_opened(self, city):
        moments = [*AuditEvent.objects.values_list("at", flat=True)]

        assert max(moments) <= NOW
        assert 600 < (max(moments) - min(moments)).days < 800

    def test_has_consents_taken_back_and_one_given_again(self, city):
        assert Consent.objects.filter(ended_by="ENTERPRISE").count() >= 2
        assert ApplicationEvent.objects.filter(event="RESUME").exists()

    def test_has_loans_renewed_late_cured_and_lost(self, city):
        kinds = Counter(OutcomeEvent.objects.values_list("kind", flat=True))

        assert {"DISBURSE", "REPAY", "OVERDUE", "CURE", "SETTLE", "WRITE_OFF"} <= set(kinds)
        assert Loan.objects.filter(is_renewal=True).exists()

    def test_has_one_outcome_corrected_and_one_voided_by_another_person(self, city):
        ended = OutcomeEvent.objects.exclude(ended_at=None)
        amended, voided = ended.get(kind="DISBURSE"), ended.get(kind="OVERDUE")

        assert amended.replaced_by.principal_yuan == 10 * amended.principal_yuan
        assert amended.loan.application.institution.code == f"L{SHOWN_LENDER:03d}"
        assert voided.replaced_by is None
        assert voided.loan.application.enterprise.account.applied_by.username == "owner"
        assert all(row.ended_by_id != row.reported_by_id for row in ended)
        assert all("演示" in row.end_reason for row in ended)

    def test_publishes_whitelists_which_lenders_work_on(self, city):
        published = Whitelist.objects.filter(state="PUBLISHED")

        assert published.values("district").distinct().count() == 16
        assert Whitelist.objects.filter(refused__gt=0).count() >= 8
        assert WhitelistContact.objects.exclude(result="").count() > 10

    def test_repairs_penalties_and_answers_objections(self, city):
        assert {"REPAIRED", "CITY_REVIEW"} <= codes(CreditRepair, "state")
        assert CreditRecord.objects.exclude(repaired_at=None).filter(item__code="PENALTY").exists()
        assert {"CORRECTED", "UPHELD", "MARKED"} <= codes(Objection, "state")

    def test_evaluates_everybody_and_publishes_it(self, city):
        run = EvaluationRun.objects.get()

        assert run.state == "PUBLISHED"
        assert run.evaluated >= ENTERPRISES - 5

    def test_logs_who_read_what(self, city):
        assert AccessRecord.objects.filter(purpose="APPLICATION_REVIEW").count() > 20


@pytest.mark.django_db
class TestFirstPage:
    @pytest.mark.parametrize(
        ("username", "words"),
        [
            ("owner", ("已发布", "对接中", "已达成")),
            ("agent", ("已发布", "对接中")),
            ("officer", ("待受理", "尽调中", "已授信", "补充资料")),
            ("approver", ("审批中",)),
            ("clerk", ("草稿", "待复核", "已发布")),
            ("lead", ("待复核",)),
            ("operator", ("已超时",)),
            ("operator2", ("已超时",)),
            ("auditor", ()),  # whatever was written last
        ],
    )
    def test_has_something_to_do_for_every_printed_account(self, city, client, username, words):
        client.force_login(User.objects.get(username=username))

        page = client.get("/me/", follow=True).content.decode()

        body = page[page.index("<tbody") : page.rindex("</tbody")]
        assert "<tr" in body
        assert [word for word in words if word not in body] == []

    @pytest.mark.parametrize(
        ("username", "path", "word"),
        [
            ("agent", "/applications/", "补充资料"),
            ("approver", "/lender/products/", "待复核"),
            ("operator", "/operator/accounts/", "示例"),
            ("operator", "/operator/objections/", "示例"),
            ("operator", "/operator/corrections/", "已作废"),
            ("operator2", "/operator/repairs/", "市级复审"),
            ("auditor", "/auditor/access/", "信用画像"),
        ],
    )
    def test_has_what_the_accounts_are_told_to_look_at(self, city, client, username, path, word):
        client.force_login(User.objects.get(username=username))

        page = client.get(path).content.decode()

        assert word in page[page.index("<main") : page.index("</main")]


@pytest.mark.django_db
class TestMadeThroughServices:
    def test_leaves_the_audit_chain_unbroken(self, city):
        assert AuditEvent.objects.count() > 1000
        assert list(broken_events()) == []

    def test_leaves_no_message_undone(self, city):
        assert list(OutboxMessage.objects.filter(done_at=None)) == []

    def test_gives_every_application_its_events_in_order(self, city):
        applications = LoanApplication.objects.all()

        assert applications
        for application in applications:
            events = list(application.events.order_by("seq"))
            steps = [(event.source, event.target) for event in events]
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert steps[0] == ("DRAFT", "SUBMITTED")
            assert all(a[1] == b[0] for a, b in pairwise(steps))
            assert steps[-1][1] == application.state

    def test_audits_every_event(self, city):
        events = Counter(
            (str(event.application.public_id), event.event.lower())
            for event in ApplicationEvent.objects.select_related("application")
            if event.event not in CLOCK_EVENTS
        )
        audited = Counter(
            (row.subject_id, row.action.rpartition(".")[2])
            for row in AuditEvent.objects.filter(subject_kind="LoanApplication")
        )

        assert audited == events

    @pytest.mark.parametrize(
        ("action", "model"),
        [
            ("lenders.institution.admit", Institution),
            ("lenders.product.publish", LoanProduct),
            ("borrowers.account.apply", EnterpriseAccount),
            ("borrowers.consent.grant", Consent),
            ("matching.portrait.freeze", CreditPortrait),
            ("matching.application.submit", LoanApplication),
        ],
    )
    def test_audits_whatever_was_made(self, city, action, model):
        assert AuditEvent.objects.filter(action=action).count() == model.objects.count() > 0

    def test_freezes_portraits_that_can_be_built_anew(self, city):
        assert all(portrait_rebuild(row) == row.content for row in CreditPortrait.objects.all())

    def test_has_nobody_decide_on_an_own_file(self, city):
        for application in LoanApplication.objects.exclude(credit_line=None):
            assert application.credit_line.approved_by_id != application.officer_id

    def test_repays_to_the_fen(self, city):
        loans = [row.loan for row in LoanApplication.objects.exclude(loan=None)]

        assert loans
        for loan in loans:
            position, state = loan_position(loan), loan.application.state
            assert position.drawn_yuan in (0, loan.amount_yuan)
            assert state != "SETTLED" or position.outstanding_yuan == 0
            assert state != "REPAYING" or 0 <= position.repaid_yuan <= position.drawn_yuan
            assert state != "WRITTEN_OFF" or position.written_off_yuan == loan.amount_yuan


def codes(model, field: str) -> set[str]:
    return set(model.objects.order_by().values_list(field, flat=True).distinct())


def lenders():
    return Institution.objects.select_related("organisation")
