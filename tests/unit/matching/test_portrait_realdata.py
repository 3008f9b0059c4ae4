"""The VAT invoices of 123 real small companies through the catalogue's own row checks into portraits."""

import csv
import gzip
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

import pandas
import pytest

from borrowers.domain.record import compile_item
from matching.domain.portrait import assemble, canonical_json, content_hash, from_json
from matching.domain.records import BEIJING, AsOf, PlainRecord
from matching.domain.subject import ConsentFacts
from tests.factories.records import CATALOGUE, ENTERPRISE, ITEMS, make_inputs
from tests.realdata import real_data

FILES = {
    "VAT_OUTPUT_INVOICE": "cumcm2020c/output_invoices_123.csv.gz",
    "VAT_INPUT_INVOICE": "cumcm2020c/input_invoices_123.csv.gz",
}
AS_OF = AsOf.start_of(date(2020, 3, 1))
RECEIVED = datetime(2020, 2, 29, 12, tzinfo=BEIJING)

pytestmark = pytest.mark.realdata


def records_of(item, path, records):
    """Read one sheet as ingest does; every row has to be accepted."""
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        read = compile_item(ITEMS[item], rows.fieldnames)
        for number, row in enumerate(rows, start=2):
            clean = read(row, number)
            assert not isinstance(clean, list), clean
            records[clean.subject_code].append(
                PlainRecord(
                    public_id=f"{item}-{number}",
                    item_code=item,
                    data_class="09",
                    event_date=clean.event_date,
                    received_at=RECEIVED,
                    payload=clean.payload,
                    source_unit="TAX",
                    batch=item,
                    row_number=number,
                )
            )


@pytest.fixture(scope="module")
def portraits():
    paths = {item: real_data(path) for item, path in FILES.items()}
    records = defaultdict(list)
    for item, path in paths.items():
        records_of(item, path, records)
    consent = ConsentFacts(data_classes=("09",), consent_id="consent")
    fed = dict.fromkeys(FILES, RECEIVED)
    return {
        code: assemble(
            make_inputs(found, consent=consent, fed_items=fed, enterprise=ENTERPRISE), AS_OF
        )
        for code, found in records.items()
    }


@pytest.fixture(scope="module")
def invoices():
    """The same sheets read by pandas: fen as whole numbers, dates, whether valid and within the year."""
    frames = {}
    for item, path in FILES.items():
        frame = pandas.read_csv(real_data(path), dtype={"发票号码": str})
        frame["fen"] = (frame["金额"] * 100).round().astype("int64")
        frame["day"] = pandas.to_datetime(frame["开票日期"], format="%Y/%m/%d")
        frame["valid"] = frame["发票状态"].str.strip() == "有效发票"
        frame["in_year"] = (frame["day"] >= "2019-03-01") & (frame["day"] < "2020-03-01")
        frames[item] = frame.rename(columns={"企业代号": "code"})
    return frames


def amounts(portraits, code):
    values = {key: portrait.indicator(code).value for key, portrait in portraits.items()}
    return {key: int(value * 100) for key, value in values.items() if value is not None}


def test_there_are_123_portraits_and_no_row_is_lost(portraits, invoices):
    rows = sum(len(frame) for frame in invoices.values())

    assert len(portraits) == 123
    assert (
        sum(entry.records for p in portraits.values() for entry in p.freshness) == rows == 373_431
    )


@pytest.mark.parametrize(
    ("code", "item"),
    [
        ("invoiced_sales_12m_yuan", "VAT_OUTPUT_INVOICE"),
        ("invoiced_purchases_12m_yuan", "VAT_INPUT_INVOICE"),
    ],
)
def test_yearly_totals_of_valid_invoices_agree_to_the_fen(portraits, invoices, code, item):
    frame = invoices[item]
    expected = frame[frame["valid"] & frame["in_year"]].groupby("code")["fen"].sum()

    found = amounts(portraits, code)

    assert {key: value for key, value in found.items() if value} == expected[
        expected != 0
    ].to_dict()
    assert sum(found.values()) == int(expected.sum())


def test_void_and_reversed_shares_agree(portraits, invoices):
    frame = invoices["VAT_OUTPUT_INVOICE"]
    year = frame[frame["in_year"]]
    void = (~year["valid"]).groupby(year["code"]).mean() * 100
    valid = year[year["valid"]]
    reversed_ = (valid["fen"] < 0).groupby(valid["code"]).mean() * 100

    for code, expected in (("void_share_pct", void), ("reversal_share_pct", reversed_)):
        found = {key: p.indicator(code).value for key, p in portraits.items()}
        assert {key for key, value in found.items() if value is not None} == set(expected.index)
        for key, share in expected.items():
            assert float(found[key]) == pytest.approx(share, abs=0.00501)


def test_five_largest_customers_agree(portraits, invoices):
    frame = invoices["VAT_OUTPUT_INVOICE"]
    valid = frame[frame["valid"] & frame["in_year"]]
    sums = valid.groupby(["code", "购方单位代号"])["fen"].sum()
    positive = sums[sums > 0]
    share = positive.groupby("code").apply(lambda s: s.nlargest(5).sum() / s.sum() * 100)

    found = {key: p.indicator("sales_top5_pct").value for key, p in portraits.items()}

    assert {key for key, value in found.items() if value is not None} == set(share.index)
    for key, expected in share.items():
        assert float(found[key]) == pytest.approx(expected, abs=0.00501)


def test_monthly_series_sum_to_all_valid_invoices_of_36_months(portraits, invoices):
    frame = invoices["VAT_OUTPUT_INVOICE"]
    months = (frame["day"] >= "2017-03-01") & (frame["day"] < "2020-03-01")
    expected = frame[frame["valid"] & months].groupby("code")["fen"].sum()

    for key, portrait in portraits.items():
        series = next(entry for entry in portrait.series if entry.code == "invoiced_sales")
        points = [point.value or Decimal(0) for point in series.points]
        assert int(sum(points, Decimal(0)) * 100) == expected.get(key, 0)


def test_every_portrait_reads_back_to_the_same_bytes(portraits):
    for portrait in list(portraits.values())[:10]:
        text = canonical_json(portrait)
        assert canonical_json(from_json(text)) == text
        assert content_hash(from_json(text)) == content_hash(portrait)


def test_every_counted_row_is_named(portraits, invoices):
    frame = invoices["VAT_OUTPUT_INVOICE"]
    counted = frame[frame["valid"] & frame["in_year"]]
    for key, group in counted.groupby("code"):
        (ref,) = portraits[key].indicator("invoiced_sales_12m_yuan").evidence_rows
        runs = [run.partition("-") for run in ref.rows.split(",")]
        rows = {n for a, _, b in runs for n in range(int(a), int(b or a) + 1)}
        assert rows == {index + 2 for index in group.index}


def test_the_catalogue_knows_both_items():
    assert set(FILES) <= {item.code for item in CATALOGUE}
