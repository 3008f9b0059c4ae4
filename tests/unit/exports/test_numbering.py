from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.domain.numbering import (
    CODE_LENGTH,
    ENTROPY_BYTES,
    PREFIXES,
    DocumentKind,
    code_from,
    code_shown,
    document_number,
    is_document_number,
    verification_code,
)
from marketplace.domain.errors import Refused
from marketplace.domain.uscc import ALPHABET

entropy = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)
DAY = date(2026, 11, 23)


class TestDocumentNumber:
    @given(entropy, st.sampled_from(DocumentKind))
    def test_says_kind_and_day_and_checks(self, random, kind):
        number = document_number(kind, DAY, random)

        assert number.startswith(f"{PREFIXES[kind]}20261123")
        assert len(number) == 21
        assert is_document_number(number)

    @given(entropy, st.integers(4, 20), st.sampled_from(ALPHABET))
    def test_a_single_wrong_sign_is_found(self, random, place, sign):
        number = document_number(DocumentKind.PORTRAIT_PDF, DAY, random)
        wrong = number[:place] + sign + number[place + 1 :]

        assert is_document_number(wrong) == (wrong == number)

    def test_too_little_randomness_is_refused(self):
        with pytest.raises(ValueError, match="randomness"):
            document_number(DocumentKind.PORTRAIT_PDF, DAY, b"1234")


class TestVerificationCode:
    @given(entropy)
    def test_is_read_as_it_is_printed(self, random):
        code = verification_code(random)

        assert len(code) == CODE_LENGTH
        assert code_from(code_shown(code)) == code
        assert code_from(f" {code_shown(code).lower()} ") == code

    @given(entropy)
    def test_hangs_on_all_of_the_randomness_it_uses(self, random):
        other = bytes([*random[:-1], random[-1] ^ 1])

        assert verification_code(random) != verification_code(other)

    @pytest.mark.parametrize("text", ["", "abc", "7Q4K-X9M2-PB3T-6H8W-0", "7Q4K-X9M2-PB3T-6H8!"])
    def test_what_cannot_be_one_is_refused_at_the_field(self, text):
        with pytest.raises(Refused) as refused:
            code_from(text)

        assert refused.value.code == "VERIFY_CODE_INVALID"
        assert "code" in refused.value.fields
