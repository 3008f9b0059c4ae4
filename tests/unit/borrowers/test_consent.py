"""Consent: limits of what may be asked, one signed text, a state that follows from dates."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.domain.consent import (
    ConsentNames,
    ConsentState,
    ConsentTerms,
    canonical_json,
    check_terms,
    refuse_unfair_terms,
    state_at,
    terms_from_json,
    text_for,
)
from borrowers.domain.consent_text import LATEST_VERSION
from marketplace.domain.errors import Refused
from marketplace.domain.text import half_width
from marketplace.domain.workdays import BEIJING

ON = date(2026, 6, 1)
FROM = datetime(2026, 6, 1, 10, 0, tzinfo=BEIJING)
TERMS = ConsentTerms(
    subject="91120101MA0501012L",
    lender="BANK-01",
    purpose="APPLICATION_REVIEW",
    application_ref="0b6a3c4e-0000-4000-8000-000000000001",
    data_classes=("09", "10"),
    data_from=date(2023, 6, 1),
    data_to=date(2026, 5, 31),
    valid_from=FROM,
    valid_until=datetime(2027, 6, 1, 10, 0, tzinfo=BEIJING),
    data_life_days=365,
    feedback_clause=True,
    text_version=LATEST_VERSION,
)
NAMES = ConsentNames(
    "天津示例甲商贸有限公司", "示例银行股份有限公司天津分行", "王小明", "企业负责人"
)


class TestTerms:
    def test_that_are_fair_pass_every_rule(self):
        assert all(verdict.passed for verdict in check_terms(TERMS, ON))

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"data_classes": ()}, "data_classes"),
            ({"data_classes": ("18",)}, "data_classes"),
            ({"purpose": "CURIOSITY"}, "purpose"),
            ({"purpose": "SUPERVISION"}, "purpose"),
            ({"application_ref": ""}, "application_ref"),
            ({"valid_until": FROM}, "valid_until"),
            ({"valid_until": FROM + timedelta(days=367)}, "valid_until"),
            ({"data_from": date(2021, 5, 31)}, "data_from"),
            ({"data_to": date(2023, 5, 31)}, "data_from"),
            ({"data_life_days": 0}, "data_life_days"),
            ({"data_life_days": 1096}, "data_life_days"),
            ({"text_version": "1999"}, "text_version"),
        ],
    )
    def test_that_ask_too_much_are_refused_at_their_field(self, changes, field):
        with pytest.raises(Refused) as refusal:
            refuse_unfair_terms(replace(TERMS, **changes), ON)

        assert refusal.value.code == "CONSENT_TERMS_UNFAIR"
        assert list(refusal.value.fields) == [field]

    def test_name_the_version_of_the_limits(self):
        assert {verdict.parameter_version for verdict in check_terms(TERMS, ON)} == {"2015-01-01"}

    def test_cover_events_of_their_period_and_classes_only(self):
        assert TERMS.covers("09", date(2023, 6, 1))
        assert TERMS.covers("09", date(2026, 5, 31))
        assert not TERMS.covers("09", date(2023, 5, 31))
        assert not TERMS.covers("12", date(2025, 1, 1))

    def test_cover_a_state_however_long_ago_it_began(self):
        assert replace(TERMS, data_classes=("13",)).covers("13", date(2010, 1, 1))


class TestCanonicalText:
    def test_is_the_same_for_the_same_terms(self):
        other = replace(TERMS, data_classes=("10", "09", "10"), valid_from=FROM.astimezone(UTC))

        assert canonical_json(other) == canonical_json(TERMS)

    @pytest.mark.parametrize(
        "changes",
        [
            {"subject": "91120102MA0501020X"},
            {"lender": "BANK-02"},
            {"data_classes": ("09",)},
            {"valid_until": FROM + timedelta(days=1)},
            {"feedback_clause": False},
        ],
    )
    def test_changes_with_every_term(self, changes):
        assert canonical_json(replace(TERMS, **changes)) != canonical_json(TERMS)

    def test_gives_the_terms_back(self):
        assert terms_from_json(canonical_json(TERMS)) == TERMS

    def test_refuses_moments_without_a_zone(self):
        with pytest.raises(ValueError, match="aware"):
            canonical_json(replace(TERMS, valid_from=datetime(2026, 6, 1)))


class TestWording:
    def test_names_recipient_purpose_kinds_and_term(self):
        text = text_for(TERMS, NAMES).text

        for words in (
            NAMES.enterprise,
            NAMES.lender,
            "贷款申请审查",
            "09 纳税",
            "2027-06-01 10:00",
            "365 天",
            "王小明",
        ):
            assert words in text

    def test_holds_the_clause_for_feedback(self):
        assert (
            "同意金融机构向平台反馈授信、签约、放款、还款、逾期信息" in text_for(TERMS, NAMES).text
        )

    def test_says_so_when_feedback_is_not_allowed(self):
        assert (
            "本企业不同意金融机构向平台反馈"
            in text_for(replace(TERMS, feedback_clause=False), NAMES).text
        )

    @pytest.mark.parametrize(
        ("feedback", "sha256"),
        [
            (True, "6ee8e6d38df554c5e9ef505a493603a14cb9437271852cb0d52f41c08ae18074"),
            (False, "65f3b9ce9b1de4e555842e9fd79fd3c91cde236e6164a68d9fb98f859e2a8787"),
        ],
    )
    def test_that_was_signed_before_is_made_again_to_the_letter(self, feedback, sha256):
        terms = replace(TERMS, text_version="2026-01", feedback_clause=feedback)

        assert text_for(terms, NAMES).sha256 == sha256

    def test_of_today_says_the_same_words_with_full_width_punctuation(self):
        earlier = text_for(replace(TERMS, text_version="2026-01"), NAMES).text
        words, today = (
            re.sub(r"[\W\d]|SHA|[a-f]", "", half_width(text))
            for text in (earlier, text_for(TERMS, NAMES).text)
        )

        assert words == today
        assert not re.search(r"[,;()]|:(?!\d)", text_for(TERMS, NAMES).text)

    def test_says_it_is_no_credit_report_and_can_be_withdrawn(self):
        text = text_for(TERMS, NAMES).text

        assert "供参考，不构成征信报告" in text
        assert "随时在平台撤回" in text

    def test_is_hashed_as_it_is_shown(self):
        wording = text_for(TERMS, NAMES)

        assert wording.sha256 == hashlib.sha256(wording.text.encode()).hexdigest()
        assert hashlib.sha256(canonical_json(TERMS).encode()).hexdigest() in wording.text


class TestStateAt:
    @pytest.mark.parametrize(
        ("at", "revoked_at", "state"),
        [
            (FROM - timedelta(seconds=1), None, ConsentState.NOT_YET),
            (FROM, None, ConsentState.LIVE),
            (TERMS.valid_until - timedelta(seconds=1), None, ConsentState.LIVE),
            (TERMS.valid_until, None, ConsentState.EXPIRED),
            (FROM, FROM, ConsentState.REVOKED),
            (FROM, FROM + timedelta(seconds=1), ConsentState.LIVE),
            (TERMS.valid_until, FROM, ConsentState.REVOKED),
        ],
    )
    def test_follows_from_the_dates(self, at, revoked_at, state):
        assert state_at(TERMS, revoked_at, at) is state

    @given(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2028, 1, 1)))
    def test_is_never_live_again_after_it_ended(self, moment):
        at = moment.replace(tzinfo=UTC)
        ended = (ConsentState.EXPIRED, ConsentState.REVOKED)

        if state_at(TERMS, None, at) in ended:
            assert state_at(TERMS, None, at + timedelta(days=1)) in ended
