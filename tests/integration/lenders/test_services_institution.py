from __future__ import annotations

import pytest
from django.urls import reverse

from lenders.models import Institution
from lenders.services import (
    institution_apply,
    institution_restore,
    institution_review,
    institution_suspend,
)
from marketplace.domain.errors import Conflict, NotPermitted, Refused, TransitionRefused
from marketplace.models import AuditEvent, Notification

PARTICULARS = {
    "code": "b009",
    "kind": "VILLAGE",
    "name": " 示例村镇银行 ",
    "uscc": "91120105ma0501055u",
    "introduction": "服务三农。",
}


@pytest.fixture
def applicant(cast, now):
    return institution_apply(**PARTICULARS, contact_phone="022-1234", actor=None, at=now)


class TestInstitutionApply:
    def test_enters_the_institution_as_pending(self, applicant):
        assert applicant.state == "PENDING"
        assert applicant.code == "B009"
        assert applicant.organisation.name == "示例村镇银行"
        assert applicant.organisation.uscc == "91120105MA0501055U"

    def test_keeps_the_telephone_number_sealed(self, applicant):
        stored = Institution.objects.filter(pk=applicant.pk).extra(select={"raw": "contact_phone"})

        assert "022" not in stored.values_list("raw", flat=True)[0]
        assert Institution.objects.get(pk=applicant.pk).contact_phone == "022-1234"

    def test_tells_the_operators(self, cast, applicant):
        told = Notification.objects.filter(kind="institution.applied")

        assert {notice.user for notice in told} == {cast.operator, cast.second_operator}

    def test_is_written_into_the_institutions_chain(self, applicant):
        event = AuditEvent.objects.get(stream="institution:B009")

        assert event.action == "lenders.institution.apply"

    def test_refuses_faulty_particulars_and_writes_nothing(self, cast, now):
        with pytest.raises(Refused) as refused:
            institution_apply(**PARTICULARS | {"uscc": "123"}, actor=None, at=now)

        assert refused.value.code == "INSTITUTION_INVALID"
        assert not Institution.objects.filter(code="B009").exists()

    def test_refuses_a_code_in_use(self, cast, now):
        with pytest.raises(Conflict) as refused:
            institution_apply(**PARTICULARS | {"code": "B001"}, actor=None, at=now)

        assert refused.value.code == "INSTITUTION_CODE_TAKEN"

    def test_refuses_a_credit_code_in_use(self, cast, now):
        known = cast.institution.organisation.uscc

        with pytest.raises(Conflict) as refused:
            institution_apply(**PARTICULARS | {"uscc": known}, actor=None, at=now)

        assert refused.value.code == "INSTITUTION_JOINED"
        assert set(refused.value.fields) == {"uscc"}

    def test_refuses_a_second_application_while_the_first_waits(self, applicant, now):
        with pytest.raises(Conflict) as refused:
            institution_apply(**PARTICULARS | {"code": "B010"}, actor=None, at=now)

        assert refused.value.code == "INSTITUTION_APPLIED"

    def test_refuses_a_telephone_nobody_answers(self, cast, now):
        with pytest.raises(Refused) as refused:
            institution_apply(**PARTICULARS, contact_phone="问前台", actor=None, at=now)

        assert set(refused.value.fields) == {"contact_phone"}


class TestInstitutionAppliesAgain:
    @pytest.fixture
    def refused_before(self, cast, applicant, now):
        return institution_review(
            institution=applicant, approve=False, reason="名称不符", actor=cast.operator, at=now
        )

    def test_takes_the_particulars_anew(self, refused_before, now):
        again = institution_apply(
            **PARTICULARS | {"name": "示例村镇银行股份有限公司", "code": "B010"},
            contact_phone="022-5555 6666",
            actor=None,
            at=now,
        )

        stored = Institution.objects.get(organisation__uscc=again.organisation.uscc)
        assert again.pk == refused_before.pk == stored.pk
        assert (stored.state, stored.code) == ("PENDING", "B010")
        assert stored.review_reason == "名称不符"
        assert stored.organisation.name == "示例村镇银行股份有限公司"
        assert stored.contact_phone == "022-5555 6666"

    def test_shows_the_reviewer_why_it_was_refused(self, refused_before, client, cast, now):
        institution_apply(**PARTICULARS, actor=None, at=now)
        client.force_login(cast.operator)

        url = reverse("lenders:institution-detail", args=[refused_before.public_id])
        page = client.get(url).content.decode()

        assert "上一次未通过的原因" in page
        assert "名称不符" in page
        assert "请先电话核实" in page

    def test_keeps_why_it_was_refused_in_the_chain(self, refused_before, now):
        institution_apply(**PARTICULARS, actor=None, at=now)

        event = AuditEvent.objects.get(action="lenders.institution.reapply")
        assert event.payload == {"former_code": "B009", "refused_because": "名称不符"}

    def test_does_not_take_the_code_of_another(self, cast, refused_before, now):
        with pytest.raises(Conflict) as refused:
            institution_apply(**PARTICULARS | {"code": cast.institution.code}, actor=None, at=now)

        assert refused.value.code == "INSTITUTION_CODE_TAKEN"


class TestInstitutionReview:
    def test_admits(self, cast, applicant, now):
        row = institution_review(
            institution=applicant, approve=True, reason="", actor=cast.operator, at=now
        )

        assert (row.state, row.admitted_by, row.admitted_at) == ("ADMITTED", cast.operator, now)

    def test_refuses_with_a_reason(self, cast, applicant, now):
        row = institution_review(
            institution=applicant, approve=False, reason="材料不全", actor=cast.operator, at=now
        )

        assert (row.state, row.review_reason) == ("REFUSED", "材料不全")

    def test_demands_a_reason_for_a_refusal(self, cast, applicant, now):
        with pytest.raises(TransitionRefused):
            institution_review(
                institution=applicant, approve=False, reason=" ", actor=cast.operator, at=now
            )

    def test_demands_an_operator(self, cast, applicant, now):
        with pytest.raises(NotPermitted):
            institution_review(
                institution=applicant, approve=True, reason="", actor=cast.auditor, at=now
            )

    def test_is_refused_once_decided(self, cast, now):
        with pytest.raises(TransitionRefused):
            institution_review(
                institution=cast.institution,
                approve=True,
                reason="",
                actor=cast.operator,
                at=now,
            )

    def test_tells_an_applicant_with_an_account(self, cast, now):
        institution = institution_apply(**PARTICULARS, actor=cast.stranger, at=now)

        institution_review(
            institution=institution, approve=True, reason="", actor=cast.operator, at=now
        )

        assert Notification.objects.filter(user=cast.stranger, kind="institution.admit").exists()


class TestInstitutionSuspend:
    def test_suspends_and_restores(self, cast, now):
        suspended = institution_suspend(
            institution=cast.institution, reason="整改", actor=cast.operator, at=now
        )
        restored = institution_restore(institution=suspended, actor=cast.operator, at=now)

        assert (suspended.state, restored.state) == ("SUSPENDED", "ADMITTED")

    def test_demands_a_reason(self, cast, now):
        with pytest.raises(TransitionRefused):
            institution_suspend(
                institution=cast.institution, reason="", actor=cast.operator, at=now
            )

    def test_demands_an_operator(self, cast, now):
        with pytest.raises(NotPermitted):
            institution_suspend(
                institution=cast.institution, reason="整改", actor=cast.approver, at=now
            )
