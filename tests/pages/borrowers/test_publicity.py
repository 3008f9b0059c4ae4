"""Permits and penalties for everybody: found by code or name, only while they are public, never of a natural person."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse

from borrowers.domain.publicity import NoticeKind, notice_of
from borrowers.models import CreditRecord, Enterprise
from borrowers.services.publicity import MOST_SEARCHES
from tests.cast import NOW
from tests.factories.borrowers import make_enterprise, make_penalty

pytestmark = pytest.mark.django_db
PENALTIES = 1


@pytest.fixture(autouse=True)
def moment():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


def ask(client, text):
    return client.get(reverse("borrowers:publicity"), {"q": text})


def penalties_on(answer):
    return answer.context["tables"][PENALTIES].rows


class TestPublicity:
    @pytest.fixture
    def penalty(self, cast):
        return make_penalty(at=NOW)

    def test_shows_a_penalty_to_anybody_by_code(self, client, cast, penalty):
        answer = ask(client, cast.enterprise.uscc)

        (row,) = penalties_on(answer)
        assert row[0] == penalty.payload["CF_WSH"]
        assert "决定机关" in answer.content.decode()

    def test_says_nothing_of_the_people_behind(self, client, cast, penalty):
        CreditRecord.objects.update(payload=penalty.payload | {"CF_FRDB": "张某某人"})

        assert "张某某人" not in ask(client, cast.enterprise.uscc).content.decode()

    def test_finds_by_the_beginning_of_a_name_and_offers_the_choice(self, client, cast):
        make_enterprise(uscc="91120103MA0000012H", name="天津津禾示例包装有限公司", at=NOW)

        several = ask(client, "天津津禾示例")
        one = ask(client, "天津津禾示例食品")

        assert len(several.context["names"].rows) == 2
        assert several.context["tables"] == []
        assert one.context["enterprise"] == cast.enterprise

    def test_finds_a_name_without_the_place_before_it(self, client, cast):
        assert ask(client, "津禾示例食品").context["enterprise"] == cast.enterprise

    def test_says_what_to_type(self, client, cast):
        page = client.get(reverse("borrowers:publicity")).content.decode()

        assert "代码 18 位；名称至少 4 个字，前面的“天津”“某某区”可以不写。" in page

    def test_says_the_kind_of_penalty_once(self, client, cast, penalty):
        contents = []
        for kind, words in (("罚款", "罚款 3 万元"), ("警告", "责令改正")):
            payload = penalty.payload | {"CF_CFLB": kind, "CF_NR": words}
            CreditRecord.objects.update(payload=payload)
            (row,) = penalties_on(ask(client, cast.enterprise.uscc))
            contents.append(row[2])

        assert contents == ["罚款 3 万元", "警告；责令改正"]

    @pytest.mark.parametrize("text", ["", "天津", "91120103MA0000000X"])
    def test_finds_nothing_by_little(self, client, cast, text):
        answer = ask(client, text)

        assert answer.status_code == 200
        assert answer.context["enterprise"] is None
        assert answer.context["names"] is None

    def test_leaves_individual_businesses_out(self, client, cast, penalty):
        Enterprise.objects.filter(pk=cast.enterprise.pk).update(entity_type="INDIVIDUAL")

        assert ask(client, cast.enterprise.uscc).context["enterprise"] is None

    def test_shows_no_repaired_penalty(self, client, cast, penalty):
        CreditRecord.objects.update(repaired_at=NOW - timedelta(days=1))

        assert penalties_on(ask(client, cast.enterprise.uscc)) == []

    def test_shows_a_penalty_no_longer_than_it_is_public(self, client, cast, penalty):
        day = penalty.event_date
        (row,) = penalties_on(ask(client, cast.enterprise.uscc))
        until = row[5]

        before = notice_of("PENALTY", penalty.payload, day, until - timedelta(days=1))
        after = notice_of("PENALTY", penalty.payload, day, until)

        assert before is not None
        assert before.kind is NoticeKind.PENALTY
        assert after is None

    def test_shows_no_decision_about_a_natural_person_and_no_light_one(self, penalty):
        day = penalty.event_date
        person = penalty.payload | {"CF_XDR_LB": "自然人"}
        light = penalty.payload | {"CF_DJ": "轻微"}

        assert notice_of("PENALTY", person, day, day) is None
        assert notice_of("PENALTY", light, day, day) is None
        assert notice_of("INVOICE_MONTH", penalty.payload, day, day) is None

    def test_answers_nobody_who_asks_faster_than_people_do(self, client, cast):
        codes = [ask(client, "天津").status_code for _ in range(MOST_SEARCHES + 1)]

        assert set(codes[:-1]) == {200}
        assert codes[-1] == 429

    def test_tells_visitors_behind_the_proxy_apart(self, client, cast, settings):
        settings.PROXY_COUNT = 1

        codes = [
            client.get(
                reverse("borrowers:publicity"),
                {"q": "天津"},
                headers={"X-Forwarded-For": f"198.51.100.1, 203.0.113.{number}"},
            ).status_code
            for number in range(MOST_SEARCHES + 1)
        ]

        assert set(codes) == {200}
