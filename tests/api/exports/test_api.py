from __future__ import annotations

import hashlib

import pytest
import time_machine
from django.core.cache import cache

from borrowers.services import consent_revoke
from exports.domain.numbering import verification_code
from exports.models import IssuedDocument
from exports.selectors.document import code_digest
from tests.cast import NOW
from tests.factories.documents import make_document, make_reviewed
from tests.factories.statistics import CaseSpec, make_borrowers, make_cases

pytestmark = pytest.mark.django_db
CODE = verification_code(bytes(range(16)))


@pytest.fixture(autouse=True)
def _day():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


class TestStatistics:
    def test_is_open_and_names_definitions(self, client, cast):
        make_cases(cast, make_borrowers(cast, 6), [CaseSpec(n, draws=((3, 5),)) for n in range(6)])

        body = client.get("/api/v1/statistics/").json()

        figures = {figure["code"]: figure for figure in body["figures"]}
        assert figures["LOANS"]["value"] == "6"
        assert figures["FUNDED_AMOUNT"]["value"] == "0.30"
        assert all(figure["definition"] for figure in body["figures"])
        assert "OVERDUE_LOANS" not in figures
        assert [part["rows"][-1]["name"] for part in body["breakdowns"]] == ["合计"] * 4

    def test_gives_each_role_its_scope(self, client, cast):
        client.force_login(cast.officer)

        assert client.get("/api/v1/statistics/?scope=institution").json()["scope"] == "示例城市银行"
        assert client.get("/api/v1/statistics/?scope=district").status_code == 403

    def test_refuses_what_it_does_not_know(self, client, db):
        assert client.get("/api/v1/statistics/?scope=planet").status_code == 400
        assert client.get("/api/v1/statistics/?scoop=city").status_code == 400


class TestPortraitPdf:
    @pytest.fixture
    def address(self, cast):
        self.application = make_reviewed(cast)
        return f"/api/v1/applications/{self.application.public_id}/portrait.pdf"

    def test_is_handed_to_the_lender(self, client, cast, address):
        client.force_login(cast.officer)

        answer = client.get(address, headers={"accept": "application/pdf"})

        document = IssuedDocument.objects.get()
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Document-Number"] == document.number
        assert hashlib.sha256(answer.content).hexdigest() == document.file_sha256

    def test_is_refused_without_consent_in_the_one_error_shape(self, client, cast, address):
        consent = self.application.consent
        consent_revoke(consent_id=consent.public_id, reason="", actor=cast.owner, at=NOW)
        client.force_login(cast.officer)

        answer = client.get(address, headers={"accept": "application/pdf"})

        assert answer.status_code == 403
        assert b"CONSENT_ENDED" in answer.content
        assert not IssuedDocument.objects.exists()

    def test_does_not_exist_for_strangers(self, client, cast, address):
        client.force_login(cast.rival_officer)

        assert client.get(address).status_code == 404


class TestVerify:
    def test_tells_what_anybody_may_know(self, client, cast):
        issued = make_document(cast.officer, cast.institution.organisation, code_digest(CODE))

        body = client.get(f"/api/v1/verify/{CODE}/").json()

        assert body["number"] == issued.number
        assert body["valid"] is True
        assert set(body) == {
            "number",
            "kind",
            "subject",
            "issued_on",
            "content_hash",
            "file_sha256",
            "valid",
            "voided_on",
        }

    def test_unknown_and_impossible_codes(self, client, db):
        assert client.get(f"/api/v1/verify/{CODE}/").status_code == 404
        assert client.get("/api/v1/verify/nonsense/").status_code == 400

    def test_guessing_is_stopped(self, client, db):
        for _ in range(10):
            client.get("/api/v1/verify/nonsense/")

        assert client.get(f"/api/v1/verify/{CODE}/").status_code == 429
