"""The written form of portraits: nothing is lost, every name stands once, and the form before it stays readable."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from matching.domain.portrait import assemble, canonical_json, from_json
from matching.domain.portrait_json import dump, in_tables, plain
from matching.domain.portrait_packed import packed, unpacked
from tests.factories.records import NOW, SAMPLE, make_inputs, make_record

PORTRAIT = assemble(make_inputs(), NOW)
WRITTEN_OUT = assemble(make_inputs(), NOW, {"format": "1"})

NAMES = st.sampled_from(["a", "b", "c", "d"])
RECORDS = st.lists(
    st.builds(
        lambda name, batch, item, data_class, public, row: {
            "record_id": name, "batch": batch, "item_code": item, "source_unit": "unit",
            "received_at": "2026-05-12", "data_class": data_class, "public": public,
            "row_number": row, "event_date": "2026-05-01", "disputed": False,
        },
        NAMES, NAMES, NAMES, st.sampled_from(["01", "09"]), st.booleans(), st.integers(1, 9),
    ),
    max_size=5,
)  # fmt: skip
BATCHES = st.lists(
    st.builds(
        lambda batch, item: {
            "batch": batch, "item_code": item, "source_unit": "unit", "received_at": "2026-05-12",
        },
        NAMES, NAMES,
    ),
    max_size=4,
)  # fmt: skip
EVIDENCE = st.lists(NAMES, max_size=3)
ROWS = st.lists(st.builds(lambda batch: {"batch": batch, "rows": "2-4"}, NAMES), max_size=3)
PORTRAITS = st.fixed_dictionaries(
    {
        "lineage": RECORDS,
        "batches": BATCHES,
        "indicators": st.lists(
            st.fixed_dictionaries({"evidence_ids": EVIDENCE, "evidence_rows": ROWS}), max_size=3
        ),
        "contradictions": st.lists(
            st.fixed_dictionaries({"evidence_ids": EVIDENCE, "code": NAMES}), max_size=2
        ),
        "score": st.fixed_dictionaries(
            {
                "contributions": st.lists(
                    st.fixed_dictionaries({"evidence_ids": EVIDENCE, "points": st.integers()}),
                    max_size=2,
                )
            }
        ),
        "lists": st.lists(
            st.fixed_dictionaries(
                {
                    "code": NAMES,
                    "entries": st.lists(
                        st.fixed_dictionaries({"record_id": NAMES, "values": EVIDENCE}), max_size=3
                    ),
                }
            ),
            max_size=2,
        ),
    }
)


def entries(table):
    """Return the entries of a table, titles in order; what is no table stays."""
    if isinstance(table, dict) and table.keys() == {"fields", "rows"}:
        rows = [map(entries, row) for row in table["rows"]]
        return [dict(sorted(zip(table["fields"], row, strict=True))) for row in rows]
    if isinstance(table, dict):
        return {name: entries(one) for name, one in table.items()}
    return [entries(one) for one in table] if isinstance(table, list) else table


class TestPacked:
    @given(PORTRAITS)
    def test_nothing_is_lost(self, portrait):
        tables = in_tables(portrait)

        written = json.loads(json.dumps(packed(deepcopy(tables))))

        assert entries(unpacked(written)) == entries(tables) == portrait

    @given(PORTRAITS)
    def test_known_records_and_batches_are_named_by_number(self, portrait):
        records = {entry["record_id"] for entry in portrait["lineage"]}
        batches = {entry["batch"] for key in ("lineage", "batches") for entry in portrait[key]}

        written = entries(packed(in_tables(portrait)))

        for value in written["indicators"]:
            assert not records & {name for name in value["evidence_ids"] if isinstance(name, str)}
            assert not batches & {row["batch"] for row in value["evidence_rows"]}
        assert all(isinstance(entry["source"], int) for entry in written["lineage"])

    def test_every_origin_stands_once(self):
        sources = json.loads(canonical_json(PORTRAIT))["sources"]

        rows = [tuple(row) for row in sources["rows"]]
        assert len(set(rows)) == len(rows) > 1
        assert {row[0] for row in rows} >= {entry.batch for entry in PORTRAIT.batches}

    def test_more_records_of_a_batch_do_not_name_it_again(self):
        fine = next(record for record in SAMPLE if record.item_code == "PENALTY")
        more = [make_record("PENALTY", fine.event_date, {}, row=row) for row in range(10, 25)]

        before, after = (
            canonical_json(assemble(make_inputs(records), NOW))
            for records in (SAMPLE, [*SAMPLE, *more])
        )

        assert before != after
        assert after.count('"batch-PENALTY"') == before.count('"batch-PENALTY"') == 1


class TestFormats:
    def test_a_portrait_is_written_packed(self):
        assert PORTRAIT.versions["format"] == "3"
        assert len(canonical_json(PORTRAIT)) < 0.6 * len(canonical_json(WRITTEN_OUT))

    def test_one_written_out_is_read_and_written_as_it_was(self):
        text = canonical_json(WRITTEN_OUT)

        assert text == dump(WRITTEN_OUT)
        assert json.loads(text) == plain(WRITTEN_OUT)
        assert from_json(text) == WRITTEN_OUT
        assert canonical_json(from_json(text)) == text

    def test_both_forms_say_the_same(self):
        written_out, written_packed = (
            from_json(canonical_json(entry)) for entry in (WRITTEN_OUT, PORTRAIT)
        )

        assert replace(written_out, versions=written_packed.versions) == written_packed
