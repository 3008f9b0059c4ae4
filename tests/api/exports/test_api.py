from __future__ import annotations

import hashlib
from io import BytesIO

import pytest
import time_machine
from django.core.cache import cache
from openpyxl import load_workbook

from borrowers.services import consent_revoke
from exports.domain.numbering import verification_code
from exports.models import IssuedDocument
from exports.selectors.document import code_digest
from tests.cast import NOW
from tests.factories.documents import make_document, make_reviewed, make_whitelist
from tests.factories.matching import make_application
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


class TestDistrictReport:
    URL = "/api/v1/district/reports/"

    def test_gives_the_figures_of_the_page_with_their_definitions(self, client, cast):
        make_application(cast, "ACCEPTED")
        client.force_login(cast.district_clerk)

        body = client.get(self.URL).json()

        page = client.get("/district/reports/").context["report"]
        assert [
            [(line["name"], line["value"]) for line in section["lines"]]
            for section in body["sections"]
        ] == [
            [(line.name, None if line.value is None else str(line.value)) for line in section.lines]
            for section in page.sections
        ]
        assert (body["kind"], body["first"], body["last"]) == ("week", "2026-11-23", "2026-11-29")
        assert all(line["definition"] for part in body["sections"] for line in part["lines"])

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("kind=year", 400),
            ("day=x", 400),
            ("dag=2026-11-23", 400),
            ("day=2026-12-01", 404),
            ("day=0001-01-01", 404),
            ("kind=month&day=2026-10-31", 200),
        ],
    )
    def test_knows_periods_that_have_begun(self, client, cast, query, status):
        client.force_login(cast.district_clerk)

        assert client.get(f"{self.URL}?{query}").status_code == status

    @pytest.mark.parametrize(
        ("suffix", "kind", "begins"), [("pdf", "PDF", b"%PDF-"), ("xlsx", "XLSX", b"PK")]
    )
    def test_is_handed_out_as_a_numbered_file(self, client, cast, suffix, kind, begins):
        client.force_login(cast.district_lead)

        answer = client.get(f"/api/v1/district/reports.{suffix}", {"kind": "month"})

        document = IssuedDocument.objects.get()
        assert answer.content.startswith(begins)
        assert (document.kind, answer["X-Document-Number"]) == (f"REPORT_{kind}", document.number)
        assert hashlib.sha256(answer.content).hexdigest() == answer["X-Document-Sha256"]


class TestWhitelistFiles:
    def test_go_to_those_who_made_them_and_to_lenders_without_reasons(self, client, cast):
        key = make_whitelist(cast).public_id
        answers = {}
        for member, part in (
            (cast.district_clerk, "whitelists"),
            (cast.officer, "whitelists/recommendations"),
        ):
            client.force_login(member)
            answers[part] = client.get(f"/api/v1/{part}/{key}.xlsx")
            assert answers[part]["Cache-Control"] == "no-store"

        whole, recommended = (
            {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
            for book in (load_workbook(BytesIO(answer.content)) for answer in answers.values())
        )
        assert "原因代码" in whole
        assert not any("原因" in str(value) for value in recommended)
        assert IssuedDocument.objects.count() == 2


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
            "list_standing",
        }
        assert body["list_standing"] == ""

    def test_unknown_and_impossible_codes(self, client, db):
        assert client.get(f"/api/v1/verify/{CODE}/").status_code == 404
        assert client.get("/api/v1/verify/nonsense/").status_code == 400

    def test_guessing_is_stopped(self, client, db):
        for _ in range(10):
            client.get("/api/v1/verify/nonsense/")

        assert client.get(f"/api/v1/verify/{CODE}/").status_code == 429


class TestDocuments:
    def test_are_listed_with_exactly_their_particulars_and_can_be_declared_void(self, client, cast):
        issued = make_document(cast.officer, cast.institution.organisation, code_digest(CODE))
        client.force_login(cast.officer)
        address = f"/api/v1/documents/{issued.public_id}/"

        (listed,) = client.get("/api/v1/documents/").json()["results"]
        shown = client.get(address).json()
        void = client.post(f"{address}void/", {"reason": "信息有误"}, "application/json").json()
        again = client.post(f"{address}void/", {"reason": "信息有误"}, "application/json")

        assert listed == shown
        assert set(shown) == {
            "id",
            "number",
            "kind",
            "kind_label",
            "subject",
            "issued_to",
            "issued_for",
            "issued_at",
            "content_hash",
            "file_sha256",
            "voided_at",
            "void_reason",
        }
        assert (void["void_reason"], void["voided_at"] is None) == ("信息有误", False)
        assert again.status_code == 409
        assert client.get(f"/api/v1/verify/{CODE}/").json()["valid"] is False

    def test_need_a_reason(self, client, cast):
        issued = make_document(cast.officer, cast.institution.organisation, code_digest(CODE))
        client.force_login(cast.officer)

        answer = client.post(
            f"/api/v1/documents/{issued.public_id}/void/", {"reason": ""}, "application/json"
        )

        assert (answer.status_code, set(answer.json()["fields"])) == (400, {"reason"})
