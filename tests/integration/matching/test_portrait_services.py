"""Freezing, reading and rebuilding portraits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from borrowers.models import CatalogueItem, CreditRecord, SourceUnit
from borrowers.services import consent_revoke, objection_submit
from marketplace.domain.errors import Conflict, NotFound, NotPermitted
from marketplace.domain.vocabulary import QueryPurpose
from marketplace.models import AccessRecord, AuditEvent
from matching.domain.portrait import canonical_json, content_hash, from_json
from matching.domain.redaction import Audience
from matching.domain.scorecard import NotScored
from matching.models import CreditPortrait, LoanApplication
from matching.services.portrait import own_portrait_read, portrait_read, portrait_rebuild
from tests.cast import NOW
from tests.factories.deliveries import deliver_penalty, deliver_tax, seed
from tests.factories.matching import make_application, make_submitted

BEFORE = NOW - timedelta(days=3)
LATER = NOW + timedelta(days=2)

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivered(cast):
    """A fine, and a tax payment within the consent of the factories (classes 01, 09, 10)."""
    seed(BEFORE)
    deliver_penalty(cast.enterprise, BEFORE)
    deliver_tax(cast.enterprise, BEFORE)
    return cast


@pytest.fixture
def accepted(delivered):
    return fetched(make_application(delivered, "ACCEPTED"))


def fetched(application):
    joined = LoanApplication.objects.select_related(
        "portrait", "enterprise", "institution__organisation"
    )
    return joined.get(pk=application.pk)


def read(user, application, at=NOW, purpose=QueryPurpose.APPLICATION_REVIEW, **more):
    return portrait_read(user=user, application=application, purpose=purpose, at=at, **more)


class TestPortraitFreeze:
    def test_keeps_canonical_text_and_its_hash(self, delivered):
        row = make_submitted(delivered).portrait

        portrait = from_json(row.content)
        assert content_hash(portrait) == row.content_hash
        assert (row.score_points, row.grade) == (portrait.score.points, portrait.score.grade)
        assert row.data_classes == ["01", "09", "10"]

    def test_names_item_unit_batch_and_row_of_every_record(self, delivered):
        portrait = from_json(make_submitted(delivered).portrait.content)

        stored = {str(row.public_id): row for row in CreditRecord.objects.all()}
        assert {source.item_code for source in portrait.lineage} == {"PENALTY", "TAX_PAYMENT"}
        for source in portrait.lineage:
            record = stored[source.record_id]
            assert source.batch == str(record.batch.public_id)
            assert source.row_number == record.row_number == 2
            assert source.source_unit == record.batch.unit.name
            assert source.received_at == record.received_at == BEFORE

    def test_contributions_add_up_to_the_score(self, delivered):
        score = from_json(make_submitted(delivered).portrait.content).score

        assert sum(line.points for line in score.contributions) == score.points

    def test_reads_nothing_outside_the_consent(self, delivered):
        portrait = from_json(make_submitted(delivered).portrait.content)

        assert all(s.public or s.data_class in ("01", "09", "10") for s in portrait.lineage)
        assert portrait.enterprise.employees is None

    def test_is_audited_with_the_hash(self, delivered):
        row = make_submitted(delivered).portrait

        event = AuditEvent.objects.get(action="matching.portrait.freeze")
        assert event.payload["content_hash"] == row.content_hash

    def test_an_individual_has_no_score(self, delivered):
        delivered.enterprise.entity_type = "INDIVIDUAL"
        delivered.enterprise.save()

        row = make_submitted(delivered).portrait

        assert (row.score_points, row.grade) == (None, "")
        score = from_json(row.content).score
        assert score.not_scored is NotScored.INDIVIDUAL
        assert (score.contributions, score.dimensions) == ((), ())


class TestPortraitRebuild:
    def test_gives_the_same_bytes(self, delivered):
        row = make_submitted(delivered).portrait

        assert portrait_rebuild(row) == row.content

    def test_gives_the_same_bytes_of_a_format_that_is_no_longer_written(self, delivered):
        row = make_submitted(delivered).portrait
        frozen = from_json(row.content)
        row.content = canonical_json(replace(frozen, versions={**frozen.versions, "format": "1"}))

        assert row.content != canonical_json(frozen)
        assert portrait_rebuild(row) == row.content

    def test_later_records_do_not_count(self, delivered):
        row = make_submitted(delivered).portrait
        deliver_tax(delivered.enterprise, LATER, day="2026-11-20")
        deliver_penalty(delivered.enterprise, LATER, number="津示罚〔2026〕2号")

        assert portrait_rebuild(row) == row.content

    def test_later_corrections_do_not_count(self, delivered):
        row = make_submitted(delivered).portrait
        batch = deliver_tax(delivered.enterprise, LATER, paid="1300.00")
        assert batch.superseding == 1

        assert portrait_rebuild(row) == row.content

    def test_later_objections_and_their_corrections_do_not_count(self, delivered):
        row = make_submitted(delivered).portrait
        fine = CreditRecord.objects.get(item__code="PENALTY")
        objection_submit(
            record_id=fine.public_id,
            reason="处罚金额与决定书不一致。",
            actor=delivered.owner,
            at=LATER,
        )
        deliver_penalty(delivered.enterprise, LATER + timedelta(hours=1), fine_wan="0.5")

        assert portrait_rebuild(row) == row.content

    def test_an_objection_open_at_the_moment_counts(self, delivered):
        fine = CreditRecord.objects.get(item__code="PENALTY")
        objection_submit(
            record_id=fine.public_id,
            reason="处罚金额与决定书不一致。",
            actor=delivered.owner,
            at=NOW - timedelta(days=1),
        )

        row = make_submitted(delivered).portrait

        assert any(value.disputed for value in from_json(row.content).indicators)
        assert portrait_rebuild(row) == row.content

    def test_later_repairs_do_not_count(self, delivered):
        row = make_submitted(delivered).portrait
        CreditRecord.objects.filter(item__code="PENALTY").update(repaired_at=LATER)

        assert portrait_rebuild(row) == row.content

    def test_later_changes_of_register_and_need_do_not_count(self, delivered):
        application = make_submitted(delivered)
        application.enterprise.name = "天津新名示例食品有限公司"
        application.enterprise.industry_section = "G"
        application.enterprise.save()
        application.demand.amount_yuan *= 2
        application.demand.save()

        row = CreditPortrait.objects.get()
        assert portrait_rebuild(row) == row.content

    def test_later_changes_of_catalogue_and_units_do_not_count(self, delivered):
        row = make_submitted(delivered).portrait
        CatalogueItem.objects.filter(code="POWER_BILL").update(is_active=False)
        item = CatalogueItem.objects.get(code="PENALTY")
        item.spec |= {"name": "行政处罚(新)", "freshness_days": 3}
        item.name, item.consent_required, item.data_class = "行政处罚(新)", True, "17"
        item.save()
        SourceUnit.objects.update(name="合并后的单位")

        assert portrait_rebuild(row) == row.content

    def test_tells_when_a_record_behind_it_was_changed(self, delivered):
        row = make_submitted(delivered).portrait
        CreditRecord.objects.filter(item__code="TAX_PAYMENT").update(
            payload={"paid_yuan": "9.00", "paid_date": "2026-10-15"}
        )

        assert portrait_rebuild(row) != row.content

    def test_asks_five_queries(self, delivered, django_assert_max_num_queries):
        row = CreditPortrait.objects.select_related("enterprise").get(
            pk=make_submitted(delivered).portrait.pk
        )

        with django_assert_max_num_queries(5):
            portrait_rebuild(row)


class TestPortraitRead:
    def test_the_officer_sees_grade_and_summary_without_points_by_indicator(self, accepted, cast):
        reading = read(cast.officer, accepted)

        assert reading.audience is Audience.OFFICER
        assert reading.portrait.score.grade
        assert reading.portrait.score.contributions == ()

    def test_the_approver_sees_every_point(self, accepted, cast):
        score = read(cast.approver, accepted).portrait.score

        assert sum(line.points for line in score.contributions) == score.points

    def test_is_logged_before_it_leaves(self, accepted, cast):
        read(cast.officer, accepted, channel="API")

        log = AccessRecord.objects.get()
        assert (log.user, log.organisation) == (cast.officer, cast.institution.organisation)
        assert (log.subject_uscc, log.purpose) == (cast.enterprise.uscc, "APPLICATION_REVIEW")
        assert (log.application_ref, log.channel) == (accepted.public_id, "API")
        assert log.consent_ref == accepted.consent.public_id
        assert log.data_classes == ["01", "09", "10"]

    def test_each_reading_has_a_record_of_its_own(self, accepted, cast):
        read(cast.officer, accepted)
        read(cast.officer, accepted)

        assert AccessRecord.objects.count() == 2

    def refused(self, user, application, **more):
        with pytest.raises(NotPermitted) as refusal:
            read(user, application, **more)
        assert not AccessRecord.objects.exists()
        return refusal.value.code

    def test_a_revoked_consent_refuses_and_logs_nothing(self, accepted, cast):
        consent = accepted.consent
        consent_revoke(consent_id=consent.public_id, reason="不再需要", actor=cast.owner, at=NOW)

        assert self.refused(cast.approver, accepted, at=NOW) == "CONSENT_ENDED"

    def test_an_expired_consent_refuses(self, accepted, cast):
        at = accepted.consent.valid_until

        assert self.refused(cast.officer, accepted, at=at) == "CONSENT_ENDED"

    def test_another_purpose_refuses(self, accepted, cast):
        code = self.refused(cast.officer, accepted, purpose=QueryPurpose.POST_LOAN_WATCH)

        assert code == "CONSENT_ENDED"

    @pytest.mark.parametrize("state", ["PENDING_ACCEPT", "REJECTED"])
    def test_is_closed_before_acceptance_and_after_the_end(self, delivered, state):
        application = fetched(make_application(delivered, state))

        assert self.refused(delivered.officer, application) == "PORTRAIT_NOT_OPEN"

    @pytest.mark.parametrize("member", ["rival_officer", "owner", "operator", "district_lead"])
    def test_nobody_else_finds_it(self, accepted, cast, member):
        with pytest.raises(NotFound):
            read(getattr(cast, member), accepted)

        assert not AccessRecord.objects.exists()

    def test_shows_no_class_that_the_consent_no_longer_names(self, accepted, cast):
        accepted.consent.data_classes = ["01"]
        accepted.consent.save()

        portrait = read(cast.approver, accepted).portrait

        assert {source.data_class for source in portrait.lineage} == {"05"}

    def test_an_altered_text_is_not_shown(self, accepted, cast):
        content = json.loads(accepted.portrait.content)
        content["score"]["points"] += 100
        accepted.portrait.content = json.dumps(content)

        with pytest.raises(Conflict) as refusal:
            read(cast.officer, accepted)

        assert refusal.value.code == "PORTRAIT_ALTERED"
        assert not AccessRecord.objects.exists()

    def test_asks_four_queries(self, accepted, cast, django_assert_max_num_queries):
        read(cast.officer, accepted)

        with django_assert_max_num_queries(6):  # four and the savepoint around them
            read(cast.officer, accepted)


class TestOwnPortraitRead:
    def test_shows_every_class_and_every_point(self, delivered):
        portrait = own_portrait_read(user=delivered.owner, at=NOW).portrait

        assert len(portrait.consent.data_classes) == 17
        assert sum(line.points for line in portrait.score.contributions) == portrait.score.points
        assert portrait.enterprise.employees == 35

    def test_is_logged(self, delivered):
        own_portrait_read(user=delivered.agent, at=NOW)

        log = AccessRecord.objects.get()
        assert (log.user, log.purpose) == (delivered.agent, "OWN_REPORT")
        assert log.organisation == delivered.enterprise.account.organisation

    def test_nobody_without_a_verified_enterprise_has_one(self, delivered):
        with pytest.raises(NotFound):
            own_portrait_read(user=delivered.officer, at=NOW)

        assert not AccessRecord.objects.exists()
