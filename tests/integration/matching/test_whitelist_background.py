from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.models import OutboxMessage
from marketplace.queue import TaskBusy, outbox_drain
from matching.models import Whitelist, WhitelistUpload
from matching.services import whitelist_build
from matching.services.whitelist_upload import (
    whitelist_upload_begin,
    whitelist_upload_resume,
    whitelist_upload_run,
)
from tests.factories.whitelist import deliver_lists, make_whitelist, row_of, sheet_of

STATEMENTS_OF_REPLACING = 5
"""The old entries' keys, what hangs on them, and their going."""


@pytest.fixture(autouse=True)
def lists(cast):
    deliver_lists()


@pytest.fixture
def begin(cast, now):
    def begin(content=None, **fields):
        asked = {
            "district": "120103",
            "issue_no": "2026-11",
            "source": content or sheet_of(row_of(cast.enterprise)),
            "file_name": "名单.csv",
            "actor": cast.district_clerk,
            "at": now,
        }
        return whitelist_upload_begin(**(asked | fields))

    return begin


def run(upload, at):
    return whitelist_upload_run(public_id=upload.public_id, at=at)


class TestBegin:
    def test_keeps_the_sheet_sealed_until_it_is_judged(self, begin, now):
        upload = begin()

        assert (upload.state, Whitelist.objects.count()) == ("WAITING", 0)
        stored = WhitelistUpload.objects.extra(select={"raw": "content"}).get().raw
        assert stored.startswith("a1:")

        done = run(upload, now)
        assert (done.state, done.content, done.rows_done) == ("DONE", "", 1)

    @pytest.mark.parametrize("content", [b"%PDF-1.7", b"a,b\n1,2\n"])
    def test_refuses_at_once_what_is_no_list(self, begin, content):
        with pytest.raises(Refused, match="SHEET_"):
            begin(content)

    def test_refuses_at_once_a_number_in_use(self, cast, begin):
        make_whitelist(cast, "CHECKED")

        with pytest.raises(Conflict, match="WL_ISSUE_TAKEN"):
            begin()

    def test_is_for_the_own_district(self, cast, begin):
        with pytest.raises(NotFound):
            begin(actor=cast.other_district_clerk)


