from __future__ import annotations

import hashlib
from io import BytesIO
from urllib.parse import unquote

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from borrowers.services import consent_revoke
from exports.domain.numbering import code_shown, verification_code
from exports.models import IssuedDocument
from exports.selectors.document import code_digest
from tests.cast import NOW
from tests.factories.documents import make_document, make_reviewed, make_whitelist
from tests.factories.statistics import CaseSpec, make_borrowers, make_cases

pytestmark = pytest.mark.django_db
CODE = verification_code(bytes(range(16)))
OTHER_CODE = verification_code(bytes(range(1, 17)))


@pytest.fixture(autouse=True)
def _day():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


def page_of(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.content, "html.parser")


def figures_on(page) -> dict[str, str]:
    return {
        stat.dt.find("summary").get_text(strip=True): stat.find("dd").get_text(" ", strip=True)
        for stat in page.select(".mk-stat")
    }


class TestStatisticsPage:
    @pytest.fixture
    def story(self, cast):
        specs = [
            CaseSpec(n, lender=n % 2, guarantee="SURETY", draws=((3, 10_000_001 + n),))
            for n in range(21)
        ]
        make_cases(cast, make_borrowers(cast, 21), specs)

    def test_is_open_to_visitors_with_a_definition_under_every_figure(self, client, story):
        page = page_of(client.get(reverse("exports:statistics")))

        stats = page.select(".mk-stat")
        assert len(stats) == 22
        assert all(stat.dt.find("details").p.get_text(strip=True) for stat in stats)
        assert figures_on(page)["累计放款户数"] == "21 户"
        assert "逾期" not in page.get_text()
        assert "示例城市银行" not in page.get_text()

    def test_gives_every_chart_a_table_with_the_same_numbers(self, client, story):
        page = page_of(client.get(reverse("exports:statistics")))

        charts = page.select("figure.mk-chart")
        assert len(charts) == 4
        assert all(chart.find("script", type="application/json") for chart in charts)
        assert all(chart.find("table") for chart in charts)

    def test_has_the_same_sums_in_its_workbook(self, client, story):
        page = page_of(client.get(reverse("exports:statistics")))
        answer = client.get(reverse("exports:statistics-sheet"))

        book = load_workbook(BytesIO(answer.content))
        head = {row[0].value: row[1].value for row in book.worksheets[0].iter_rows(min_row=4)}
        assert head["累计放款户数"] == 21
        number, unit = figures_on(page)["累计放款金额"].replace(",", "").split()[:2]
        shown_wan = float(number) / {"元": 10_000, "万元": 1}[unit]
        assert head["累计放款金额"] == pytest.approx(shown_wan, abs=1e-9)
        by_guarantee = book["按担保方式"]
        heading = [cell.value for cell in by_guarantee[3]]
        place = heading.index("累计放款金额(万元)")
        rows = {row[0].value: row[place].value for row in by_guarantee.iter_rows(min_row=4)}
        assert rows["保证"] == rows["合计"] == pytest.approx(shown_wan, abs=1e-9)

    def test_shows_institutions_and_arrears_to_the_city(self, client, cast, story):
        client.force_login(cast.operator)

        page = page_of(client.get(reverse("exports:statistics")))

        assert "逾期笔数" in figures_on(page)
        assert "对照城市银行" in page.get_text()

    def test_is_numbered_for_members(self, client, cast, story):
        client.force_login(cast.auditor)

        answer = client.get(reverse("exports:statistics-sheet"))

        document = IssuedDocument.objects.get()
        assert document.kind == "STATISTICS_XLSX"
        assert document.file_sha256 == hashlib.sha256(answer.content).hexdigest()

    def test_shows_a_lender_its_own_funnel(self, client, cast, story):
        client.force_login(cast.officer)

        page = page_of(client.get(reverse("exports:statistics-institution")))

        assert figures_on(page)["推送申请笔数"] == "11 笔"
        assert "对照城市银行" not in page.get_text()

    def test_shows_district_staff_their_district(self, client, cast, story):
        client.force_login(cast.other_district_clerk)

        page = page_of(client.get(reverse("exports:statistics-district")))

        assert figures_on(page)["注册企业数"] == "8 户"
        assert "和平区" in page.get_text()

    def test_a_stranger_is_told_no(self, client, cast):
        client.force_login(cast.owner)

        assert client.get(reverse("exports:statistics-district")).status_code == 403
        assert client.get(reverse("exports:statistics-institution-sheet")).status_code == 403

    def test_home_has_the_running_totals(self, client, story):
        home = client.get("/").content.decode()
        piece = page_of(client.get(reverse("exports:home-figures")))

        assert reverse("exports:home-figures") in home
        assert figures_on(piece)["累计放款户数"] == "21 户"


