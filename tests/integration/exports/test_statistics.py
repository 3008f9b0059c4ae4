from __future__ import annotations

import io
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from exports.domain.definitions import Statistic
from exports.domain.disclosure import FAMILIES, LEAST, Family
from exports.domain.statistics_scope import CITY, PUBLIC, Audience, Scope, codes_for
from exports.domain.tally import Dimension
from exports.models import KeptStatistics
from exports.selectors import home_figures, statistics
from exports.services import statistics as counting
from exports.services import statistics_keep, statistics_xlsx
from matching.domain.outcome import CLOSING_KINDS, LoanEvent, OutcomeKind, ledger
from matching.models import ApplicationEvent, CreditLine, FinancingDemand, Loan
from tests.cast import NOW
from tests.factories.statistics import TODAY, CaseSpec, make_borrowers, make_cases, moment

S = Statistic
BORROWERS = 9
DISTRICT = Scope(Audience.DISTRICT, "和平区", "120101")
LENDER = Scope(Audience.INSTITUTION, "示例城市银行", "B001")
ADDITIVE = (
    S.NEEDS,
    S.NEEDS_AMOUNT,
    S.APPLICATIONS,
    S.APPROVALS,
    S.APPROVED_AMOUNT,
    S.LOANS_YEAR,
    S.FUNDED_AMOUNT_YEAR,
    S.LOANS,
    S.FUNDED_AMOUNT,
    S.OVERDUE_LOANS,
)
HEADS = (
    S.ENTERPRISES,
    S.APPROVED_ENTERPRISES,
    S.FUNDED_ENTERPRISES_YEAR,
    S.FUNDED_ENTERPRISES,
)
BY_ENTERPRISE = (Dimension.DISTRICT, Dimension.INDUSTRY, Dimension.SIZE)

fen = st.integers(1, 10**13)
cases = st.builds(
    CaseSpec,
    who=st.integers(0, BORROWERS - 1),
    lender=st.integers(0, 1),
    steps=st.integers(0, 5),
    days_ago=st.integers(400, 760),
    amount_fen=fen,
    guarantee=st.sampled_from(["CREDIT", "SURETY", "MORTGAGE"]),
    rate_bp=st.integers(300, 900),
    draws=st.lists(st.tuples(st.integers(0, 399), fen), max_size=3).map(tuple),
    repaid_fen=st.integers(0, 1000),
    arrears=st.integers(0, 2),
    is_closed=st.booleans(),
    is_first=st.booleans(),
)


class Undone(Exception):
    pass


def undone(check):
    """Run a check on its own rows, which are gone afterwards."""
    try:
        with transaction.atomic():
            check()
            raise Undone
    except Undone:
        pass


def cell(breakdown, label, code):
    row = dict(breakdown.rows)[label]
    return row[breakdown.codes.index(code)]


def column(breakdown, code):
    place = breakdown.codes.index(code)
    return [values[place] for _, values in breakdown.rows]


# --- The slow oracle: event by event, by the definitions alone ---------------------------------------


def oracle(day: date) -> dict[Statistic, object]:
    needs = list(FinancingDemand.objects.exclude(published_at=None))
    events = defaultdict(set)
    for event in ApplicationEvent.objects.select_related("application__enterprise"):
        events[event.event].add(event.application)
    lines = list(CreditLine.objects.select_related("application__enterprise"))
    loans = [loan for loan in map(_position, Loan.objects.all()) if loan[1].drawn_yuan]
    accepted = {application.demand_id for application in events["ACCEPT"]}
    year = day.replace(month=1, day=1)
    this_year = [
        (loan, sum(e.principal_yuan for e in rows if e.kind == "DISBURSE" and e.event_date >= year))
        for loan, _, rows in loans
    ]
    this_year = [(loan, drawn) for loan, drawn in this_year if drawn]
    total = sum(position.drawn_yuan for _, position, _ in loans)
    overdue = [p for _, p, rows in loans if _is_overdue(rows)]
    return {
        S.NEEDS: len(needs),
        S.NEEDS_AMOUNT: sum(need.amount_yuan for need in needs),
        S.ACCEPTANCE_RATE: share(len(accepted), len(needs)),
        S.CONTACT_RATE: share(len(events["CONTACT"]), len(events["ROUTE"])),
        S.OBTAINED_RATE: share(len(who(events["APPROVE"])), len(who(events["ACCEPT"]))),
        S.APPROVED_ENTERPRISES: len(who(line.application for line in lines)),
        S.APPROVALS: len(lines),
        S.APPROVED_AMOUNT: sum(line.amount_yuan for line in lines),
        S.FUNDED_ENTERPRISES_YEAR: len(who(loan.application for loan, _ in this_year)),
        S.LOANS_YEAR: len(this_year),
        S.FUNDED_AMOUNT_YEAR: sum(drawn for _, drawn in this_year),
        S.FUNDED_ENTERPRISES: len(who(loan.application for loan, _, _ in loans)),
        S.LOANS: len(loans),
        S.FUNDED_AMOUNT: total,
        S.CREDIT_LOAN_SHARE: share(
            sum(p.drawn_yuan for loan, p, _ in loans if loan.guarantee == "CREDIT"), total
        ),
        S.AVERAGE_RATE: share(
            sum(p.drawn_yuan * loan.annual_rate_bp for loan, p, _ in loans), total, "0.01"
        ),
        S.AVERAGE_DAYS: share(
            sum(
                (p.first_draw_date - loan.application.submitted_at.date()).days
                for loan, p, _ in loans
            ),
            len(loans),
            "0.1",
        ),
        S.OVERDUE_LOANS: len(overdue),
        S.OVERDUE_AMOUNT: sum(p.outstanding_yuan for p in overdue),
        S.OVERDUE_RATE: share(len(overdue), sum(not p.is_closed for _, p, _ in loans)),
    }


