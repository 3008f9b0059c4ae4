"""The VAT invoices of 123 real small companies through the ordinary ingest into 123 portraits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas
import pytest
from django.db import transaction

from borrowers.models import CreditRecord, Enterprise, IngestBatch, SourceUnit
from borrowers.services import records_ingest, subject_alias_confirm
from marketplace.domain import uscc
from matching.domain.freshness import Freshness
from matching.domain.records import BEIJING
from matching.domain.subject import ConsentFacts, DeclaredFacts
from matching.selectors.portrait import portrait_build
from tests.cast import NOW, make_cast
from tests.factories.borrowers import make_enterprise
from tests.factories.deliveries import seed
from tests.realdata import real_data

FILES = {
    "VAT_OUTPUT_INVOICE": "cumcm2020c/output_invoices_123.csv.gz",
    "VAT_INPUT_INVOICE": "cumcm2020c/input_invoices_123.csv.gz",
}
DAY = date(2020, 3, 1)
TAX = ConsentFacts(data_classes=("09",), consent_id="consent")

pytestmark = [pytest.mark.realdata, pytest.mark.django_db]


@pytest.fixture(scope="module")
def invoices():
    """The sheets read by pandas, each row once: fen as whole numbers, whether valid and within the year.

    Some rows stand in the sheets twice, with the same invoice number and everything else the same.
    """
    frames = {}
    for item, path in FILES.items():
        whole = pandas.read_csv(real_data(path), dtype={"发票号码": str})
        frame = whole.drop_duplicates().copy()
        frame.attrs["rows"] = len(whole)
        frame["fen"] = (frame["金额"] * 100).round().astype("int64")
        day = pandas.to_datetime(frame["开票日期"], format="%Y/%m/%d")
        frame["valid"] = frame["发票状态"].str.strip() == "有效发票"
        frame["in_year"] = (day >= "2019-03-01") & (day < "2020-03-01")
        frame["in_series"] = (day >= "2017-03-01") & (day < "2020-03-01")
        frames[item] = frame.rename(columns={"企业代号": "code"})
    return frames


@pytest.fixture(scope="module")
def enterprises(invoices, django_db_setup, django_db_blocker):
    """Fictional enterprises by the sheets' own codes, each confirmed as alias; both sheets kept as records."""
    codes = sorted(set().union(*(frame["code"] for frame in invoices.values())))
    with django_db_blocker.unblock(), transaction.atomic():
        cast = make_cast()
        seed(NOW)
        tax = SourceUnit.objects.get(code="TAX")
        found = {}
        for number, code in enumerate(codes, start=1):
            made = uscc.make("91", "120103", f"MA9{number:05d}"[:8])
            found[code] = make_enterprise(uscc=made, name=f"天津示例{code}有限公司", at=NOW)
            subject_alias_confirm(
                unit=tax, local_code=code, enterprise=found[code], actor=cast.operator, at=NOW
            )
        for item, path in FILES.items():
            records_ingest(
                item_code=item,
                unit_code="TAX",
                source=real_data(path),
                file_name=path.rsplit("/", 1)[-1],
                actor=cast.operator,
                at=NOW,
            )
        yield found
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def portraits(enterprises, django_db_blocker):
    with django_db_blocker.unblock():
        return {
            code: portrait_build(
                Enterprise.objects.select_related("district", "register_batch").get(pk=found.pk),
                consent=TAX,
                declared=DeclaredFacts(),
                at=NOW,
                day=DAY,
            )
            for code, found in enterprises.items()
        }


def fen_of(portraits, indicator):
    values = {code: portrait.indicator(indicator).value for code, portrait in portraits.items()}
    return {code: int(value * 100) for code, value in values.items() if value}


def totals(frame, mask):
    sums = frame[frame["valid"] & mask].groupby("code")["fen"].sum()
    return sums[sums != 0].to_dict()


class TestIngest:
    def test_keeps_every_row(self, enterprises, invoices):
        batches = {batch.item.code: batch for batch in IngestBatch.objects.select_related("item")}

        assert len(enterprises) == 123
        for item, frame in invoices.items():
            batch, rows = batches[item], frame.attrs["rows"]
            assert (batch.rows_read, batch.rejected) == (rows, 0), batch.reasons
            assert (batch.accepted, batch.duplicates) == (len(frame), rows - len(frame))
        assert CreditRecord.objects.count() == sum(len(frame) for frame in invoices.values())


class TestPortraits:
    @pytest.mark.parametrize(
        ("indicator", "item"),
        [
            ("invoiced_sales_12m_yuan", "VAT_OUTPUT_INVOICE"),
            ("invoiced_purchases_12m_yuan", "VAT_INPUT_INVOICE"),
        ],
    )
    def test_yearly_totals_agree_to_the_fen(self, portraits, invoices, indicator, item):
        frame = invoices[item]

        assert fen_of(portraits, indicator) == totals(frame, frame["in_year"])

    @pytest.mark.parametrize(
        ("series", "item"),
        [
            ("invoiced_sales", "VAT_OUTPUT_INVOICE"),
            ("invoiced_purchases", "VAT_INPUT_INVOICE"),
        ],
    )
    def test_monthly_series_agree_to_the_fen(self, portraits, invoices, series, item):
        frame = invoices[item]
        found = {}
        for code, portrait in portraits.items():
            drawn = next(entry for entry in portrait.series if entry.code == series)
            total = sum((point.value or Decimal(0) for point in drawn.points), Decimal(0))
            if total:
                found[code] = int(total * 100)

        assert found == totals(frame, frame["in_series"])

    def test_void_ones_do_not_count_and_reversals_are_negative(self, portraits, invoices):
        frame = invoices["VAT_OUTPUT_INVOICE"]
        year = frame[frame["in_year"]]
        with_void = year.groupby("code")["fen"].sum()
        without_reversals = year[year["valid"] & (year["fen"] > 0)].groupby("code")["fen"].sum()

        found = fen_of(portraits, "invoiced_sales_12m_yuan")

        assert sum(found.values()) != int(with_void.sum())
        assert sum(found.values()) < int(without_reversals.sum())
        assert (year["fen"] < 0).any()
        assert (~year["valid"]).any()

    def test_every_one_names_its_rows(self, portraits, invoices):
        frame = invoices["VAT_OUTPUT_INVOICE"]
        counted = frame[frame["valid"] & frame["in_year"]]
        for code, group in counted.groupby("code"):
            (ref,) = portraits[code].indicator("invoiced_sales_12m_yuan").evidence_rows
            runs = [run.partition("-") for run in ref.rows.split(",")]
            rows = {n for first, _, last in runs for n in range(int(first), int(last or first) + 1)}
            assert rows == {index + 2 for index in group.index}

    def test_says_of_the_other_classes_that_they_are_not_authorized(self, portraits):
        portrait = next(iter(portraits.values()))
        states = {entry.data_class: entry.state for entry in portrait.freshness}

        assert states["10"] is Freshness.NOT_AUTHORIZED
        assert portrait.as_of_date == DAY
        assert portrait.as_of.astimezone(BEIJING).date() > DAY
