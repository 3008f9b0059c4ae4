"""Thematic lists filled by rule and by sheet, read as at a day, and used by rules and whitelists."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from borrowers.domain.thematic import ListFacts, declaration_on, membership
from borrowers.models import Enterprise, ListMembership, ThematicList
from borrowers.selectors.thematic import (
    enterprises_on,
    lists_known,
    lists_of,
    members_at,
    members_by_rule,
    thematic_lists,
)
from borrowers.services.thematic import thematic_run, thematic_run_all, thematic_seed
from borrowers.services.thematic_upload import thematic_upload
from marketplace.domain.errors import NotFound, NotPermitted
from marketplace.domain.thematic import CHAIN_LABELS, LIST_LABELS
from marketplace.domain.verdict import Outcome
from marketplace.domain.workdays import local_date
from marketplace.models import AuditEvent
from tests.factories.borrowers import deliver

LATER = timedelta(days=7)
HEAD = "统一社会信用代码,企业名称,纳入日期,移出日期,说明\n"


def sheet(*lines: str) -> bytes:
    return (HEAD + "".join(f"{line}\n" for line in lines)).encode()


def qualify(cast, at, kind="专精特新中小企业", until="2027-12-31"):
    row = {
        "统一社会信用代码": cast.enterprise.uscc,
        "资质类型": kind,
        "证书号": f"示例-{kind}",
        "发证日期": "2025-01-01",
        "有效期至": until,
    }
    batch = deliver("INNOVATION_QUALIFICATION", [row], at=at)
    assert batch.accepted == 1, batch.reasons


@pytest.fixture
def listed(cast, now):
    thematic_seed(actor=cast.operator, at=now)
    Enterprise.objects.filter(pk=cast.enterprise.pk).update(industry_code="1431")
    cast.enterprise.refresh_from_db()
    return cast


class TestSeed:
    def test_enters_every_declared_list_once(self, cast, now):
        assert thematic_seed(actor=cast.operator, at=now) == len(LIST_LABELS)
        assert thematic_seed(actor=cast.operator, at=now) == 0
        assert set(ThematicList.objects.values_list("code", flat=True)) == set(LIST_LABELS)

    def test_no_list_may_block_without_law(self, listed):
        with pytest.raises(IntegrityError), transaction.atomic():
            ThematicList.objects.filter(code="TECH_SME").update(may_block=True)


class TestRun:
    def test_begins_memberships_with_reason_and_version(self, listed, now):
        done = thematic_run(code="GREEN_FOOD", actor=listed.operator, at=now)

        row = ListMembership.objects.get(enterprise=listed.enterprise)
        assert (done.added, done.ended, done.stayed) == (1, 0, 0)
        assert (row.origin, row.from_date, row.rule_version) == (
            "RULE",
            local_date(now),
            "2024-01-01",
        )
        assert "行业" in row.reason
        assert AuditEvent.objects.get(action="borrowers.thematic.run").payload["added"] == 1

    def test_second_run_changes_nothing(self, listed, now):
        thematic_run(code="GREEN_FOOD", actor=listed.operator, at=now)
        before = list(ListMembership.objects.values())

        done = thematic_run(code="GREEN_FOOD", actor=listed.operator, at=now + LATER)

        assert (done.added, done.ended, done.stayed) == (0, 0, 1)
        assert list(ListMembership.objects.values()) == before

    def test_ends_who_no_longer_fits_and_keeps_the_past(self, listed, now):
        thematic_run(code="GREEN_FOOD", actor=listed.operator, at=now)
        Enterprise.objects.filter(pk=listed.enterprise.pk).update(industry_code="5121")

        done = thematic_run(code="GREEN_FOOD", actor=listed.operator, at=now + LATER)

        assert (done.added, done.ended) == (0, 1)
        on = members_at(local_date(now + LATER)).filter(enterprise=listed.enterprise)
        assert not on.exists()
        assert members_at(local_date(now + LATER - timedelta(days=1))).exists()

    def test_takes_who_comes_back_anew(self, listed, now):
        for moment, code in ((0, "1431"), (1, "5121"), (2, "1431")):
            Enterprise.objects.filter(pk=listed.enterprise.pk).update(industry_code=code)
            thematic_run(code="GREEN_FOOD", actor=None, at=now + moment * LATER)

        assert ListMembership.objects.filter(enterprise=listed.enterprise).count() == 2

    def test_reads_public_records(self, listed, now):
        qualify(listed, now)

        thematic_run(code="SPECIALISED_SME", actor=None, at=now)
        thematic_run(code="LITTLE_GIANT", actor=None, at=now)

        row = ListMembership.objects.get()
        assert (row.thematic_list.code, row.enterprise) == ("SPECIALISED_SME", listed.enterprise)

    def test_is_the_operators(self, listed, now):
        for actor in (listed.auditor, listed.district_clerk, listed.owner):
            with pytest.raises(NotPermitted):
                thematic_run(code="GREEN_FOOD", actor=actor, at=now)

    def test_needs_a_list(self, cast, now):
        with pytest.raises(NotFound):
            thematic_run(code="GREEN_FOOD", actor=None, at=now)


@pytest.mark.django_db
class TestRule:
    """Set-wise and scalar say the same of every enterprise."""

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        industry=st.sampled_from(["", "1431", "C1431", "397", "3973", "C3973", "8514", "F5121"]),
        status=st.sampled_from(["ACTIVE", "REVOKED"]),
        entity_type=st.sampled_from(["ENTERPRISE", "INDIVIDUAL", "COOPERATIVE"]),
        code=st.sampled_from(sorted(LIST_LABELS)),
    )
    def test_is_one(self, listed, now, industry, status, entity_type, code):
        Enterprise.objects.filter(pk=listed.enterprise.pk).update(
            industry_code=industry, status=status, entity_type=entity_type
        )
        day = local_date(now)
        declaration = declaration_on(code, day)
        facts = ListFacts(industry, status, entity_type)

        found = members_by_rule(declaration, day).filter(pk=listed.enterprise.pk).first()

        said = membership(declaration, facts, day)
        assert (found is not None) is (said.outcome is Outcome.FITS)
        if found is not None:
            assert declaration.conditions[found.place].reason == said.sentence

    @pytest.mark.parametrize("until", ["", "2026-11-22", "2026-11-23", "2026-11-24"])
    def test_is_one_of_records(self, listed, now, until):
        qualify(listed, now, until=until)
        day = local_date(now)
        declaration = declaration_on("SPECIALISED_SME", day)
        content = {"kind": "专精特新中小企业", "expires_date": until}
        facts = ListFacts(records=[("INNOVATION_QUALIFICATION", content)])

        found = members_by_rule(declaration, day)

        assert found.exists() is (membership(declaration, facts, day).outcome is Outcome.FITS)


class TestUpload:
    def upload(self, cast, at, *lines):
        return thematic_upload(
            code="ELDERCARE_SERVICE",
            source=sheet(*lines),
            file_name="养老.csv",
            actor=cast.operator,
            at=at,
        )

    def test_accounts_for_every_row(self, listed, now):
        batch = self.upload(
            listed,
            now,
            f"{listed.enterprise.uscc},,2026-01-01,,民政备案示例",
            f"{listed.enterprise.uscc},,,,",
            "91120102MA0501020X,,,,",
            "123,,,,",
            f"{listed.rival_enterprise.uscc},,不详,,",
        )

        assert (batch.rows_read, batch.accepted, batch.rejected) == (5, 1, 4)
        assert batch.reasons == {
            "DATE_UNREADABLE": 1,
            "ENTERPRISE_NOT_IN_REGISTER": 1,
            "KEY_TWICE_IN_FILE": 1,
            "USCC_LENGTH": 1,
        }
        row = ListMembership.objects.get()
        assert (row.origin, row.row_number, row.reason) == ("UPLOAD", 2, "民政备案示例")

    def test_keeps_who_is_there_and_ends_who_leaves(self, listed, now):
        self.upload(listed, now, f"{listed.enterprise.uscc},,2026-01-01,,")

        same = self.upload(listed, now, f"{listed.enterprise.uscc},,2026-01-01,,")
        left = self.upload(listed, now, f"{listed.enterprise.uscc},,2026-01-01,2026-11-01,")

        assert (same.duplicates, left.superseding) == (1, 1)
        assert not members_at(local_date(now)).exists()

    def test_is_left_alone_by_the_rule(self, listed, now):
        self.upload(listed, now, f"{listed.enterprise.uscc},,2026-01-01,,")

        done = thematic_run(code="ELDERCARE_SERVICE", actor=None, at=now)

        assert (done.added, done.ended) == (0, 0)
        assert members_at(local_date(now)).exists()

    def test_is_the_operators(self, listed, now):
        with pytest.raises(NotPermitted):
            thematic_upload(
                code="ELDERCARE_SERVICE",
                source=sheet(f"{listed.enterprise.uscc},,,,"),
                file_name="养老.csv",
                actor=listed.auditor,
                at=now,
            )


class TestReading:
    def test_knows_nothing_before_every_list_was_looked_at(self, listed, now):
        thematic_run(code="GREEN_FOOD", actor=None, at=now)

        assert lists_known(listed.enterprise, local_date(now)).chains is None

    def test_knows_after_a_run_from_that_day_on(self, listed, now):
        thematic_run_all(actor=None, at=now)

        known = lists_known(listed.enterprise, local_date(now))
        assert (known.chains, known.themes) == (("GREEN_FOOD",), ())
        earlier = lists_known(listed.enterprise, local_date(now) - timedelta(days=1))
        assert earlier.chains is None

    def test_counts_an_enterprise_once(self, listed, now):
        thematic_run_all(actor=None, at=now)
        TestUpload().upload(listed, now, f"{listed.enterprise.uscc},,,,")

        counts = {row.code: count for row, count in thematic_lists(listed.auditor, local_date(now))}
        assert (counts["GREEN_FOOD"], counts["ELDERCARE_SERVICE"]) == (1, 1)
        assert set(CHAIN_LABELS) <= set(counts)

    def test_filters_enterprises(self, listed, now):
        thematic_run_all(actor=None, at=now)

        found = Enterprise.objects.filter(enterprises_on(["GREEN_FOOD"], local_date(now)))

        assert list(found) == [listed.enterprise]

    def test_is_for_readers_of_the_enterprise(self, listed, now):
        thematic_run_all(actor=None, at=now)
        day = local_date(now)

        for reader in (listed.owner, listed.district_clerk, listed.operator):
            assert [row.thematic_list.code for row in lists_of(reader, listed.enterprise, day)] == [
                "GREEN_FOOD"
            ]
        assert not lists_of(listed.rival_owner, listed.enterprise, day)
        assert not lists_of(listed.officer, listed.enterprise, day)
