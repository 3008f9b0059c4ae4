from dataclasses import replace

import pytest

from matching.domain.indicators import Missing
from matching.domain.portrait import assemble, canonical_json, from_json
from matching.domain.redaction import Audience, redact
from tests.factories.records import ALL_CLASSES, NOW, make_inputs

PORTRAIT = assemble(make_inputs(), NOW)
WITHOUT_CONSENT = (Audience.OPERATOR, Audience.DISTRICT, Audience.OTHER_LENDER, Audience.PUBLIC)
SECRETS = ("2000.50", "1200.50", "TAX_PAYMENT-3", "SOCIAL_INSURANCE-2", "12 人", "batch-POWER_BILL")
everybody = pytest.mark.parametrize("audience", list(Audience))


class TestRedact:
    @pytest.mark.parametrize("audience", [Audience.BORROWER, Audience.APPROVER])
    def test_borrower_and_approver_see_everything(self, audience):
        assert redact(PORTRAIT, audience) == PORTRAIT

    def test_officer_sees_data_within_consent_and_a_summary_of_the_score(self):
        seen = redact(PORTRAIT, Audience.OFFICER)

        assert seen.indicators == PORTRAIT.indicators
        assert (seen.score.grade, seen.score.dimensions) == (
            PORTRAIT.score.grade,
            PORTRAIT.score.dimensions,
        )
        assert seen.score.contributions == ()

    @pytest.mark.parametrize("audience", WITHOUT_CONSENT)
    def test_nothing_that_needs_consent_reaches_others(self, audience):
        text = canonical_json(redact(PORTRAIT, audience))

        assert [secret for secret in SECRETS if secret in text] == []

    @pytest.mark.parametrize("audience", [Audience.OFFICER, Audience.APPROVER])
    def test_a_class_no_longer_granted_disappears_with_all_made_of_it(self, audience):
        granted = [code for code in ALL_CLASSES if code != "09"]

        seen = redact(PORTRAIT, audience, granted)

        text = canonical_json(seen)
        assert seen.indicator("tax_paid_12m_yuan").missing is Missing.NOT_AUTHORIZED
        assert "TAX_PAYMENT-" not in text
        assert "2000.50" not in text
        assert seen.indicator("social_insured_count").value == 12

    def test_points_of_hidden_indicators_are_joined_so_that_the_sum_stays(self):
        seen = redact(PORTRAIT, Audience.APPROVER, [])

        assert sum(line.points for line in seen.score.contributions) == seen.score.points
        assert {line.indicator for line in seen.score.contributions} <= {
            "",
            *(entry.code for entry in PORTRAIT.indicators if entry.public),
        }

    def test_contradictions_go_with_the_data_they_are_made_of(self):
        seen = redact(PORTRAIT, Audience.OFFICER, ["09"])

        assert PORTRAIT.contradictions
        assert seen.contradictions == ()

    def test_the_borrower_keeps_own_data_after_revoking(self):
        assert redact(PORTRAIT, Audience.BORROWER, []) == PORTRAIT

    def test_a_grant_wider_than_the_portraits_consent_adds_nothing(self):
        narrow = assemble(
            make_inputs(consent=replace(make_inputs().consent, data_classes=("10",))), NOW
        )

        assert redact(narrow, Audience.OFFICER, ALL_CLASSES).indicators == narrow.indicators

    def test_district_staff_see_the_grade_and_no_points(self):
        seen = redact(PORTRAIT, Audience.DISTRICT).score

        assert (seen.grade, seen.points, seen.contributions) == (PORTRAIT.score.grade, None, ())

    @pytest.mark.parametrize("audience", [Audience.OTHER_LENDER, Audience.PUBLIC])
    def test_strangers_see_published_records_only(self, audience):
        seen = redact(PORTRAIT, audience)

        assert (seen.score.grade, seen.score.points) == ("", None)
        assert seen.declared.amount_yuan is None
        assert seen.consent.consent_id == ""
        assert seen.lists == PORTRAIT.lists

    @everybody
    def test_every_view_is_a_portrait_again(self, audience):
        seen = redact(PORTRAIT, audience)

        assert from_json(canonical_json(seen)) == seen

    @everybody
    def test_names_no_record_without_its_source(self, audience):
        seen = redact(PORTRAIT, audience)

        named = {i for value in seen.indicators for i in value.evidence_ids}
        named |= {i for line in seen.score.contributions for i in line.evidence_ids}
        named |= {i for entry in seen.contradictions for i in entry.evidence_ids}
        assert named <= {entry.record_id for entry in seen.lineage}

    def test_hides_who_and_where_a_person_in_business_is(self):
        person = replace(
            PORTRAIT.enterprise,
            uscc="92120103MA0501012L",
            entity_type="INDIVIDUAL",
            legal_representative="王小明",
            address="天津市河西区示例路1号",
        )

        seen = redact(replace(PORTRAIT, enterprise=person), Audience.DISTRICT).enterprise

        assert seen.uscc == "92120********1012L"
        assert seen.legal_representative == "王**"
        assert "示例路" not in seen.address
