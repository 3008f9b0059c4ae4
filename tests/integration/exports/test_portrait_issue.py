from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from borrowers.services import consent_revoke
from exports.domain.numbering import is_document_number
from exports.models import IssuedDocument
from exports.services import own_portrait_pdf_issue, portrait_pdf_issue
from exports.services import portrait as portrait_services
from marketplace.domain.errors import NotFound, NotPermitted
from marketplace.models import AccessRecord, AuditEvent
from matching.selectors.application import application_get_handled
from tests.cast import NOW
from tests.factories.documents import make_reviewed
from tests.factories.matching import make_application

pytestmark = pytest.mark.django_db
DELIVERED = NOW + timedelta(hours=1)


def text_of(content: bytes) -> str:
    pages = PdfReader(BytesIO(content)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def fonts_of(content: bytes) -> dict[str, bool]:
    """Name of every font to whether its file is embedded."""
    found: dict[str, bool] = {}
    for page in PdfReader(BytesIO(content)).pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            shape = font.get_object()
            if "/DescendantFonts" in shape:
                shape = shape["/DescendantFonts"][0].get_object()
            descriptor = shape.get("/FontDescriptor")
            files = {"/FontFile", "/FontFile2", "/FontFile3"}
            found[shape["/BaseFont"]] = descriptor is not None and bool(
                files & set(descriptor.get_object())
            )
    return found


class TestLendersCopy:
    @pytest.fixture
    def application(self, cast):
        return make_reviewed(cast)

    def test_says_what_whose_and_that_it_is_no_credit_bureaus_report(self, cast, application):
        content, document = portrait_pdf_issue(
            application=application, user=cast.officer, at=DELIVERED
        )

        text = text_of(content)
        assert "企业公共信用画像" in text
        assert "天津津禾示例食品有限公司" in text
        assert application.portrait.content_hash in text
        assert "供参考，不构成征信报告" in text
        assert document.number in text
        assert "officer（示例城市银行）" in text
        assert "2026-11-2311:00贷款申请审查" in text
        assert "示例信用贷P001" in text
        assert str(application.public_id) in text

    def test_is_watermarked_on_every_page_with_reader_organisation_and_time(
        self, cast, application, monkeypatch
    ):
        drawn = []
        render = portrait_services.render_portrait
        monkeypatch.setattr(
            portrait_services, "render_portrait", lambda d: drawn.append(d.reader) or render(d)
        )

        content, _ = portrait_pdf_issue(application=application, user=cast.officer, at=DELIVERED)

        reader = drawn[0]
        assert (reader.name, reader.organization) == ("officer", "示例城市银行")
        assert reader.read_at == DELIVERED
        for page in PdfReader(BytesIO(content)).pages:
            assert b"/ActualText <FEFF>" in page.get_contents().get_data()

    def test_embeds_every_font(self, cast, application):
        content, _ = portrait_pdf_issue(application=application, user=cast.officer, at=DELIVERED)

        fonts = fonts_of(content)
        assert fonts
        assert all(fonts.values()), fonts

    def test_is_registered_with_the_hash_of_the_file(self, cast, application):
        content, document = portrait_pdf_issue(
            application=application, user=cast.officer, at=DELIVERED
        )

        assert is_document_number(document.number)
        assert document.file_sha256 == hashlib.sha256(content).hexdigest()
        assert document.content_hash == application.portrait.content_hash
        assert document.issued_to == cast.officer
        assert document.issued_for == cast.institution.organisation
        event = AuditEvent.objects.get(action="exports.document.issue")
        assert event.payload["number"] == document.number

    def test_is_logged_as_a_reading_the_enterprise_can_see(self, cast, application):
        portrait_pdf_issue(application=application, user=cast.officer, at=DELIVERED)

        record = AccessRecord.objects.get(channel="PDF")
        assert record.subject_uscc == cast.enterprise.uscc
        assert record.user == cast.officer
        assert record.consent_ref == application.consent.public_id
        assert record.at == DELIVERED

    def test_asks_the_consent_at_delivery(self, cast, application):
        consent_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=NOW
        )
        stale = application

        with pytest.raises(NotPermitted, match="CONSENT_ENDED"):
            portrait_pdf_issue(application=stale, user=cast.officer, at=DELIVERED)

        assert not IssuedDocument.objects.exists()
        assert not AccessRecord.objects.filter(channel="PDF").exists()

    def test_is_not_handed_out_once_the_consent_has_run_out(self, cast, application):
        late = application.consent.valid_until

        with pytest.raises(NotPermitted, match="CONSENT_ENDED"):
            portrait_pdf_issue(application=application, user=cast.officer, at=late)

    @pytest.mark.parametrize("name", ["rival_officer", "owner", "district_clerk", "operator"])
    def test_does_not_exist_for_strangers(self, cast, application, name):
        with pytest.raises(NotFound):
            portrait_pdf_issue(application=application, user=getattr(cast, name), at=DELIVERED)

        assert not IssuedDocument.objects.exists()

    def test_shows_the_points_to_the_approver_and_their_sums_to_the_officer(
        self, cast, application
    ):
        officers, _ = portrait_pdf_issue(application=application, user=cast.officer, at=DELIVERED)
        approvers, _ = portrait_pdf_issue(application=application, user=cast.approver, at=DELIVERED)

        assert "不含逐项明细" in text_of(officers)
        assert "不含逐项明细" not in text_of(approvers)

    def test_differs_for_every_reader_but_prints_the_same_hash(self, cast, application):
        _, first = portrait_pdf_issue(application=application, user=cast.officer, at=DELIVERED)
        _, second = portrait_pdf_issue(application=application, user=cast.officer, at=DELIVERED)

        assert first.number != second.number
        assert first.file_sha256 != second.file_sha256
        assert first.content_hash == second.content_hash


class TestBeforeAndAfter:
    def test_it_opens_with_acceptance(self, cast):
        pending = make_application(cast, "PENDING_ACCEPT")
        pending = application_get_handled(cast.officer, pending.public_id)

        with pytest.raises(NotPermitted, match="PORTRAIT_NOT_OPEN"):
            portrait_pdf_issue(application=pending, user=cast.officer, at=DELIVERED)

    def test_it_closes_with_the_application(self, cast):
        rejected = make_application(cast, "REJECTED")
        rejected = application_get_handled(cast.officer, rejected.public_id)

        with pytest.raises(NotPermitted, match="PORTRAIT_NOT_OPEN"):
            portrait_pdf_issue(application=rejected, user=cast.officer, at=DELIVERED)


class TestOwnCopy:
    def test_needs_no_consent_and_says_so(self, cast):
        make_reviewed(cast)

        content, document = own_portrait_pdf_issue(user=cast.owner, at=DELIVERED)

        text = text_of(content)
        assert "本画像由企业查询自身信息形成" in text
        assert "企业查询自身信息" in text
        assert document.content_hash in text
        assert document.issued_for.name == cast.enterprise.name
        assert AccessRecord.objects.get(channel="PDF").purpose == "OWN_REPORT"

    def test_is_for_those_who_stand_for_an_enterprise(self, cast):
        with pytest.raises(NotFound):
            own_portrait_pdf_issue(user=cast.officer, at=DELIVERED)
