"""The shipped catalogue and declarations of items."""

from __future__ import annotations

import json

import pytest

from borrowers.domain.catalogue import (
    FieldType,
    Level,
    Publication,
    item_from_mapping,
    item_to_mapping,
    load_catalogue,
    refuse_forbidden,
)
from marketplace.domain.errors import Refused
from marketplace.domain.text import header_key
from marketplace.domain.vocabulary import DataClass

ITEMS = load_catalogue().items
DECLARED = {
    "code": "EXAMPLE", "name": "示例", "data_class": "17", "source_unit": "REFORM", "natural_key": ["no"],
    "event_date": "day",
    "fields": [{"code": "no", "label": "编号", "type": "TEXT"}, {"code": "day", "label": "日期", "type": "DATE"}],
}  # fmt: skip


class TestShippedCatalogue:
    def test_has_every_class(self):
        assert {item.data_class for item in ITEMS} == set(DataClass)

    def test_has_each_code_once(self):
        codes = [item.code for item in ITEMS]

        assert len(set(codes)) == len(codes) >= 45

    def test_names_only_units_it_has(self):
        assert {item.source_unit for item in ITEMS} <= {
            unit.code for unit in load_catalogue().units
        }

    @pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
    def test_item_survives_storage(self, item):
        assert item_from_mapping(json.loads(json.dumps(item_to_mapping(item)))) == item

    @pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
    def test_item_has_a_basis_and_a_title_for_each_field(self, item):
        titles = [header_key(spec.label) for spec in item.fields]

        assert item.legal_basis
        assert len(set(titles)) == len(titles)

    @pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
    def test_item_that_is_not_public_needs_consent_or_is_the_citys_own(self, item):
        assert item.consent_required or item.is_public or item.code == "CREDIT_EVALUATION"

    @pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
    def test_item_keeps_no_personal_sensitive_field(self, item):
        assert not [spec.code for spec in item.fields if spec.level is Level.L4 and spec.kept]

    @pytest.mark.parametrize(
        "code",
        [
            "TAX_PAYMENT",
            "SOCIAL_INSURANCE",
            "HOUSING_FUND",
            "WATER_BILL",
            "REAL_ESTATE",
            "CUSTOMS_TRADE",
        ],
    )
    def test_amounts_of_the_enterprise_need_its_consent(self, code):
        item = load_catalogue().item(code)

        assert item.consent_required
        assert item.publication is Publication.NOT_PUBLIC

    def test_unknown_item_is_refused(self):
        with pytest.raises(Refused) as refusal:
            load_catalogue().item("NOTHING")

        assert refusal.value.code == "CATALOGUE_ITEM_UNKNOWN"


class TestItemFromMapping:
    def test_gives_the_standard_subject(self):
        item = item_from_mapping(DECLARED)

        assert item.subject_field == "uscc"
        assert item.field("uscc").type is FieldType.USCC

    @pytest.mark.parametrize(
        "changes",
        [
            {"event_date": "nowhere"},
            {"natural_key": ["nowhere"]},
            {"event_date": "no"},
            {"data_class": "99"},
            {"surprise": 1},
            {"fields": [*DECLARED["fields"], {"code": "no", "label": "又一个", "type": "TEXT"}]},
            {"fields": [*DECLARED["fields"], {"code": "c", "label": "选", "type": "CHOICE"}]},
            {"rules": [{"kind": "ORDER", "earlier": "day", "later": "nowhere"}]},
        ],
    )
    def test_refuses_a_declaration_that_contradicts_itself(self, changes):
        with pytest.raises(Refused) as refusal:
            item_from_mapping(DECLARED | changes)

        assert refusal.value.code == "CATALOGUE_INVALID"
        assert "EXAMPLE" in refusal.value.sentence

    def test_refuses_a_field_that_may_not_be_collected(self):
        fields = [*DECLARED["fields"], {"code": "belief", "label": "宗教信仰", "type": "TEXT"}]

        with pytest.raises(Refused) as refusal:
            item_from_mapping(DECLARED | {"fields": fields})

        assert refusal.value.code == "FORBIDDEN_FIELD"


class TestRefuseForbidden:
    @pytest.mark.parametrize(
        "title", ["宗教信仰", "法人血型", "指 纹", "基因信息", "疾病和病史", "既往病史"]
    )
    def test_names_article_and_title(self, title):
        with pytest.raises(Refused) as refusal:
            refuse_forbidden(["企业名称", title])

        assert refusal.value.code == "FORBIDDEN_FIELD"
        assert "第十四条第一款" in refusal.value.fields[title]

    @pytest.mark.parametrize("title", ["个人收入", "个人存款", "家庭住址", "配偶姓名", "子女学校"])
    def test_refuses_what_else_is_nobodys_business(self, title):
        with pytest.raises(Refused):
            refuse_forbidden([title])

    def test_lets_enterprise_data_pass(self):
        refuse_forbidden(["营业收入", "不动产权证号", "实缴税额", "医疗保险参保人数"])
