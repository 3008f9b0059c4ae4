"""Pages of long lists by key."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.test import RequestFactory

from marketplace.domain.errors import Refused
from marketplace.models import Notification
from marketplace.web.pagination import keyset_page
from tests.cast import NOW, make_user

SIZE = 4


@pytest.fixture
def notices(db):
    user = make_user("reader")
    Notification.objects.bulk_create(
        Notification(user=user, kind="x", title=str(at), at=NOW + timedelta(minutes=at // 3))
        for at in range(11)
    )
    return Notification.objects.all()


def page(queryset, cursor="", descending=True):
    request = RequestFactory().get("/", {"cursor": cursor} if cursor else {})
    return keyset_page(request, queryset, field="at", descending=descending, size=SIZE)


def titles(found):
    return [row.title for row in found.rows]


class TestKeysetPage:
    @pytest.mark.parametrize("descending", [True, False])
    def test_walks_every_row_once_forth_and_back(self, notices, descending):
        expected = [str(at) for at in range(11)]
        if descending:
            expected.reverse()
        found = page(notices, descending=descending)
        forth, pages = titles(found), [titles(found)]

        while found.next_cursor:
            found = page(notices, found.next_cursor, descending)
            forth += titles(found)
            pages.append(titles(found))
        back = [titles(found)]
        while found.previous_cursor:
            found = page(notices, found.previous_cursor, descending)
            back.insert(0, titles(found))

        assert forth == expected
        assert back == pages

    def test_single_page_leads_nowhere(self, notices):
        assert not page(notices[:0].model.objects.filter(title="1")).has_other_pages

    def test_costs_one_query(self, notices, django_assert_num_queries):
        cursor = page(notices).next_cursor

        with django_assert_num_queries(1):
            page(notices, cursor)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[1]",
            "[false,null,1]",
            '[false,"x",1]',
            '[false,"2026-01-01",1e400]',
            "[" * 900,
            '[false,"2026-01-01T00:00Z",99999999999999999999]',
        ],
    )
    def test_refuses_a_cursor_not_made_here(self, notices, text):
        cursor = base64.urlsafe_b64encode(text.encode()).decode() or "!!"

        with pytest.raises(Refused) as refused:
            page(notices, cursor)

        assert refused.value.code == "CURSOR_INVALID"
