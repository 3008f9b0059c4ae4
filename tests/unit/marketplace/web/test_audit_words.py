"""Audit events in Chinese."""

from __future__ import annotations

import re

import pytest

from marketplace.web.audit_words import (
    NOUNS,
    action_words,
    kind_words,
    payload_words,
)
from tests.architecture.source import APPS, source_files

ACTION = re.compile(rf'action=f?"(?:{"|".join(APPS)})\.([a-z_]+)\.')


class TestActionWords:
    def test_every_thing_an_action_speaks_of_has_a_word(self):
        written = {
            noun for file in source_files() for noun in ACTION.findall(file.read_text("utf-8"))
        }

        assert len(written) > 10
        assert written - set(NOUNS) == set()

    def test_a_deed_without_a_word_stays_as_it_is(self):
        assert action_words("matching.whitelist.juggle") == "白名单·juggle"

    def test_a_code_of_another_form_stays_readable(self):
        assert action_words("juggle") == "juggle"


class TestKindWords:
    def test_is_the_name_of_the_model(self):
        assert kind_words("LoanProduct") == "信贷产品"

    def test_of_something_gone_stays_as_it_is(self):
        assert kind_words("Abacus") == "Abacus"


class TestPayloadWords:
    @pytest.mark.parametrize(
        ("payload", "words"),
        [
            ({"role": "OFFICER", "approve": True}, "角色：客户经理；通过：是"),
            ({"classes": ["09", "10"]}, "信息类别：纳税、社会保险费"),
            ({"content_hash": "0123456789abcdef"}, "内容哈希：0123456789ab…"),
            ({"file_sha256": "", "read": 0}, "读取：0"),
            ({"abacus": "X"}, "abacus：X"),
            ({}, ""),
        ],
    )
    def test_tells_keys_and_codes_in_words(self, payload, words):
        assert payload_words(payload) == words
