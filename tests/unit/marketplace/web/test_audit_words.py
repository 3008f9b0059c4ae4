"""Audit events in Chinese."""

from __future__ import annotations

import re

import pytest

from marketplace.web.audit_words import (
    NOUNS,
    VERBS,
    action_words,
    kind_words,
    payload_words,
    stream_words,
)
from tests.architecture.source import APPS, source_files

ACTION = re.compile(rf'action=f?"(?:{"|".join(APPS)})\.([a-z_]+)\.')
DEED = re.compile(
    rf'action="(?:{"|".join(APPS)})\.[a-z_]+\.([a-z_]+)"|(?:institution_record|_touched)\((?:\w+, )?"([a-z_]+)"'
)


class TestActionWords:
    def test_every_thing_an_action_speaks_of_has_a_word(self):
        written = {
            noun for file in source_files() for noun in ACTION.findall(file.read_text("utf-8"))
        }

        assert len(written) > 10
        assert written - set(NOUNS) == set()

    def test_every_deed_written_out_has_a_word(self):
        written = {
            one or other
            for file in source_files()
            for one, other in DEED.findall(file.read_text("utf-8"))
        }

        assert len(written) > 20
        assert written - set(VERBS) == set()

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
            (
                {"valid_until": "2027-05-31T16:00:00+00:00"},
                "有效期至：2027-06-01 00:00",
            ),
            ({"abacus": "X"}, "abacus：X"),
            ({}, ""),
        ],
    )
    def test_tells_keys_and_codes_in_words(self, payload, words):
        assert payload_words(payload) == words


class TestStreamWords:
    @pytest.mark.parametrize(
        ("stream", "words"),
        [
            ("enterprise:91120101MA0501012L", "企业 91120101MA0501012L"),
            ("institution:B001", "机构 B001"),
            ("system", "平台"),
            ("abacus:7", "abacus 7"),
        ],
    )
    def test_says_whose_chain_it_is(self, stream, words):
        assert stream_words(stream) == words