class TestRun:
    def test_makes_the_same_draft_as_in_one_step(self, cast, begin, now):
        sheet = sheet_of(row_of(cast.enterprise), row_of(cast.rival_enterprise))
        direct = make_whitelist(cast, sheet=sheet, issue_no="1")

        upload = run(begin(sheet, issue_no="2"), now)

        def rows(whitelist):
            names = ("row_number", "uscc", "status", "reasons", "marks", "passes")
            return list(whitelist.entries.order_by("row_number").values_list(*names))

        assert rows(upload.whitelist) == rows(direct)
        assert upload.whitelist.reason_counts == direct.reason_counts

    def test_keeps_nothing_of_a_mere_check(self, cast, begin, now):
        upload = run(begin(sheet_of(row_of(cast.rival_enterprise)), only_check=True), now)

        assert (upload.state, Whitelist.objects.count()) == ("DONE", 0)
        assert upload.summary["refused"] == 1
        assert upload.summary["problems"][0]["reasons"][0].endswith("（WL_DISTRICT）")

    def test_says_why_it_was_refused(self, begin, now):
        upload = run(begin(sheet_of()), now)

        assert (upload.state, upload.refusal["code"]) == ("REFUSED", "WL_NO_ROWS")

    def test_tells_its_progress_while_it_runs(self, begin, now, monkeypatch):
        seen = []

        def judged(sheet, judge):
            for count, row in enumerate(real(sheet, judge), start=1):
                yield row
                if count > 500:
                    seen.append(WhitelistUpload.objects.get().rows_done)

        real = whitelist_build.judged_sheet
        monkeypatch.setattr(whitelist_build, "judged_sheet", judged)
        rows = [["91120103MA05010399", f"示例{n}"] for n in range(501)]

        run(begin(sheet_of(*rows, titles=("统一社会信用代码", "企业名称"))), now)

        assert seen == [500]

    def test_takes_no_statement_for_a_row_and_none_to_replace_one(self, begin, now):
        def statements(rows):
            cells = [[f"9112010{n}", f"示例{n}"] for n in range(rows)]
            upload = begin(sheet_of(*cells, titles=("统一社会信用代码", "企业名称")))
            with CaptureQueriesContext(connection) as taken:
                run(upload, now)
            return len(taken)

        first, replaced = statements(3), statements(3)

        assert statements(60) == replaced
        assert statements(60) == replaced
        assert replaced <= first + STATEMENTS_OF_REPLACING

    def test_does_nothing_when_it_is_finished(self, begin, now):
        upload = run(begin(), now)

        assert run(upload, now + timedelta(hours=1)).finished_at == upload.finished_at

    def test_leaves_work_alone_that_somebody_is_at(self, begin, now):
        upload = begin()
        WhitelistUpload.objects.update(state="RUNNING", alive_at=now)

        with pytest.raises(TaskBusy):
            run(upload, now + timedelta(minutes=1))

    def test_begins_anew_after_a_worker_died_and_leaves_nothing_double(self, begin, now):
        upload = begin()
        WhitelistUpload.objects.update(state="RUNNING", alive_at=now, rows_done=500)

        done = run(upload, now + timedelta(minutes=3))

        assert (done.state, done.rows_done) == ("DONE", 1)
        assert Whitelist.objects.get().entries.count() == 1

    def test_keeps_the_old_draft_when_the_new_sheet_cannot_be_judged(
        self, cast, begin, now, monkeypatch
    ):
        make_whitelist(cast)

        def broken(sheet, judge):
            yield from ()
            raise RuntimeError("killed")

        monkeypatch.setattr(whitelist_build, "judged_sheet", broken)
        with pytest.raises(RuntimeError):
            run(begin(), now)

        assert Whitelist.objects.get().entries.count() == 1


class TestOutbox:
    def test_runs_a_long_task_outside_the_messages_transaction(self, begin, now):
        begin()

        assert outbox_drain() == 1
        assert WhitelistUpload.objects.get().state == "DONE"
        assert OutboxMessage.objects.get().done_at is not None

    def test_leaves_the_message_when_somebody_is_at_it(self, begin, now):
        begin(at=now)
        WhitelistUpload.objects.update(state="RUNNING", alive_at=now + timedelta(days=3650))

        assert outbox_drain() == 0
        message = OutboxMessage.objects.get()
        assert (message.done_at, message.attempts, message.failure) == (None, 0, "")


class TestResume:
    def test_asks_again_when_the_work_stands_still(self, cast, begin, now):
        upload = begin()

        whitelist_upload_resume(
            public_id=upload.public_id,
            actor=cast.district_lead,
            at=now + timedelta(minutes=3),
        )

        assert OutboxMessage.objects.count() == 2

    def test_does_not_disturb_work_in_progress(self, cast, begin, now):
        upload = begin()

        with pytest.raises(Conflict, match="WL_UPLOAD_STATE"):
            whitelist_upload_resume(public_id=upload.public_id, actor=cast.district_lead, at=now)


class TestPages:
    def test_poll_while_it_runs_and_lead_on_when_done(self, cast, begin, now, client):
        upload = begin()
        client.force_login(cast.district_clerk)
        page, piece = (
            reverse(f"matching:whitelist-upload-{part}", args=[upload.public_id])
            for part in ("detail", "progress")
        )

        assert f'hx-get="{piece}"' in client.get(page).text
        assert "HX-Redirect" not in client.get(piece).headers
        done = run(upload, now)

        assert client.get(piece).headers["HX-Redirect"] == page
        list_page = reverse("matching:whitelist-detail", args=[done.whitelist.public_id])
        assert client.get(page).url == list_page

    def test_say_what_was_refused(self, cast, begin, now, client):
        upload = run(begin(sheet_of()), now)
        client.force_login(cast.district_clerk)

        page = client.get(reverse("matching:whitelist-upload-detail", args=[upload.public_id]))

        assert "没有任何数据行" in page.text
