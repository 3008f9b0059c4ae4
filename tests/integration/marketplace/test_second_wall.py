"""What PostgreSQL itself shows and takes while a request is answered, whatever the program asks for."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from borrowers.models import Consent
from borrowers.services import consent_revoke
from marketplace import row_security
from marketplace.audit import access_record
from marketplace.config import doctor
from marketplace.models import AccessRecord
from marketplace.policies import organisations_asking
from marketplace.row_security import ROLE, role_open, tables_walled
from marketplace.wall import wall_around, whole_market
from marketplace.web.middleware import SecondWallMiddleware
from matching.models import (
    ApplicationEvent,
    CreditLine,
    CreditPortrait,
    Loan,
    LoanApplication,
    OutcomeEvent,
)
from tests.cast import NOW
from tests.factories.matching import make_application

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
OF_A_LOAN = (
    ApplicationEvent,
    Consent,
    CreditLine,
    CreditPortrait,
    Loan,
    LoanApplication,
    OutcomeEvent,
)
WALLED = (AccessRecord, *OF_A_LOAN)


@pytest.fixture
def loan(cast):
    """A loan that is being repaid, to the cast's enterprise by the cast's bank; and somebody read of it."""
    application = make_application(cast, "DISBURSED")
    access_record(
        user=cast.officer,
        organisation=cast.institution.organisation,
        subject_uscc=cast.enterprise.uscc,
        purpose="PRE_LOAN",
        content="信用画像",
        at=NOW,
    )
    return application.loan


def wall_of(user):
    return wall_around(organisations_asking(user))


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


class TestTables:
    def test_of_a_loan_and_of_readings_are_walled(self):
        assert tables_walled() == sorted(model._meta.db_table for model in WALLED)


class TestReading:
    @pytest.mark.parametrize("model", WALLED)
    @pytest.mark.parametrize("member", ["owner", "agent", "officer", "approver"])
    def test_shows_both_sides_their_own(self, cast, loan, member, model):
        with wall_of(getattr(cast, member)):
            assert model.objects.exists()

    @pytest.mark.parametrize("model", WALLED)
    @pytest.mark.parametrize(
        "member",
        ["rival_owner", "rival_officer", "rival_approver", "district_clerk", "stranger"],
    )
    def test_shows_others_nothing(self, cast, loan, member, model):
        with wall_of(getattr(cast, member)):
            assert not model.objects.exists()

    @pytest.mark.parametrize("model", WALLED)
    def test_shows_a_visitor_nothing_and_the_city_everything(self, cast, loan, model):
        with wall_around(()):
            assert not model.objects.exists()
        for member in (cast.operator, cast.auditor):
            with wall_of(member):
                assert model.objects.count() == model.objects.all().count() > 0

    def test_hides_the_portrait_from_the_lender_once_the_consent_is_withdrawn(self, cast):
        consent = make_application(cast, "DUE_DILIGENCE").consent
        with wall_of(cast.officer):
            assert CreditPortrait.objects.exists()
        consent_revoke(consent_id=consent.public_id, reason="", actor=cast.owner, at=NOW)

        with wall_of(cast.officer):
            assert not CreditPortrait.objects.exists()
            assert LoanApplication.objects.exists()
        with wall_of(cast.owner):
            assert CreditPortrait.objects.exists()

    def test_holds_for_statements_of_its_own_too(self, cast, loan):
        with wall_of(cast.rival_officer), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM matching_loan")
            assert cursor.fetchone() == (0,)


class TestWriting:
    def test_changes_nothing_of_others(self, cast, loan):
        with wall_of(cast.rival_officer):
            assert LoanApplication.objects.update(refusal_note="改动") == 0
            assert OutcomeEvent.objects.all().delete()[0] == 0

        assert not LoanApplication.objects.filter(refusal_note="改动").exists()
        assert OutcomeEvent.objects.exists()

    def test_takes_nothing_for_others(self, cast, loan):
        row = LoanApplication.objects.get()
        row.pk, row.state = None, "REJECTED"
        row.public_id, row.portrait = cast.enterprise.account.public_id, None

        with (
            wall_of(cast.rival_officer),
            pytest.raises(ProgrammingError, match="row-level security"),
            transaction.atomic(),
        ):
            row.save(force_insert=True)

    def test_gives_nobody_what_is_the_owners_of_the_tables(self, cast):
        with (
            wall_of(cast.officer),
            pytest.raises(ProgrammingError, match="must be owner"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("ALTER TABLE matching_loan DISABLE ROW LEVEL SECURITY")


class TestWall:
    def test_is_down_before_and_after(self, cast):
        before = role()
        with wall_of(cast.officer):
            assert role() == ROLE
        assert role() == before != ROLE

    def test_opens_for_what_needs_the_whole_market_and_closes_again(self, cast, loan):
        with wall_of(cast.rival_officer):
            with whole_market("a test"):
                assert Loan.objects.exists()
            assert not Loan.objects.exists()

    @pytest.mark.parametrize("is_inside", [True, False])
    def test_stands_after_a_failure_and_what_was_undone(self, cast, loan, is_inside):
        def fails():
            both = [whole_market("a test"), transaction.atomic()]
            with ExitStack() as stack:
                for one in both if is_inside else reversed(both):
                    stack.enter_context(one)
                connection.cursor().execute("SELECT 1 / 0")

        with wall_of(cast.rival_officer):
            with pytest.raises(DatabaseError):
                fails()
            assert role() == ROLE
            assert not Loan.objects.exists()
        assert Loan.objects.exists()

    def test_goes_with_the_request_that_failed(self, cast):
        def breaks(_):
            assert role() == ROLE
            raise LookupError

        request = RequestFactory().get("/")
        request.user = cast.officer
        with pytest.raises(LookupError):
            SecondWallMiddleware(breaks)(request)
        assert role() != ROLE

    def test_binds_no_task_of_an_account_that_does_not_own_the_tables(self, cast, loan):
        """Where migrations have an account of their own, as they should."""
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE at_work IN ROLE {ROLE}")
            cursor.execute("SET LOCAL SESSION AUTHORIZATION at_work")
        assert role_open()
        assert Loan.objects.exists()
        with wall_of(cast.rival_officer):
            assert not Loan.objects.exists()
        with wall_of(cast.officer):
            assert Loan.objects.exists()
        assert role() == "at_work"

    @pytest.mark.parametrize("name", [ROLE, "no_such_role"])
    def test_says_when_an_account_cannot_work_within_it(self, monkeypatch, name):
        monkeypatch.setattr(row_security, "ROLE", name)
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE outsider")
            cursor.execute("SET LOCAL SESSION AUTHORIZATION outsider")

        assert not role_open()
        found = doctor._second_wall(NOW.date())
        assert found.health is doctor.Health.BROKEN
        assert f"GRANT {ROLE} TO" in found.sentence

    def test_is_told_of_whoever_asks(self, cast, loan):
        seen = {}

        def answers(request):
            seen[request.user.pk] = Loan.objects.count()
            return HttpResponse()

        for member in (cast.officer, cast.rival_officer, cast.operator, cast.owner):
            request = RequestFactory().get("/")
            request.user = member
            SecondWallMiddleware(answers)(request)

        assert list(seen.values()) == [1, 0, 1, 1]


@pytest.mark.django_db(transaction=True)
class TestConnection:
    def test_that_is_opened_in_the_midst_of_a_request_is_told_too(self, cast):
        with wall_of(cast.officer):
            connection.close()
            assert role() == ROLE
        assert role() != ROLE

    def test_that_broke_leaves_nothing_behind(self, cast):
        with wall_of(cast.officer), pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        assert role() != ROLE
