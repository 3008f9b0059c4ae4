from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache

from exports.domain.numbering import verification_code
from exports.selectors.document import code_digest, document_list
from exports.services import document_verify, document_void
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.models import AuditEvent
from marketplace.services.minute_limit import TooMany
from tests.cast import NOW
from tests.factories.documents import make_document

pytestmark = pytest.mark.django_db
CODE = verification_code(bytes(range(16)))
OTHER_CODE = verification_code(bytes(range(1, 17)))
LATER = NOW + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _no_tries_yet():
    cache.clear()


@pytest.fixture
def issued(cast):
    return make_document(cast.officer, cast.institution.organisation, code_digest(CODE))


def verify(**asked):
    return document_verify(sender="192.0.2.1", at=LATER, **asked)


class TestVerify:
    def test_tells_number_kind_name_day_and_hashes(self, issued):
        found = verify(code=CODE)

        assert found.number == issued.number
        assert found.subject == "天津津禾示例食品有限公司"
        assert found.content_hash == issued.content_hash
        assert found.is_valid

    def test_knows_a_file_by_its_bytes_and_nothing_else(self, cast, issued):
        content = b"%PDF-1.4 example"
        issued.file_sha256 = "f" * 64
        issued.save()
        with pytest.raises(NotFound):
            verify(chunks=[content])

        import hashlib

        issued.file_sha256 = hashlib.sha256(content).hexdigest()
        issued.save()

        assert verify(chunks=[content[:5], content[5:]]).number == issued.number
        flipped = bytes([content[0] ^ 1]) + content[1:]
        with pytest.raises(NotFound):
            verify(chunks=[flipped])

    def test_masks_the_name_of_a_person_in_business(self, cast):
        make_document(
            cast.officer,
            cast.institution.organisation,
            code_digest(CODE),
            subject_name="张示例",
            subject_uscc="92120101MA0501012L",
        )

        assert verify(code=CODE).subject == "张**"

    def test_says_that_a_document_is_void(self, cast, issued):
        document_void(document_id=issued.public_id, reason="重复", actor=cast.officer, at=NOW)

        found = verify(code=CODE)
        assert not found.is_valid
        assert found.state_label == "已作废"

    def test_an_unknown_code_and_a_future_one_get_the_same_answer(self, cast, issued):
        issued.issued_at = LATER + timedelta(days=1)
        issued.save()

        with pytest.raises(NotFound) as future:
            verify(code=CODE)
        with pytest.raises(NotFound) as unknown:
            verify(code=OTHER_CODE)

        assert future.value.sentence == unknown.value.sentence

    def test_the_code_itself_is_not_kept(self, issued):
        assert CODE not in {str(value) for value in vars(issued).values()}

    def test_guessing_is_stopped_but_success_does_not_count(self, issued):
        for _ in range(20):
            verify(code=CODE)
        for _ in range(10):
            with pytest.raises(NotFound):
                verify(code=OTHER_CODE)

        with pytest.raises(TooMany):
            verify(code=CODE)
        assert document_verify(sender="192.0.2.2", at=LATER, code=CODE).number == issued.number
        assert document_verify(
            sender="192.0.2.1", at=LATER + timedelta(minutes=1), code=CODE
        ).is_valid


class TestVoid:
    def test_needs_a_reason(self, cast, issued):
        with pytest.raises(Refused, match="VOID_REASON"):
            document_void(document_id=issued.public_id, reason=" ", actor=cast.officer, at=NOW)

    def test_happens_once_and_is_audited(self, cast, issued):
        document_void(document_id=issued.public_id, reason="重复", actor=cast.officer, at=NOW)

        with pytest.raises(Conflict, match="DOCUMENT_VOID"):
            document_void(document_id=issued.public_id, reason="重复", actor=cast.officer, at=NOW)
        assert AuditEvent.objects.filter(action="exports.document.void").count() == 1

    def test_is_not_for_the_enterprise_it_speaks_of(self, cast, issued):
        with pytest.raises(NotPermitted):
            document_void(document_id=issued.public_id, reason="重复", actor=cast.owner, at=NOW)

    def test_does_not_exist_for_strangers(self, cast, issued):
        with pytest.raises(NotFound):
            document_void(
                document_id=issued.public_id, reason="重复", actor=cast.rival_officer, at=NOW
            )


class TestList:
    def test_is_read_by_holder_subject_and_city(self, cast, issued):
        for name in ("officer", "owner", "agent", "operator", "auditor"):
            assert list(document_list(getattr(cast, name))) == [issued]
        for name in ("approver", "rival_officer", "rival_owner", "district_clerk", "stranger"):
            assert not document_list(getattr(cast, name)).exists()
