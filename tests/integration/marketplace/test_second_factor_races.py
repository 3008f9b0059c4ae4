"""One code sent many times at the same moment, on a database that lets them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from marketplace.models import Authenticator
from marketplace.services import authenticator_begin, authenticator_confirm, code_accept
from marketplace.services.second_factor import Proof
from tests.cast import PASSWORD, make_user
from tests.factories.second_factor import code_at, make_authenticator
from tests.integration.matching.test_application_races import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
TIMES = 8


@pytest.fixture
def at():
    """The moment itself: the waiting time after wrong codes is counted by the clock."""
    return datetime.now(tz=UTC)


@pytest.fixture
def person():
    return make_user("person")


def sent_at_once(person, code, at):
    deed = [lambda: code_accept(user=person, code=code, at=at)] * TIMES
    found, _ = at_once(*deed)
    return [answer for answer in found if answer is not None]


class TestSameCodeAtOnce:
    def test_is_good_once(self, person, at):
        make_authenticator(person, at=at)

        assert len(sent_at_once(person, code_at(at), at)) == 1

    def test_of_recovery_is_good_once(self, person, at):
        begun = authenticator_begin(actor=person, proof=Proof(PASSWORD), at=at)
        code = code_at(at, begun.secret)
        codes = authenticator_confirm(actor=person, code=code, at=at).recovery_codes

        assert len(sent_at_once(person, codes[0], at)) == 1


class TestWrongCodesAtOnce:
    def test_give_one_guess(self, person, at):
        make_authenticator(person, at=at)

        assert sent_at_once(person, "000000", at) == []
        assert Authenticator.objects.get().throttling_failure_count == 1


class TestEnrolmentAtOnce:
    def test_leaves_one_authenticator(self, person, at):
        begun = authenticator_begin(actor=person, proof=Proof(PASSWORD), at=at)
        code = code_at(at, begun.secret)
        confirm = [lambda: authenticator_confirm(actor=person, code=code, at=at)] * TIMES
        done, refused = at_once(*confirm)

        assert len(done) == 1
        assert {found.code for found in refused} == {"AUTHENTICATOR_NOT_BEGUN"}
        assert Authenticator.objects.filter(confirmed=True).count() == 1
