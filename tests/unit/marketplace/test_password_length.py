from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from marketplace.services.password import PasswordLength


class TestPasswordLength:
    @pytest.mark.parametrize("length", [12, 64, 128])
    def test_takes_what_is_long_enough(self, length):
        PasswordLength().validate("长" * length)

    @pytest.mark.parametrize("length", [0, 11, 129, 20_000])
    def test_refuses_too_short_and_too_long_in_words(self, length):
        with pytest.raises(ValidationError, match="密码长度应为 12 至 128 位。"):
            PasswordLength().validate("长" * length)
