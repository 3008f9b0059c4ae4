"""Statements written out once: the rows of the queryset they stand for, whatever values they are asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.test.utils import CaptureQueriesContext

from marketplace.models import Notification
from marketplace.statements import Statement, asked_together
from tests.cast import NOW, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerks():
    return [make_user(name) for name in ("clerk", "second-clerk")]


@pytest.fixture
def notices(clerks):
    return [
        Notification.objects.create(
            user=user, kind="clock", title=f"第 {day} 天", at=NOW + timedelta(days=day)
        )
        for user in clerks
        for day in range(3)
    ]


def told(user: int, at: object) -> QuerySet[Notification]:
    return Notification.objects.filter(user=user, at__lte=at).order_by("-at")


class TestAnswer:
    def test_is_that_of_the_queryset_for_every_value(self, clerks, notices):
        statement = Statement(told)
        asked = [
            (user.pk, NOW + timedelta(days=day)) for user in clerks for day in (-1, 0, 1, 5, 0)
        ]
        found = [[row.pk for row in statement.rows(user=user, at=at)] for user, at in asked]

        assert found == [[row.pk for row in told(user, at)] for user, at in asked]
        assert [len(rows) for rows in found] == [0, 1, 2, 3, 1] * 2

    def test_comes_as_the_queryset_gives_it(self, notices):
        rows = Notification.objects.order_by("pk")
        pairs = Statement(lambda at: rows.filter(at=at).values_list("public_id", "at"))
        titles = Statement(lambda at: rows.filter(at=at).values_list("title", flat=True))

        assert pairs.rows(at=NOW) == [(notices[0].public_id, NOW), (notices[3].public_id, NOW)]
        assert titles.rows(at=NOW) == ["第 0 天", "第 0 天"]

    def test_finds_what_a_database_keeps_in_its_own_form(self, notices):
        named = Statement(lambda public_id: Notification.objects.filter(public_id=public_id))

        assert named.rows(public_id=notices[4].public_id) == [notices[4]]

    def test_brings_related_rows_and_what_was_annotated(self, notices, django_assert_num_queries):
        later = Notification.objects.filter(user=OuterRef("user"))
        statement = Statement(
            lambda pk, at: (
                Notification.objects.filter(pk=pk)
                .select_related("user")
                .annotate(is_followed=Exists(later.filter(at__gt=at)))
            )
        )
        with django_assert_num_queries(2):
            found = [
                statement.rows(pk=notices[place].pk, at=NOW + timedelta(days=day))[0]
                for place, day in ((0, 1), (3, 9))
            ]
            names = [row.user.username for row in found]

        assert names == ["clerk", "second-clerk"]
        assert [row.is_followed for row in found] == [True, False]


class TestLists:
    def test_may_be_of_any_length(self, clerks, notices, django_assert_num_queries):
        statement = Statement(lambda users: Notification.objects.filter(user__id__in=users))
        keys = [user.pk for user in clerks]
        with django_assert_num_queries(3):
            found = [len(statement.rows(users=some)) for some in (keys[:1], keys, keys[1:], [])]

        assert found == [3, 6, 3, 0]

    def test_may_leave_out_a_condition_when_empty(self, clerks, notices):
        def compose(users: list[int], titles: list[str]) -> QuerySet[Notification]:
            seen = Q(user__id__in=users) if users else Q()
            return Notification.objects.filter(seen & Q(title__in=titles))

        statement = Statement(compose)
        titles = ["第 1 天", "第 2 天"]

        assert len(statement.rows(users=[], titles=titles)) == 4
        assert len(statement.rows(users=[clerks[1].pk], titles=titles)) == 2


class TestComposing:
    def test_happens_once(self, clerks, notices):
        composed = []

        def compose(user: int) -> QuerySet[Notification]:
            composed.append(user)
            return Notification.objects.filter(user=user)

        statement = Statement(compose)
        counts = [len(statement.rows(user=user.pk)) for user in clerks]

        assert (counts, len(composed)) == ([3, 3], 1)

    def test_leaves_no_place_empty(self, clerks):
        with pytest.raises(TypeError):
            Statement(told).rows(user=clerks[0].pk)
        with pytest.raises(TypeError):
            Statement(told).rows(user=clerks[0].pk, at=None)


class TestAskedTogether:
    @pytest.fixture
    def of_user(self):
        return Statement(told)

    @pytest.fixture
    def titles(self):
        return Statement(
            lambda pk: Notification.objects.filter(pk=pk).values_list("title", flat=True)
        )

    def test_answers_as_each_alone(self, clerks, notices, of_user, titles):
        at = NOW + timedelta(days=1)
        questions = (
            of_user.question(user=clerks[0].pk, at=at),
            titles.question(pk=notices[5].pk),
            of_user.question(user=clerks[1].pk, at=at),
            titles.question(pk=-1),
        )
        alone = [question.rows() for question in questions]
        with asked_together(*questions):
            found = [question.rows() for question in reversed(questions)]

        assert found == alone[::-1]
        assert [len(rows) for rows in alone] == [2, 1, 2, 0]

    def test_takes_one_round_trip(self, clerks, notices, of_user, titles):
        with (
            CaptureQueriesContext(connection) as asked,
            asked_together(
                of_user.question(user=clerks[0].pk, at=NOW), titles.question(pk=notices[0].pk)
            ),
        ):
            of_user.rows(user=clerks[0].pk, at=NOW)
            titles.rows(pk=notices[0].pk)

        assert len(asked) == (1 if connection.vendor == "postgresql" else 2)

    def test_is_answered_once(self, notices, titles):
        question = titles.question(pk=notices[0].pk)
        with asked_together(question):
            before = question.rows()
            Notification.objects.filter(pk=notices[0].pk).update(title="改过")
            after = question.rows()

        assert (before, after) == (["第 0 天"], ["改过"])

    def test_says_nothing_of_other_values_and_nothing_afterwards(self, notices, titles):
        with asked_together(titles.question(pk=notices[0].pk)):
            other = titles.rows(pk=notices[1].pk)
        Notification.objects.filter(pk=notices[0].pk).update(title="改过")

        assert other == ["第 1 天"]
        assert titles.rows(pk=notices[0].pk) == ["改过"]

    def test_within_another_asks_what_is_new(self, clerks, notices, of_user, titles):
        outer, inner = titles.question(pk=notices[0].pk), titles.question(pk=notices[1].pk)
        with (
            CaptureQueriesContext(connection) as asked,
            asked_together(outer, of_user.question(user=clerks[0].pk, at=NOW)),
        ):
            with asked_together(outer, inner):
                found = [inner.rows(), outer.rows()]
            rows = of_user.rows(user=clerks[0].pk, at=NOW)

        assert (found, len(rows)) == ([["第 1 天"], ["第 0 天"]], 1)
        assert len(asked) == (2 if connection.vendor == "postgresql" else 3)

    def test_leaves_out_what_no_row_can_meet(self, notices, titles):
        nothing = Statement(lambda pk: Notification.objects.filter(pk=pk).none())
        questions = (nothing.question(pk=1), titles.question(pk=notices[0].pk))
        with asked_together(*questions):
            found = [question.rows() for question in questions]

        assert found == [[], ["第 0 天"]]
