"""What a source unit's own system may do by the API, and what it may not."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from borrowers.models import CreditRecord, IngestBatch, SourceUnit
from borrowers.services import delivery, landing, records_ingest
from borrowers.services.landing import batches_resume
from borrowers.services.unit_token import token_revoke
from marketplace.domain.errors import Refused
from marketplace.models import AuditEvent
from tests.cast import NOW
from tests.factories.borrowers import USCC
from tests.factories.reference import enter_reference
from tests.factories.unit_tokens import DAYS, bearer, make_token

pytestmark = pytest.mark.django_db
GOOD = {"统一社会信用代码": USCC, "评价年度": 2025, "纳税信用等级": "A"}
BAD = GOOD | {"评价年度": 2024, "纳税信用等级": "Z"}
READING = ["api:batch-detail", "api:batch-rejects", "api:batch-correction"]


@pytest.fixture(autouse=True)
def _world(tmp_path, cast):
    cache.clear()
    before = settings.ARCHIVE_DIR
    settings.ARCHIVE_DIR = tmp_path / "archive"
    with time_machine.travel(NOW, tick=False):
        enter_reference(at=NOW)
        yield
    settings.ARCHIVE_DIR = before


@pytest.fixture
def issued(cast):
    return make_token("TAX", actor=cast.operator, at=NOW)


@pytest.fixture
def foreign(cast):
    return make_token("CUSTOMS", actor=cast.operator, at=NOW)


@pytest.fixture
def send(client):
    def sending(headers, rows=(GOOD, BAD), item="TAX_RATING", **query):
        body, path = json.dumps(rows), reverse("api:item-records", args=[item])
        return client.post(
            path, body, content_type="application/json", query_params=query, headers=headers
        )

    return sending


def fetch(client, name, batch, issued, **query):
    return client.get(reverse(name, args=[batch]), query, headers=bearer(issued))


class TestDelivering:
    @pytest.mark.parametrize("query", [{}, {"unit": "TAX"}])
    def test_needs_no_account_and_names_the_token(self, send, issued, cast, query):
        answer = send(bearer(issued), **query)

        assert answer.status_code == 201
        told = answer.json()
        assert (told["unit"], told["token"]) == ("TAX", "业务系统")
        assert (told["read"], told["accepted"], told["rejected"]) == (2, 1, 1)
        batch = IngestBatch.objects.get()
        assert (batch.unit_token, batch.received_by) == (issued.token, None)
        event = AuditEvent.objects.filter(action="borrowers.records.ingest").get()
        assert (event.actor, event.payload["token"]) == (None, str(issued.token.public_id))

    def test_of_another_units_is_refused(self, send, issued):
        known, unknown = (send(bearer(issued), unit=code) for code in ("CUSTOMS", "NOBODY"))

        assert (known.status_code, known.json()["code"]) == (403, "UNIT_NOT_OWN")
        assert known.json() == unknown.json()
        assert not IngestBatch.objects.exists()

    def test_of_an_item_that_is_not_the_units_finds_nothing(self, send, foreign):
        answers = [send(bearer(foreign), item=item) for item in ("TAX_RATING", "NOTHING")]

        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json() == answers[1].json()

    def test_that_cannot_be_read_once_landed_is_audited_with_the_token(
        self, send, issued, monkeypatch
    ):
        def unreadable(*_):
            raise Refused("SHEET_JSON_MALFORMED", "文件损坏。")

        monkeypatch.setattr(landing, "batch_keep", unreadable)

        assert send(bearer(issued)).status_code == 400
        assert not IngestBatch.objects.exists()
        event = AuditEvent.objects.filter(action="borrowers.records.refuse").get()
        assert event.payload["token"] == str(issued.token.public_id)

    def test_that_was_interrupted_is_still_the_tokens(self, send, issued, monkeypatch):
        class Killed(BaseException):
            pass

        def killed(*_):
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(delivery, "batch_take_up", killed)
            with pytest.raises(Killed):
                send(bearer(issued))

        (batch,) = batches_resume(at=NOW)

        assert (batch.state, batch.unit_token, batch.accepted) == ("KEPT", issued.token, 1)

    def test_goes_before_a_session(self, send, issued, client, cast):
        client.force_login(cast.owner)

        assert send(bearer(issued)).status_code == 201

    def test_by_an_operator_wants_the_unit_named(self, send, client, cast):
        client.force_login(cast.operator)

        unnamed, named = send({}), send({}, unit="TAX")

        assert (unnamed.status_code, list(unnamed.json()["fields"])) == (400, ["unit"])
        assert named.json()["token"] is None
        assert IngestBatch.objects.get().received_by == cast.operator


class TestReading:
    @pytest.mark.parametrize("name", READING)
    def test_is_of_the_units_own_deliveries(self, client, send, issued, foreign, cast, name):
        batch = send(bearer(issued)).json()["id"]
        successor = make_token("TAX", actor=cast.operator, at=NOW, name="新系统")

        assert fetch(client, name, batch, issued).status_code == 200
        assert fetch(client, name, batch, successor).status_code == 200
        assert fetch(client, name, batch, foreign).status_code == 404

    @pytest.mark.parametrize("name", READING)
    def test_is_not_of_what_the_city_handed_in(self, client, issued, name):
        batch = records_ingest(
            item_code="TAX_RATING", unit_code="TAX", source=json.dumps([GOOD, BAD]).encode(),
            file_name="a.json", actor=None, at=NOW,
        )  # fmt: skip

        assert fetch(client, name, batch.public_id, issued).status_code == 404

    def test_lists_the_same(self, client, send, issued, foreign):
        batch = send(bearer(issued)).json()["id"]
        path = reverse("api:batch-list")

        own, others = (
            client.get(path, headers=bearer(one)).json()["results"] for one in (issued, foreign)
        )

        assert [row["id"] for row in own] == [batch]
        assert others == []

    def test_brings_rejected_rows_back_to_be_sent_again(self, client, send, issued):
        batch = send(bearer(issued)).json()["id"]
        answer = fetch(client, "api:batch-correction", batch, issued, form="lines")
        row = json.loads(b"".join(answer))

        assert row["原行号"] == 2
        again = send(bearer(issued), [row | {"纳税信用等级": "B"}])
        assert again.json()["accepted"] == 1
        assert CreditRecord.objects.count() == 2


class TestTokensThatDoNotCount:
    def check(self, answer, code):
        told = answer.json()
        assert (answer.status_code, told["code"], told["status"]) == (401, code, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert told["detail"].endswith("。")
        assert not IngestBatch.objects.exists()

    def test_once_revoked(self, send, issued, cast):
        token_revoke(token_id=issued.token.public_id, reason="泄露", actor=cast.operator, at=NOW)

        self.check(send(bearer(issued)), "TOKEN_REVOKED")

    def test_once_over(self, send, issued):
        with time_machine.travel(NOW + timedelta(days=DAYS), tick=False):
            self.check(send(bearer(issued)), "TOKEN_EXPIRED")

    def test_without_their_unit(self, send, issued):
        SourceUnit.objects.filter(code="TAX").update(is_active=False)

        self.check(send(bearer(issued)), "UNIT_INACTIVE")

    @pytest.mark.parametrize(
        "shown",
        ["", " ", "xyd", "xyd_00000000_" + "0" * 64, "\xff\xfe", "a b c", "x" * 4000, "' OR 1=1"],
    )
    def test_whatever_is_shown(self, send, shown):
        self.check(send({"Authorization": f"Bearer {shown}"}), "TOKEN_UNKNOWN")

    def test_with_an_operators_session_neither(self, send, client, cast):
        client.force_login(cast.operator)

        self.check(send({"Authorization": "Bearer x"}, unit="TAX"), "TOKEN_UNKNOWN")

    @pytest.mark.parametrize("header", [{}, {"Authorization": "Basic eDp5"}])
    def test_when_none_is_shown(self, send, header):
        answer = send(header)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'

    def test_are_stopped_when_they_come_too_often(self, send, issued):
        statuses = [send({"Authorization": "Bearer x"}).status_code for _ in range(7)]

        assert statuses == [401] * settings.AXES_FAILURE_LIMIT + [429] * 2
        assert send(bearer(issued)).status_code == 201


class TestLogs:
    def test_never_have_the_token(self, send, issued, cast, caplog):
        caplog.set_level(logging.DEBUG)
        send(bearer(issued))
        token_revoke(token_id=issued.token.public_id, reason="泄露", actor=cast.operator, at=NOW)
        for _ in range(7):
            send(bearer(issued))

        told = caplog.text
        assert "Unauthorized" in told
        assert issued.token.prefix not in told
        assert issued.text[-64:] not in told
        assert "Bearer" not in told
