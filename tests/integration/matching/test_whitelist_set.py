"""A list made set-wise, held against the gates asked row by row: the re-check of a draft must change nothing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from borrowers.models import Enterprise
from marketplace.domain import uscc
from marketplace.models import ParameterValue
from matching.models import CreditEvaluation, EvaluationRun, WhitelistEntry
from matching.services.whitelist_generate import GenerationParameters, whitelist_generate
from matching.services.whitelist_rejudge import entries_rejudge
from tests.factories.borrowers import make_enterprise
from tests.factories.matching import make_demand
from tests.factories.whitelist import (
    deliver_lists,
    list_enterprise,
    make_whitelist,
    row_of,
    sheet_of,
)

RECORDS_OF_A_CHUNK = 4
KEPT = ("uscc", "enterprise_id", "status", "reasons", "marks", "passes")
MOMENTS = [
    datetime(2026, 11, 23, 2, tzinfo=UTC),
    datetime(2026, 11, 29, 17, tzinfo=UTC),
    datetime(2026, 12, 31, 2, tzinfo=UTC),
    datetime(2027, 2, 28, 2, tzinfo=UTC),
]
BIRTHDAYS = [
    None,
    *(date(2026, month, day) for month, day in ((11, 22), (11, 23), (11, 24), (12, 30), (12, 31))),
    *(
        date(2025, month, day)
        for month in (1, 10, 11, 12)
        for day in (1, 22, 23, 24, 28, 29, 30, 31)
        if (month, day) != (11, 31)
    ),
    date(2024, 2, 29),
    date(2027, 6, 1),
    date(2027, 6, 28),
]


@pytest.fixture(autouse=True)
def lists(cast):
    deliver_lists()


def make_crowd(cast, now):
    """Enterprises of every status, size and age, some of them graded, some on lists, one with a broken code."""
    crowd = []
    for number, born in enumerate(BIRTHDAYS):
        crowd.append(
            make_enterprise(
                uscc=uscc.make("91", "120103", f"MC{number:06d}"),
                name=f"天津示例第{number}有限公司",
                at=now,
                established_date=born,
                status=("ACTIVE", "ACTIVE", "REVOKED", "CANCELLED")[number % 4],
                size_class=("SMALL", "UNKNOWN", "LARGE", "MICRO", "INDIVIDUAL")[number % 5],
            )
        )
    for number, code in enumerate(("ABNORMAL_LIST", "DISHONEST_DEBTOR", "TAX_ARREARS", "PENALTY")):
        list_enterprise(crowd[5 * number + 1], code)
        list_enterprise(crowd[5 * number + 1], "SERIOUS_VIOLATION_LIST")
    grade(crowd[::3], cast, now)
    return crowd


def grade(enterprises, cast, now):
    run = EvaluationRun.objects.create(
        month=date(2026, 10, 1),
        as_of=now,
        model_version="示例",
        state="PUBLISHED",
        started_by=cast.operator,
        started_at=now,
        published_by=cast.approver,
        published_at=now,
    )
    for number, enterprise in enumerate(enterprises):
        CreditEvaluation.objects.create(
            run=run, enterprise=enterprise, grade=("A", "D", "")[number % 3], input_hash=""
        )


def call_willing(cast, crowd, at, issue_no="U1"):
    days = (at.date() - timedelta(days=number % 7 + 1) for number in range(len(crowd)))
    rows = [row_of(row, 意愿日期=day.isoformat()) for row, day in zip(crowd, days, strict=True)]
    return make_whitelist(cast, sheet=sheet_of(*rows), issue_no=issue_no, at=at)


def generate(cast, at, **asked):
    return whitelist_generate(
        district="120103",
        issue_no="G1",
        parameters=GenerationParameters(**asked),
        actor=cast.district_clerk,
        at=at,
    )


def kept(whitelist):
    return list(whitelist.entries.order_by("row_number").values(*KEPT))


def spoil_code(enterprise):
    """A code in the register that is none: the sheet that named it came before."""
    Enterprise.objects.filter(pk=enterprise.pk).update(uscc="91120103MA0501039X")


class TestSetwiseIsRowByRow:
    @pytest.mark.parametrize("at", MOMENTS, ids=lambda at: f"{at:%Y-%m-%d}")
    def test_for_every_kind_of_enterprise(self, cast, now, at):
        crowd = make_crowd(cast, now)
        call_willing(cast, crowd, at)
        spoil_code(crowd[7])
        make_demand(cast, at - timedelta(days=1))

        whitelist = generate(cast, at)

        setwise = kept(whitelist)
        tally = entries_rejudge(whitelist, at)
        assert kept(whitelist) == setwise
        assert (tally.read, tally.admitted, tally.refused) == (
            whitelist.rows_read,
            whitelist.admitted,
            whitelist.refused,
        )
        assert dict(tally.reasons) == whitelist.reason_counts
        assert whitelist.rows_read == len(crowd) + 1

    def test_where_the_district_made_gates_soft(self, cast, now):
        crowd = make_crowd(cast, now)
        call_willing(cast, crowd, now)
        ParameterValue.objects.create(
            code="whitelist.soft_gates",
            effective_from=date(2026, 1, 1),
            value={"*": [], "120103": ["ABNORMAL", "AGE", "SIZE"]},
            source="示例",
            entered_by=cast.operator,
            entered_at=now,
        )

        whitelist = generate(cast, now)

        setwise = kept(whitelist)
        entries_rejudge(whitelist, now)
        assert kept(whitelist) == setwise
        softened = {mark["rule_code"] for entry in setwise for mark in entry["marks"]}
        assert softened >= {"WL_ABNORMAL", "WL_AGE", "WL_SIZE_UNKNOWN"}

    def test_where_the_issue_asks_more(self, cast, now):
        crowd = make_crowd(cast, now)
        call_willing(cast, crowd, now)

        whitelist = generate(cast, now, min_age_months=13, size_classes=("MICRO",))

        setwise = kept(whitelist)
        entries_rejudge(whitelist, now)
        assert kept(whitelist) == setwise


class TestSetwise:
    def test_takes_the_same_statements_for_more_enterprises(self, cast, now):
        few = make_crowd(cast, now)
        call_willing(cast, few[:2], now)
        with CaptureQueriesContext(connection) as first:
            generate(cast, now).delete()
        call_willing(cast, few, now, issue_no="U2")

        with CaptureQueriesContext(connection) as second:
            generate(cast, now)

        assert len(second) <= len(first) + RECORDS_OF_A_CHUNK

    def test_numbers_places_by_the_register(self, cast, now):
        crowd = make_crowd(cast, now)
        call_willing(cast, crowd[::-1], now)

        entries = generate(cast, now).entries.order_by("row_number")

        assert [entry.row_number for entry in entries] == list(range(1, len(crowd) + 1))
        assert [entry.enterprise_id for entry in entries] == [row.pk for row in crowd]

    def test_keeps_need_and_contact_of_the_latest_upload(self, cast, now):
        crowd = make_crowd(cast, now)[:1]
        call_willing(cast, crowd, now - timedelta(days=5))
        later = row_of(
            crowd[0], 联系人="赵示例", **{"融资需求金额(万元)": "70"}, 意愿日期="2026-11-22"
        )
        make_whitelist(cast, sheet=sheet_of(later), issue_no="U2")

        entry = generate(cast, now).entries.get()

        assert (entry.amount_yuan, entry.term_months) == (Decimal("700000.00"), 12)
        assert (entry.is_willing, entry.willing_date) == (True, date(2026, 11, 22))
        assert entry.contact == "赵示例\n13900000000"

    def test_keeps_contacts_sealed(self, cast, now):
        make_demand(cast)

        generate(cast, now)

        with connection.cursor() as cursor:
            cursor.execute(f"SELECT contact FROM {WhitelistEntry._meta.db_table}")
            (sealed,) = cursor.fetchone()
        assert sealed.startswith("a1:")

    def test_hears_the_need_on_the_platform_first(self, cast, now):
        make_whitelist(cast, sheet=sheet_of(row_of(cast.enterprise, 联系人="赵示例")))
        make_demand(cast, amount_yuan=Decimal(900_000))

        entry = generate(cast, now).entries.get()

        assert (entry.amount_yuan, entry.contact) == (Decimal("900000.00"), "李联系\n13900000000")

    def test_takes_amounts_between_the_bounds_and_those_not_named(self, cast, now):
        crowd = make_crowd(cast, now)[:4]
        amounts = ("40", "50", "60", "")
        rows = [
            row_of(enterprise, **{"融资需求金额(万元)": amount})
            for enterprise, amount in zip(crowd, amounts, strict=True)
        ]
        make_whitelist(cast, sheet=sheet_of(*rows))

        whitelist = generate(
            cast, now, amount_min_yuan=Decimal(500_000), amount_max_yuan=Decimal(500_000)
        )

        listed = whitelist.entries.order_by("row_number").values_list("enterprise", flat=True)
        assert list(listed) == [crowd[1].pk, crowd[3].pk]

    def test_makes_two_lists_in_one_transaction(self, cast, now):
        make_demand(cast)

        generate(cast, now)

        assert generate(cast, now).rows_read == 1
