from __future__ import annotations

import io
import json
import os
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
import time_machine
from django.core.management import call_command

from borrowers.models import Consent, CreditRecord, Enterprise, EnterpriseAccount, IngestBatch
from lenders.models import Institution, LoanProduct, ProductVersion
from marketplace.audit import broken_events
from marketplace.config.demo.city import city_build
from marketplace.config.demo.lending import COUNTS
from marketplace.config.demo.people import DEMO_PASSWORD
from marketplace.domain import uscc
from marketplace.models import AuditEvent, OutboxMessage, User
from matching.models import ApplicationEvent, CreditPortrait, LoanApplication
from matching.selectors.loan import loan_position
from matching.services.portrait import portrait_rebuild
from tests.cast import NOW
from tests.integration.config.census import Rows, census

ENTERPRISES, SEED = 30, 3


@dataclass(frozen=True)
class City:
    """Two buildings of the same city, the second of which is still there."""

    printed: str
    printed_again: str
    report: dict[str, object]
    first: dict[str, Rows]
    kept: dict[str, Rows]
    second: dict[str, Rows]
    said: list[str]


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
        assert len(city.said) > 15

    def test_reports_every_row_accounted_for(self, city):
        report = city.report

        assert set(report) == {"read", "accepted", "rejected", "duplicates", "reasons"}
        assert report["read"] == report["accepted"] + report["rejected"] + report["duplicates"]
        assert report["accepted"] >= len(city.first["records"]) > 1000

    def test_keeps_the_data_the_second_time(self, city):
        assert "演示数据已在" in city.printed_again
        assert city.kept == city.first

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

        assert found == {kind.value: count for kind, count in COUNTS.items()}
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

    def test_holds_records_of_many_classes_over_36_months(self, city):
        dates = CreditRecord.objects.exclude(event_date=None).values_list("event_date", flat=True)

        assert len(set(CreditRecord.objects.values_list("item__data_class", flat=True))) >= 10
        assert (max(dates) - min(dates)).days > 34 * 30

    def test_rejects_nothing_of_its_own_deliveries(self, city):
        assert [batch for batch in IngestBatch.objects.all() if batch.rejected] == []


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
            ("borrowers.account.review", EnterpriseAccount),
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
            assert state != "REPAYING" or 0 < position.repaid_yuan <= position.drawn_yuan


def lenders():
    return Institution.objects.select_related("organisation")
