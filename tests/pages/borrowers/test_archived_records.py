"""A firm reads and disputes a record that the archive alone keeps as any other."""

from __future__ import annotations

import pytest
from django.urls import reverse

from borrowers.domain.archive import KeptIn
from borrowers.models import CatalogueItem, CreditRecord, Objection
from borrowers.selectors.record import records_as_at
from borrowers.services.archived import item_keep_in
from tests.factories.borrowers import USCC, deliver
from tests.factories.reference import enter_reference

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive_folder")]


@pytest.fixture
def record(cast, now):
    """The public id of a tax payment of which the database holds nothing."""
    enter_reference(at=now)
    item = CatalogueItem.objects.get(code="TAX_PAYMENT")
    item_keep_in(item=item, kept_in=KeptIn.ARCHIVE, actor=None, at=now)
    row = {
        "统一社会信用代码": USCC,
        "征收项目": "增值税",
        "税款所属期起": "2026-01-01",
        "税款所属期止": "2026-01-31",
        "入库日期": "2026-02-10",
        "实缴金额": "1234.50",
    }
    deliver("TAX_PAYMENT", [row], at=now)
    assert not CreditRecord.objects.exists()
    (found,) = records_as_at(cast.enterprise, now)
    return found.public_id


class TestOwner:
    def test_sees_it_in_the_list_and_by_itself(self, client, cast, record):
        client.force_login(cast.owner)

        listed = client.get(reverse("borrowers:record-list")).content.decode()
        alone = client.get(reverse("borrowers:record-detail", args=[record])).content.decode()

        assert reverse("borrowers:record-detail", args=[record]) in listed
        assert "1,234.50" in alone
        assert "现行" in alone
        assert "提出异议" in alone

    def test_is_told_how_many_there_are(self, client, cast, record):
        client.force_login(cast.owner)

        page = client.get(reverse("borrowers:enterprise-own")).content.decode()

        assert "含须您授权才能查询的信息" in page

    def test_objects_to_it(self, client, cast, record):
        client.force_login(cast.owner)
        url = reverse("borrowers:objection-create", args=[record])

        asked = client.get(url)
        done = client.post(url, {"reason": "金额与完税证明不一致"}, follow=True)

        assert asked.status_code == 200
        assert "异议已提交，该记录已标注" in done.content.decode()
        assert f"{Objection.objects.get().record.public_id}" == record
        page = client.get(reverse("borrowers:record-detail", args=[record])).content.decode()
        assert "1,234.50" in page

    def test_reads_it_by_the_api(self, client, cast, record):
        client.force_login(cast.owner)

        rows = client.get(reverse("api:record-list")).json()

        assert [row["id"] for row in rows] == [record]
        assert rows[0]["payload"]["paid_yuan"] == "1234.50"


class TestOthers:
    @pytest.mark.parametrize("member", ["rival_owner", "operator", "officer"])
    def test_do_not(self, client, cast, record, member):
        client.force_login(getattr(cast, member))

        found = client.get(reverse("borrowers:record-detail", args=[record]))

        assert found.status_code in (403, 404)


def test_operator_reads_where_an_item_is_kept(client, cast, record):
    client.force_login(cast.operator)

    page = client.get(reverse("borrowers:catalogue-detail", args=["TAX_PAYMENT"])).content.decode()

    assert "只存归档" in page
    assert "归档须与数据库一样备份" in page
