"""The same file again takes the short way, and comes to what reading it whole would come to."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db import transaction

from borrowers.models import (
    CatalogueItem,
    CreditRecord,
    SourceUnit,
)
from borrowers.services import ingest as ingest_service
from borrowers.services import intake, records_ingest, subject_alias_confirm
from borrowers.services.archive_check import archive_check
from borrowers.services.retention import retention_sweep
from tests.factories.borrowers import make_enterprise
from tests.factories.payments import (
    ACTS,
    FAR_DAY,
    LATECOMER,
    STORIES,
    any_row,
    ingest,
    key_without_a_day,
    left_in_database,
    payment,
    review,
    write,
)
from tests.factories.reference import enter_reference

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive_folder")]


@pytest.fixture
def looked_at(monkeypatch):
    """The row numbers every import looked at: None for all of them."""
    seen = []
    keep = intake.rows_keep

    def spy(delivery, rows):
        seen.append(delivery.only)
        keep(delivery, rows)

    monkeypatch.setattr(ingest_service, "rows_keep", spy)
    return seen


def both_ways(monkeypatch, story):
    """Return what a story leaves by the short way and by reading everything."""
    left = []
    for is_short in (True, False):
        with transaction.atomic(), monkeypatch.context() as patch:
            if not is_short:
                patch.setattr(ingest_service, "earlier_batch", lambda batch: None)
            story()
            assert not archive_check(with_hashes=True).faults
            left.append(left_in_database())
            transaction.set_rollback(True)
    return left


@pytest.mark.usefixtures("each_way")
class TestShortWay:
    def test_nothing_is_read_when_nothing_can_change(self, cast, now, tmp_path, looked_at):
        enter_reference(at=now)
        rows = [payment(), payment(), payment(amount="2"), payment(kind="x"), payment(kind="")]
        path = write(tmp_path / "a.csv", rows)
        first = ingest(path, now)
        before = list(CreditRecord.objects.values())

        again = ingest(path, now + timedelta(days=1))

        assert looked_at == [None]
        assert (first.accepted, first.duplicates, first.rejected) == (2, 1, 2)
        assert (again.rows_read, again.duplicates, again.rejected) == (5, 3, 2)
        assert again.reasons == first.reasons
        told = ("row_number", "field", "code", "sentence")
        assert list(again.rejects.values(*told)) == list(first.rejects.values(*told))
        assert list(CreditRecord.objects.values()) == before

    def test_only_rows_refused_for_a_passing_reason_are_looked_at(
        self, cast, now, tmp_path, looked_at
    ):
        enter_reference(at=now)
        rows = [payment(), payment(LATECOMER), payment(kind="y", day=FAR_DAY), payment(kind="")]
        path = write(tmp_path / "a.csv", rows)
        ingest(path, now)
        make_enterprise(uscc=LATECOMER, name="天津后来示例有限公司", at=now)

        again = ingest(path, now + timedelta(days=1))

        assert looked_at == [None, frozenset({3, 4})]
        assert (again.accepted, again.duplicates, again.rejected) == (1, 1, 2)
        assert again.reasons == {"EVENT_IN_FUTURE": 1, "FIELD_REQUIRED": 1}
        assert CreditRecord.objects.get(batch=again).row_number == 3

    def test_row_that_became_clean_before_its_rival_has_the_whole_file_read(
        self, cast, now, tmp_path, looked_at, monkeypatch
    ):
        enter_reference(at=now)
        key_without_a_day()
        rows = [payment(day=FAR_DAY, amount="9"), payment(amount="1")]
        path = write(tmp_path / "a.csv", rows)

        def story():
            looked_at.clear()
            ingest(path, now)
            ingest(path, now + timedelta(days=3000))

        short, whole = both_ways(monkeypatch, story)

        assert short == whole
        assert short["batches"][1][1:5] == (1, 1, 1, 0)
        assert looked_at == [None, None]

    @pytest.mark.parametrize(
        "change", ["another unit", "another declaration", "an earlier day", "erased"]
    )
    def test_whole_file_is_read_when_something_else_could_come_of_it(
        self, cast, now, tmp_path, looked_at, change
    ):
        enter_reference(at=now)
        item = CatalogueItem.objects.get(code="TAX_PAYMENT")
        item.units.add(SourceUnit.objects.get(code="COURT"))
        path = write(tmp_path / "a.csv", [payment(day="2001-01-15"), payment()])
        ingest(path, now)
        at, unit = now + timedelta(days=1), "TAX"
        if change == "another unit":
            unit = "COURT"
        elif change == "another declaration":
            item.spec["name"] += "(新)"
            item.save()
        elif change == "an earlier day":
            at = now - timedelta(days=2)
        else:
            assert retention_sweep(at=now).records == 1

        ingest(path, at, unit)

        assert looked_at == [None, None]
        assert CreditRecord.objects.count() == 2

    def test_stories_end_the_same_both_ways(self, cast, now, tmp_path, monkeypatch):
        enter_reference(at=now)
        key_without_a_day()
        rng, decided = random.Random(7), set()
        for number in range(STORIES):
            path = write(tmp_path / f"{number}.csv", [any_row(rng) for _ in range(30)])
            other = write(tmp_path / f"{number}b.csv", [any_row(rng) for _ in range(30)])
            between = [act for act in ACTS if rng.random() < 0.5]
            days = rng.choice([0, 1, 2500])

            def story(path=path, other=other, between=between, days=days):
                ingest(path, now)
                for act in between:
                    act(cast, now, other)
                ingest(path, now + timedelta(days=days))
                review(cast, now + timedelta(days=days), other)
                ingest(other, now + timedelta(days=days))
                ingest(path, now + timedelta(days=days))

            short, whole = both_ways(monkeypatch, story)
            for part in short:
                assert short[part] == whole[part], (number, between)
            decided |= {state for _, _, state in short["candidates"]}
        assert decided == {"WAITING", "ACCEPTED", "REFUSED"}


class TestAlias:
    def test_rows_of_a_code_confirmed_since_are_kept(self, cast, now, tmp_path, looked_at):
        enter_reference(at=now)
        titles = "企业代号,发票号码,开票日期,购方单位代号,金额,税额,价税合计,发票状态\n"
        path = tmp_path / "invoices.csv"
        path.write_text(
            titles
            + "".join(
                f"{code},0000000{number},2026/1/7,C1,100,13,113,有效发票\n"
                for number, code in enumerate(["E1", "E2", "E1"])
            ),
            encoding="utf-8",
        )

        def hand_in(at):
            return records_ingest(
                item_code="VAT_OUTPUT_INVOICE", unit_code="TAX", source=path,
                file_name="invoices.csv", actor=None, at=at,
            )  # fmt: skip

        hand_in(now)
        tax = SourceUnit.objects.get(code="TAX")
        subject_alias_confirm(
            unit=tax, local_code="E1", enterprise=cast.enterprise, actor=cast.operator, at=now
        )

        again = hand_in(now)
        third = hand_in(now)

        assert looked_at == [None, frozenset({2, 3, 4}), frozenset({3})]
        assert (again.accepted, again.rejected, again.duplicates) == (2, 1, 0)
        assert (third.accepted, third.rejected, third.duplicates) == (0, 1, 2)