class TestPortraitPdf:
    @pytest.fixture
    def application(self, cast):
        return make_reviewed(cast)

    def address(self, application):
        return reverse("exports:portrait-pdf", args=[application.public_id])

    def test_is_a_file_with_a_chinese_name_that_no_cache_keeps(self, client, cast, application):
        client.force_login(cast.officer)

        answer = client.get(self.address(application))

        document = IssuedDocument.objects.get()
        disposition = answer["Content-Disposition"]
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Cache-Control"] == "no-store"
        assert f'filename="{document.number}.pdf"' in disposition
        assert "信用画像-天津津禾示例食品有限公司" in unquote(disposition.split("UTF-8''")[1])
        assert answer.content.startswith(b"%PDF-")

    def test_is_refused_in_the_moment_the_consent_is_gone(self, client, cast, application):
        client.force_login(cast.officer)
        assert client.get(self.address(application)).status_code == 200
        consent_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=NOW
        )

        answer = client.get(self.address(application))

        assert answer.status_code == 403
        assert "CONSENT_ENDED" in answer.content.decode()
        assert IssuedDocument.objects.count() == 1

    def test_strangers_meet_404(self, client, cast, application):
        for name in ("rival_officer", "rival_owner", "district_clerk", "operator"):
            client.force_login(getattr(cast, name))
            assert client.get(self.address(application)).status_code == 404

    def test_the_enterprise_takes_its_own(self, client, cast, application):
        client.force_login(cast.agent)

        answer = client.get(reverse("exports:own-portrait-pdf"))

        assert answer.status_code == 200
        assert answer.content.startswith(b"%PDF-")


class TestWhitelistSheets:
    def test_are_told_apart_by_audience(self, client, cast):
        key = make_whitelist(cast).public_id
        district = reverse("exports:whitelist-sheet", args=[key])
        lender = reverse("exports:recommendation-sheet", args=[key])

        client.force_login(cast.district_clerk)
        assert client.get(district).status_code == 200
        assert client.get(lender).status_code == 404
        client.force_login(cast.officer)
        assert client.get(lender).status_code == 200
        assert client.get(district).status_code == 404


class TestVerifyPage:
    CONTENT = b"%PDF-1.4 example"

    @pytest.fixture
    def issued(self, cast):
        return make_document(
            cast.officer,
            cast.institution.organisation,
            code_digest(CODE),
            file_sha256=hashlib.sha256(self.CONTENT).hexdigest(),
        )

    def test_answers_a_code_typed_or_scanned(self, client, issued):
        typed = client.get(reverse("exports:verify"), {"code": code_shown(CODE).lower()})
        scanned = client.get(reverse("exports:verify-code", args=[CODE]))

        for answer in (typed, scanned):
            text = page_of(answer).get_text()
            assert answer.status_code == 200
            assert issued.number in text
            assert "有效" in text

    def test_answers_the_file_itself(self, client, issued):
        file = SimpleUploadedFile("收到的.pdf", self.CONTENT)

        answer = client.post(reverse("exports:verify"), {"file": file})

        assert issued.number in answer.content.decode()

    def test_says_when_a_file_was_changed(self, client, issued):
        file = SimpleUploadedFile("收到的.pdf", self.CONTENT + b" ")

        answer = client.post(reverse("exports:verify"), {"file": file})

        assert answer.status_code == 404
        assert "DOCUMENT_UNKNOWN" in answer.content.decode()

    @pytest.mark.parametrize(
        ("asked", "status"), [("", 422), ("abc", 422), ("<script>", 422), (OTHER_CODE, 404)]
    )
    def test_bad_codes_are_answered_at_the_field(self, client, issued, asked, status):
        answer = client.get(reverse("exports:verify"), {"code": asked})

        assert answer.status_code == status
        assert issued.number not in answer.content.decode()

    def test_a_missing_or_empty_file_is_answered_at_the_field(self, client):
        empty = SimpleUploadedFile("空.pdf", b"")

        assert client.post(reverse("exports:verify")).status_code == 422
        assert client.post(reverse("exports:verify"), {"file": empty}).status_code == 422

    def test_guessing_is_stopped(self, client, issued):
        for _ in range(10):
            client.get(reverse("exports:verify-code", args=[OTHER_CODE]))

        answer = client.get(reverse("exports:verify-code", args=[CODE]))

        assert answer.status_code == 429


class TestDocumentPages:
    @pytest.fixture
    def issued(self, cast):
        return make_document(cast.officer, cast.institution.organisation, code_digest(CODE))

    def test_list_and_void(self, client, cast, issued):
        client.force_login(cast.officer)
        detail = reverse("exports:document-detail", args=[issued.public_id])

        assert issued.number in client.get(reverse("exports:document-list")).content.decode()
        assert client.post(detail, {"reason": ""}).status_code == 422
        answer = client.post(detail, {"reason": "信息有误"}, follow=True)

        assert "已作废" in answer.content.decode()
        assert client.post(detail, {"reason": "再次"}).status_code == 409

    def test_the_enterprise_sees_that_it_was_issued_but_cannot_void_it(self, client, cast, issued):
        client.force_login(cast.owner)
        detail = reverse("exports:document-detail", args=[issued.public_id])

        assert "作废该文件" not in client.get(detail).content.decode()
        assert client.post(detail, {"reason": "不同意"}).status_code == 403

    def test_a_stranger_meets_404(self, client, cast, issued):
        client.force_login(cast.rival_owner)
        detail = reverse("exports:document-detail", args=[issued.public_id])

        assert client.get(detail).status_code == 404