def _position(loan):
    rows = [
        LoanEvent(OutcomeKind(e.kind), e.event_date, e.principal_yuan, seq=e.seq)
        for e in loan.outcomes.all()
    ]
    return loan, ledger(rows), rows


def _is_overdue(rows):
    state = ""
    for event in sorted(rows, key=lambda event: event.seq):
        if event.kind in {OutcomeKind.OVERDUE, OutcomeKind.CURE, *CLOSING_KINDS}:
            state = event.kind
    return state == OutcomeKind.OVERDUE


def who(applications):
    return {application.enterprise.uscc for application in applications}


def share(part, whole, places="0.000001"):
    if not whole:
        return None
    return (Decimal(part) / whole).quantize(Decimal(places), ROUND_HALF_UP)


# --- Sums -----------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestFigures:
    @settings(
        max_examples=6,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(specs=st.lists(cases, max_size=10))
    def test_are_the_sums_of_events_and_their_parts_add_up(self, cast, specs):
        def check():
            make_cases(cast, make_borrowers(cast, BORROWERS), specs)

            found = statistics(CITY, NOW)

            assert {code: found.values[code] for code in oracle(TODAY)} == oracle(TODAY)
            for dimension, part in found.breakdowns.items():
                for code in set(part.codes) & set(ADDITIVE):
                    *rows, total = column(part, code)
                    assert sum(rows) == total == found.values[code], (dimension, code)
                for code in set(part.codes) & set(HEADS):
                    *rows, total = column(part, code)
                    if dimension in BY_ENTERPRISE:
                        assert sum(rows) == total, (dimension, code)
                    else:
                        assert sum(rows) >= total >= max(rows, default=0)

        undone(check)

    def test_count_an_enterprise_once_and_a_contract_once(self, cast):
        twice = [
            CaseSpec(0, draws=((30, 10_000_000), (20, 5_000_000))),
            CaseSpec(0, lender=1, draws=((10, 30_000_001),)),
        ]
        make_cases(cast, make_borrowers(cast, 1), twice)

        found = statistics(CITY, NOW).values

        assert found[S.FUNDED_ENTERPRISES] == 1
        assert found[S.LOANS] == 2
        assert found[S.FUNDED_AMOUNT] == Decimal("450000.01")

    def test_lose_no_fen_in_large_sums(self, cast):
        specs = [CaseSpec(0, draws=((30, 99_999_999_999_99),)), CaseSpec(0, draws=((30, 1),))]
        make_cases(cast, make_borrowers(cast, 1), specs * 3)

        found = statistics(CITY, NOW).values

        assert found[S.FUNDED_AMOUNT] == Decimal("300000000000.00")

    def test_compare_with_the_same_day_a_year_before(self, cast):
        specs = [
            CaseSpec(0, days_ago=700, draws=((365, 10_000_000), (0, 15_000_000))),
            CaseSpec(1, days_ago=700, draws=((364, 99_000_000),)),
        ]
        make_cases(cast, make_borrowers(cast, 2), specs)

        found = statistics(CITY, NOW)

        assert found.values[S.FUNDED_AMOUNT_YEAR] == Decimal("150000.00")
        assert found.year_before[S.FUNDED_AMOUNT_YEAR] == Decimal("100000.00")
        assert found.values[S.FUNDED_AMOUNT_GROWTH] == Decimal("0.5")

    def test_begin_a_new_year_at_midnight_in_beijing(self, cast):
        make_cases(cast, make_borrowers(cast, 1), [CaseSpec(0, draws=((327, 7), (326, 11)))])

        found = statistics(CITY, NOW).values

        assert moment(326).date() == date(2026, 1, 1)
        assert found[S.FUNDED_AMOUNT_YEAR] == Decimal("0.11")
        assert found[S.FUNDED_AMOUNT] == Decimal("0.18")

    def test_take_a_first_loan_only_from_a_bank_and_only_the_first(self, cast):
        specs = [
            CaseSpec(0, draws=((90, 100),), is_first=False),
            CaseSpec(0, lender=1, draws=((30, 100),), is_first=True),
            CaseSpec(1, draws=((30, 100),), is_first=True),
            CaseSpec(2, lender=1, draws=((30, 100),), is_first=True),
        ]
        make_cases(cast, make_borrowers(cast, 3), specs)
        cast.rival_institution.kind = "LEASING"
        cast.rival_institution.save()

        assert statistics(CITY, NOW).values[S.FIRST_TIME_BORROWERS] == 1

    def test_know_an_earlier_loan_at_another_bank_in_a_lenders_own_view(self, cast):
        specs = [
            CaseSpec(0, lender=1, draws=((90, 100),)),
            CaseSpec(0, draws=((30, 100),), is_first=True),
        ]
        make_cases(cast, make_borrowers(cast, 1), specs)

        assert statistics(LENDER, NOW).values[S.FIRST_TIME_BORROWERS] == 0

    def test_form_no_ratio_of_nothing(self, cast):
        found = statistics(CITY, NOW).values

        assert found[S.ACCEPTANCE_RATE] is None
        assert found[S.FUNDED_AMOUNT_GROWTH] is None
        assert found[S.FUNDED_AMOUNT] == 0

    def test_take_few_queries(self, cast, django_assert_max_num_queries):
        make_cases(cast, make_borrowers(cast, 4), [CaseSpec(n, draws=((3, 5),)) for n in range(4)])

        with django_assert_max_num_queries(12):
            statistics(CITY, NOW)
        with django_assert_max_num_queries(7):
            home_figures(NOW)


@pytest.mark.django_db
class TestScopes:
    @pytest.fixture
    def story(self, cast):
        specs = [CaseSpec(n % 9, lender=n % 2, draws=((n, 10**8 + n),)) for n in range(30)]
        make_cases(cast, make_borrowers(cast, 9), specs)

    def test_a_lender_counts_its_own_cases(self, story):
        own, city = statistics(LENDER, NOW), statistics(CITY, NOW)

        by_institution = city.breakdowns[Dimension.INSTITUTION]
        for code in codes_for(CITY, Dimension.INSTITUTION):
            assert own.values[code] == cell(by_institution, "示例城市银行", code)
        assert Dimension.INSTITUTION not in own.breakdowns

    def test_a_district_counts_its_own_enterprises(self, story):
        own, city = statistics(DISTRICT, NOW), statistics(CITY, NOW)

        by_district = city.breakdowns[Dimension.DISTRICT]
        assert own.values[S.ENTERPRISES] == cell(by_district, "和平区", S.ENTERPRISES)
        assert own.values[S.NEEDS_AMOUNT] == cell(by_district, "和平区", S.NEEDS_AMOUNT)

    def test_arrears_are_not_for_the_public_and_districts_get_no_amounts(self):
        assert not {S.OVERDUE_LOANS, S.OVERDUE_AMOUNT, S.OVERDUE_RATE} & set(PUBLIC.headlines)
        assert S.OVERDUE_AMOUNT not in DISTRICT.headlines
        assert Dimension.INSTITUTION not in PUBLIC.dimensions + DISTRICT.dimensions

    def test_a_districts_total_is_held_back_when_it_is_a_small_cell(self, cast):
        make_cases(cast, make_borrowers(cast, 3), [CaseSpec(0, draws=((3, 100),))])

        found = statistics(DISTRICT, NOW).values

        assert found[S.FUNDED_AMOUNT] is None
        assert found[S.APPROVED_AMOUNT] is None


@pytest.mark.django_db
class TestSmallCells:
    @settings(
        max_examples=5,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(specs=st.lists(cases, min_size=5, max_size=16))
    def test_neither_show_nor_follow_from_what_is_shown(self, cast, specs):
        def check():
            make_cases(cast, make_borrowers(cast, BORROWERS), specs)

            whole, public = statistics(CITY, NOW), statistics(PUBLIC, NOW)

            for dimension in PUBLIC.dimensions:
                shown, known = public.breakdowns[dimension], whole.breakdowns[dimension]
                for family, head in (
                    (Family.FUNDED, S.FUNDED_ENTERPRISES),
                    (Family.APPROVED, S.APPROVED_ENTERPRISES),
                ):
                    _check_family(shown, known, FAMILIES[family], head)

        undone(check)


def _check_family(shown, known, family, head):
    counts = column(known, head)[:-1]
    hidden = [place for place, value in enumerate(column(shown, head)[:-1]) if value is None]
    for code in set(shown.codes) & family & {*ADDITIVE, *HEADS}:
        values = column(shown, code)[:-1]
        assert [place for place, value in enumerate(values) if value is None] == hidden
    assert all(place in hidden for place, count in enumerate(counts) if 0 < count < LEAST)
    if hidden:
        rest = [count for place, count in enumerate(counts) if place not in hidden and count]
        assert not rest or (len(hidden) >= 2 and sum(counts[place] for place in hidden) >= LEAST)


class TestKept:
    """Where counting takes time it is done beforehand; the figures are the same to the last digit."""

    SCOPES = (PUBLIC, CITY, DISTRICT, LENDER)

    @pytest.fixture
    def city(self, cast, monkeypatch):
        specs = [
            CaseSpec(n % BORROWERS, n % 2, draws=((3 + 40 * n, 1_000_003 + n),), arrears=n % 3)
            for n in range(14)
        ]
        make_cases(cast, make_borrowers(cast, BORROWERS), specs)
        monkeypatch.setattr(counting, "QUICK_SECONDS", 0)

    @pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.audience)
    def test_are_those_that_would_be_counted_now(self, city, scope):
        fresh = statistics(scope, NOW)
        assert statistics_keep(at=NOW) == KeptStatistics.objects.count() > 18

        with CaptureQueriesContext(connection) as asked:
            kept = statistics(scope, NOW)

        assert kept == fresh
        assert kept.book(NOW) == fresh.book(NOW)
        assert len(asked) == 1

    def test_are_on_the_home_too(self, city):
        fresh = home_figures(NOW)
        statistics_keep(at=NOW)

        assert home_figures(NOW + timedelta(minutes=9)) == fresh

    def test_say_when_they_were_counted_and_are_not_used_for_long(self, city):
        statistics_keep(at=NOW)

        assert statistics(CITY, NOW + timedelta(minutes=59)).known_at == NOW
        late = NOW + timedelta(minutes=60)
        assert statistics(CITY, late).known_at == late

    def test_say_so_in_the_workbook(self, city):
        statistics_keep(at=NOW)
        later = NOW + timedelta(minutes=7)

        sheet = load_workbook(io.BytesIO(statistics_xlsx(scope=PUBLIC, at=later))).worksheets[0]

        assert "统计截至 2026-11-23 10:00" in sheet["A2"].value
        assert "生成时间 2026-11-23 10:07" in sheet["A2"].value

    def test_know_nothing_of_what_comes_later(self, city):
        statistics_keep(at=NOW)
        before = NOW - timedelta(minutes=1)

        assert statistics(CITY, before).known_at == before

    def test_are_replaced_by_the_next_count(self, city):
        statistics_keep(at=NOW)
        later = NOW + timedelta(minutes=10)
        statistics_keep(at=later)

        assert set(KeptStatistics.objects.values_list("counted_at", flat=True)) == {later}

    def test_are_counted_anew_when_the_program_counts_others(self, city):
        statistics_keep(at=NOW)
        row = KeptStatistics.objects.get(scope=CITY.key)
        row.content["breakdowns"]["district"]["codes"].pop()
        row.save()

        later = NOW + timedelta(minutes=1)
        assert statistics(CITY, later).known_at == later

    def test_are_dropped_where_counting_takes_a_moment(self, city, monkeypatch):
        statistics_keep(at=NOW)
        monkeypatch.setattr(counting, "QUICK_SECONDS", 3600)

        assert statistics_keep(at=NOW) == 0
        assert not KeptStatistics.objects.exists()
