"""Tokens of source units: issued, recognised, throttled, revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction

from borrowers.models import IngestBatch, SourceUnit, UnitToken
from borrowers.services import records_ingest
from borrowers.services.unit_token import token_authenticate, token_revoke
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.workdays import local_date
from marketplace.models import AuditEvent, Notification, ParameterValue
from marketplace.services.minute_limit import TooMany
from marketplace.services.token import TokenRefused
from tests.factories.reference import enter_reference
from tests.factories.unit_tokens import DAYS, make_token

pytestmark = pytest.mark.django_db
SENDER = "192.0.2.7"
BODY = b'[{"a": 1}]'


@pytest.fixture(autouse=True)
def _catalogue(now):
    cache.clear()
    enter_reference(at=now)


@pytest.fixture
def issued(cast, now):
    return make_token("TAX", actor=cast.operator, at=now)


def recognised(issued, at):
    return token_authenticate(text=issued.text, sender=SENDER, at=at)


def refusal(deed, *args, **options):
    with pytest.raises(Refused) as refused:
        deed(*args, **options)
    return refused.value.code


class TestIssuing:
    def test_keeps_the_hash_and_nothing_else_of_it(self, issued):
        kept = {str(value) for value in UnitToken.objects.values().get().values()}
        written = kept | {str(event.payload) for event in AuditEvent.objects.all()}

        assert not any(issued.text.rpartition("_")[2] in text for text in written)
        assert issued.text not in repr(issued)
        assert issued.text.startswith(f"{issued.token.prefix}_")

    def test_is_audited_and_told_to_the_other_operators(self, issued, cast):
        event = AuditEvent.objects.filter(action="borrowers.token.issue").get()

        assert (event.actor, event.subject_id) == (cast.operator, str(issued.token.public_id))
        told = Notification.objects.filter(kind="token.issue").get()
        assert told.user == cast.second_operator
        assert issued.text not in f"{told.title}{told.body}{told.path}"

    @pytest.mark.parametrize("name", ["owner", "auditor", "officer", "district_lead"])
    def test_is_the_operators(self, cast, now, name):
        with pytest.raises(NotPermitted):
            make_token("TAX", actor=getattr(cast, name), at=now)

    @pytest.mark.parametrize(
        ("order", "code"),
        [
            ({"name": " 　"}, "TOKEN_NAME"),
            ({"name": "长" * 41}, "TOKEN_NAME"),
            ({"purpose": ""}, "TOKEN_PURPOSE"),
            ({"first": -1}, "TOKEN_DAY"),
            ({"last": -1}, "TOKEN_DAY"),
            ({"last": 365}, "TOKEN_DAY"),
            ({"first": 10, "last": 375}, "TOKEN_DAY"),
        ],
    )
    def test_refuses_what_says_nothing_or_lasts_too_long(self, cast, now, order, code):
        order = dict(order)
        for end in ("first", "last"):
            if end in order:
                order[f"{end}_day"] = local_date(now) + timedelta(days=order.pop(end))

        assert refusal(make_token, "TAX", actor=cast.operator, at=now, **order) == code
        assert not UnitToken.objects.exists()

    def test_takes_the_longest_life_from_the_parameter(self, cast, now):
        today = local_date(now)
        longest = today + timedelta(days=364)
        make_token("TAX", actor=cast.operator, at=now, last_day=longest)
        ParameterValue.objects.create(
            code="unit_token.life_days", effective_from=today, value=90, source="示例通知",
            entered_by=cast.operator, entered_at=now,
        )  # fmt: skip

        order = {"name": "另一系统", "last_day": longest}
        assert refusal(make_token, "TAX", actor=cast.operator, at=now, **order) == "TOKEN_DAY"

    def test_wants_another_name_for_a_second_one(self, cast, now, issued):
        with pytest.raises(Conflict):
            make_token("TAX", actor=cast.operator, at=now)
        second = make_token("TAX", actor=cast.operator, at=now, name="新业务系统")
        make_token("CUSTOMS", actor=cast.operator, at=now)

        assert {recognised(one, now).pk for one in (issued, second)} == {
            issued.token.pk,
            second.token.pk,
        }

    def test_a_name_is_free_again_after_revocation(self, cast, now, issued):
        token_revoke(token_id=issued.token.public_id, reason="更换", actor=cast.operator, at=now)

        assert make_token("TAX", actor=cast.operator, at=now).token.name == issued.token.name

    def test_none_for_a_unit_that_is_out_of_use(self, cast, now):
        SourceUnit.objects.filter(code="TAX").update(is_active=False)

        assert refusal(make_token, "TAX", actor=cast.operator, at=now) == "UNIT_INACTIVE"


class TestRecognition:
    def test_of_one_that_counts_says_when_it_was_used(self, issued, now):
        found = recognised(issued, now)
        recognised(issued, now + timedelta(seconds=30))
        assert (found.unit.code, UnitToken.objects.get().last_used_at) == ("TAX", now)

        later = now + timedelta(minutes=2)
        recognised(issued, later)
        assert UnitToken.objects.get().last_used_at == later

    def test_costs_two_statements_at_most(self, issued, now, django_assert_num_queries):
        with django_assert_num_queries(2):
            recognised(issued, now)
        with django_assert_num_queries(1):
            recognised(issued, now)

    def test_ends_with_the_last_day(self, issued, now):
        midnight = now.replace(hour=16, minute=0) + timedelta(days=DAYS - 1)

        assert recognised(issued, midnight - timedelta(seconds=1))
        assert refusal(recognised, issued, midnight) == "TOKEN_EXPIRED"

    def test_begins_with_the_first_day(self, cast, now):
        tomorrow = local_date(now) + timedelta(days=1)
        issued = make_token("TAX", actor=cast.operator, at=now, first_day=tomorrow)

        assert refusal(recognised, issued, now) == "TOKEN_PENDING"
        assert recognised(issued, now.replace(hour=16, minute=0))

    def test_ends_with_revocation_and_with_its_unit(self, cast, now, issued):
        other = make_token("CUSTOMS", actor=cast.operator, at=now)
        token_revoke(
            token_id=issued.token.public_id, reason="泄露", actor=cast.second_operator, at=now
        )
        SourceUnit.objects.filter(code="CUSTOMS").update(is_active=False)

        assert refusal(recognised, issued, now) == "TOKEN_REVOKED"
        assert refusal(recognised, other, now) == "UNIT_INACTIVE"

    def test_of_what_was_never_issued_fails(self, issued, now):
        secret = issued.text.rpartition("_")[2]
        texts = ["", "xyd", issued.text[:-1], issued.text.replace(secret, secret[::-1])]

        for text in texts:
            with pytest.raises(TokenRefused) as refused:
                token_authenticate(text=text, sender=SENDER, at=now)
            assert (refused.value.status, refused.value.code) == (401, "TOKEN_UNKNOWN")


class TestFailures:
    def fails(self, text, at, sender=SENDER):
        return refusal(token_authenticate, text=text, sender=sender, at=at)

    def test_are_stopped_as_failed_log_ins_are(self, now, settings):
        most = settings.AXES_FAILURE_LIMIT
        codes = [self.fails(f"guess-{number}", now) for number in range(most + 1)]

        assert codes == ["TOKEN_UNKNOWN"] * most + ["TOKEN_TOO_MANY"]
        assert self.fails("x", now + timedelta(minutes=14)) == "TOKEN_TOO_MANY"
        assert self.fails("x", now + timedelta(minutes=15)) == "TOKEN_UNKNOWN"
        assert self.fails("x", now, sender="192.0.2.8") == "TOKEN_UNKNOWN"

    def test_shut_no_neighbour_out(self, issued, now):
        for number in range(9):
            self.fails(f"guess-{number}", now)

        assert recognised(issued, now)

    def test_of_a_token_that_is_over_are_its_own(self, cast, issued, now, settings):
        token_revoke(token_id=issued.token.public_id, reason="更换", actor=cast.operator, at=now)
        for _ in range(settings.AXES_FAILURE_LIMIT):
            assert self.fails(issued.text, now) == "TOKEN_REVOKED"

        with pytest.raises(TooMany):
            recognised(issued, now)
        assert self.fails("x", now) == "TOKEN_UNKNOWN"


class TestRevoking:
    def test_says_who_and_why_and_tells_the_others(self, cast, now, issued):
        done = token_revoke(
            token_id=issued.token.public_id, reason=" 泄露 ", actor=cast.second_operator, at=now
        )

        assert (done.revoked_by, done.revoke_reason) == (cast.second_operator, "泄露")
        told = Notification.objects.filter(kind="token.revoke").get()
        assert (told.user, told.body) == (cast.operator, "泄露")
        assert AuditEvent.objects.filter(action="borrowers.token.revoke").count() == 1

    def test_happens_once_with_a_reason_by_an_operator(self, cast, now, issued):
        def revoke(reason="泄露", actor=cast.operator, token_id=issued.token.public_id):
            return token_revoke(token_id=token_id, reason=reason, actor=actor, at=now)

        assert refusal(revoke, reason=" ") == "REASON_REQUIRED"
        with pytest.raises(NotPermitted):
            revoke(actor=cast.auditor)
        with pytest.raises(NotFound):
            revoke(token_id=cast.operator.public_id)
        revoke()
        assert refusal(revoke) == "TOKEN_OVER"


class TestDelivery:
    def test_of_another_unit_is_refused_before_anything_is_read(self, issued, now):
        with pytest.raises(NotPermitted) as refused:
            records_ingest(
                item_code="TAX_PAYMENT", unit_code="CUSTOMS", source=BODY, file_name="a.json",
                actor=None, at=now, token=issued.token,
            )  # fmt: skip

        assert refused.value.code == "UNIT_NOT_OWN"

    def test_is_by_a_token_or_by_a_person(self, cast, issued, now):
        batch = {"kind": "RECORDS", "file_name": "a", "file_sha256": "0", "received_at": now}

        IngestBatch.objects.create(**batch, unit_token=issued.token)
        for wrong in ({"received_by": cast.operator}, {"kind": "REVIEW"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                IngestBatch.objects.create(**(batch | wrong), unit_token=issued.token)
