"""How enterprises, records, consents and deliveries are written on pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from borrowers.domain.catalogue import ItemSpec
from borrowers.domain.consent import ConsentState
from borrowers.domain.industry import SECTION_LABELS
from borrowers.domain.item_spec import FieldType, Level
from borrowers.models import Consent, CreditRecord, Enterprise, IngestBatch, ListMembership
from borrowers.selectors import RecordRow, consent_state, consent_state_label, feedback_label
from marketplace.domain.masking import mask_operator_name
from marketplace.domain.vocabulary import DATA_CLASS_LABELS, DataClass
from marketplace.web.components import Cell, Column, Kind, Pair, Table, Tone
from marketplace.web.labels import tone_of
from marketplace.web.language import listed, said

MONEY = (FieldType.MONEY_YUAN, FieldType.MONEY_WAN)
SUMMARY_FIELDS = 4
BATCH_COUNTS = (
    ("读取（行）", "文件中的数据行，不含表头和空行；等于接收、拒绝与重复之和。"),
    ("接收（行）", "通过检查并入库的行，含更正。"),
    ("更正（行）", "接收的行中替换了已有记录的行；原记录保留。"),
    ("拒绝（行）", "未通过检查的行，逐行有原因。"),
    ("待核对（行）", "拒绝的行中等待人工确认主体的行；确认后另行入库。"),
    ("重复（行）", "内容与已有记录相同的行，不改变任何记录。"),
)
"""What the columns of a list of deliveries count."""


def class_label(data_class: str) -> str:
    """Return a class of the shared-data list in words."""
    return DATA_CLASS_LABELS[DataClass(data_class)]


def register_pairs(enterprise: Enterprise, *, own: bool) -> list[Pair]:
    """Return the register's facts; figures of the annual report only to the enterprise itself."""
    unknown_district = "住所未写明所在区" if enterprise.district is None else ""
    pairs = [
        Pair("统一社会信用代码", enterprise.uscc, Kind.CODE),
        Pair("企业名称", enterprise.name),
        Pair("主体类型", enterprise.get_entity_type_display()),
        Pair("企业类型", enterprise.legal_form),
        Pair("登记状态", enterprise.get_status_display()),
        Pair("成立日期", enterprise.established_date, Kind.DATE),
        Pair("注册资本", _capital(enterprise), note=_capital_note(enterprise)),
        Pair("所在区", enterprise.district and enterprise.district.name, note=unknown_district),
        Pair("住所", enterprise.address),
        Pair("法定代表人（负责人）", _representative(enterprise, own=own)),
        Pair("行业门类", SECTION_LABELS.get(enterprise.industry_section, "")),
        Pair("行业代码", enterprise.industry_code),
        Pair(
            "企业规模",
            enterprise.get_size_class_display(),
            definition="按 2017 年划分办法，数据不足为“未知”。",
        ),
        Pair("经营范围", enterprise.business_scope),
    ]
    if own:
        pairs += [
            Pair("从业人数", enterprise.employees, Kind.NUMBER),
            Pair("营业收入", enterprise.revenue_yuan, Kind.MONEY, note="取自最近一年年报"),
            Pair("资产总额", enterprise.assets_yuan, Kind.MONEY, note="取自最近一年年报"),
        ]
    return pairs


def lineage_pairs(batch: IngestBatch | None, row_number: int | None) -> list[Pair]:
    """Return where a fact came from."""
    if batch is None:
        return [Pair("来源", "平台录入")]
    return [
        Pair(
            "来源文件",
            batch.file_name,
            note=gettext("第 %(row_number)s 行") % {"row_number": row_number} if row_number else "",
        ),
        Pair("接收时间", batch.received_at, Kind.DATETIME),
        Pair("批次编号", str(batch.public_id), Kind.CODE),
    ]


def payload_pairs(spec: ItemSpec, payload: Mapping[str, Any]) -> list[Pair]:
    """Return a record's content, fields in the order of the catalogue, personal ones left out."""
    return [
        Pair(
            field.label, _value(field.type, payload[field.code]), _kind(field.type), note=field.unit
        )
        for field in spec.fields
        if field.code in payload and field.level is not Level.L4
    ]


def summary_line(spec: ItemSpec, payload: Mapping[str, Any]) -> str:
    """Return the most telling fields of a record in one line."""
    pairs = [pair for pair in payload_pairs(spec, payload) if len(str(pair.value)) <= 60]
    return gettext(";").join(
        f"{said(pair.label)} {_short(pair)}" for pair in pairs[:SUMMARY_FIELDS]
    )


def records_table(rows: Iterable[RecordRow], specs: Mapping[str, ItemSpec]) -> Table:
    """Return records as a table; the first cell leads to the record."""
    columns = [
        Column("信息项"),
        Column("日期", Kind.DATE),
        Column("内容"),
        Column("来源单位"),
        Column("标注"),
    ]
    return Table(
        columns,
        [
            [
                Cell(row.item_name, url=reverse("borrowers:record-detail", args=[row.public_id])),
                row.event_date,
                summary_line(specs[row.item_code], row.payload),
                Cell(
                    row.unit_name,
                    note=gettext("%(file_name)s 第 %(row_number)s 行")
                    % {"file_name": row.file_name, "row_number": row.row_number},
                ),
                listed(record_marks(row)),
            ]
            for row in rows
        ],
        empty="该类别没有记录。",
    )


def record_marks(row: RecordRow) -> list[str]:
    """Return what a reader must know of a record's standing."""
    marks = [
        (row.disputed, "异议处理中"),
        (row.repaired, "已修复，不再展示和使用"),
        (row.voided, "作废，不计入"),
    ]
    return [words for is_so, words in marks if is_so]


def history_table(versions: Iterable[CreditRecord]) -> Table:
    """Return the versions of a record."""
    columns = [
        Column("接收时间", Kind.DATETIME),
        Column("来源单位"),
        Column("来源文件"),
        Column("状态"),
    ]
    return Table(
        columns,
        [
            [
                version.received_at,
                version.batch.unit.name if version.batch.unit else "",
                Cell(
                    version.batch.file_name,
                    note=gettext("第 %(row_number)s 行") % {"row_number": version.row_number},
                ),
                _standing(version),
            ]
            for version in versions
        ],
    )


def consents_table(consents: Iterable[Consent], at: datetime) -> Table:
    """Return consents with their state at a moment."""
    columns = [
        Column("被授权机构"),
        Column("用途"),
        Column("信息类别"),
        Column("有效至", Kind.DATETIME),
        Column("反馈贷款结果"),
        Column("状态", Kind.BADGE),
    ]
    return Table(
        columns,
        [
            [
                Cell(
                    consent.lender.name,
                    url=reverse("borrowers:consent-detail", args=[consent.public_id]),
                ),
                consent.get_purpose_display(),
                gettext("%(count)s 类") % {"count": len(consent.data_classes)},
                consent.valid_until,
                feedback_label(consent),
                consent_badge(consent, at),
            ]
            for consent in consents
        ],
        empty="还没有授权。申请贷款时，您可以逐家、逐类授权。",
    )


def consent_badge(consent: Consent, at: datetime) -> Cell:
    """Return a consent's state at a moment as a badge; one that ended is no fault of anybody."""
    state = consent_state(consent, at)
    tone = Tone.NEUTRAL if state is ConsentState.REVOKED else tone_of(state.value)
    return Cell(consent_state_label(consent, at), tone=tone)


def memberships_table(rows: Iterable[ListMembership]) -> Table:
    """Return on which lists an enterprise is, by what and since when."""
    columns = [Column("专题库"), Column("纳入日期", Kind.DATE), Column("来源")]
    lines = [
        [row.thematic_list.name, row.from_date, Cell(row.get_origin_display(), note=row.reason)]
        for row in rows
    ]
    return Table(columns, lines, empty="不在任何专题库。")


def batch_subject(batch: IngestBatch) -> str:
    """Return what a delivered file is about."""
    if batch.item is not None:
        return batch.item.name
    return "专题库成员" if batch.kind == "THEMATIC" else "市场主体登记"


def batches_table(batches: Iterable[IngestBatch], *, chosen: bool = False) -> Table:
    """Return delivered files with their counts; ``chosen`` when they are those that somebody looked for."""
    columns = [
        Column("文件"),
        Column("信息项"),
        Column("来源单位"),
        Column("接收时间", Kind.DATETIME),
    ]
    columns += [Column(label, Kind.NUMBER, text) for label, text in BATCH_COUNTS]
    return Table(
        columns,
        [
            [
                Cell(
                    batch.file_name,
                    url=reverse("borrowers:batch-detail", args=[batch.public_id]),
                    note=said(batch.get_kind_display()) if batch.kind == "REVIEW" else "",
                ),
                batch_subject(batch),
                batch.unit.name if batch.unit else "",
                batch.received_at,
                batch.rows_read,
                batch.accepted,
                batch.superseding,
                Cell(batch.rejected, tone=Tone.BAD if batch.rejected else Tone.NEUTRAL),
                Cell(batch.waiting, tone=Tone.WARN if batch.waiting else Tone.NEUTRAL),
                batch.duplicates,
            ]
            for batch in batches
        ],
        empty="没有符合条件的文件。" if chosen else "还没有接收过文件。",
    )


def _capital(enterprise: Enterprise) -> str:
    if enterprise.capital_amount is None:
        return ""
    amount = f"{enterprise.capital_amount / 10_000:,.4f}".rstrip("0").rstrip(".")
    currency = enterprise.capital_currency
    return (
        gettext("%(amount)s 万元") % {"amount": amount}
        if currency == "CNY"
        else gettext("%(amount)s 万 %(currency)s") % {"amount": amount, "currency": currency}
    )


def _capital_note(enterprise: Enterprise) -> str:
    return (
        gettext("登记原文：%(capital_text)s") % {"capital_text": enterprise.capital_text}
        if enterprise.capital_text
        else ""
    )


def _representative(enterprise: Enterprise, *, own: bool) -> str:
    name = enterprise.legal_representative
    return name if own else mask_operator_name(enterprise.uscc, name)


def _kind(field_type: FieldType) -> Kind:
    return {
        FieldType.DATE: Kind.TEXT,
        FieldType.MONEY_YUAN: Kind.MONEY,
        FieldType.MONEY_WAN: Kind.MONEY,
    }.get(field_type, Kind.TEXT)


def _value(field_type: FieldType, value: Any) -> Any:
    if field_type in MONEY:
        return Decimal(str(value))
    if field_type is FieldType.BOOLEAN:
        return "是" if value else "否"
    return value


def _short(pair: Pair) -> str:
    if pair.kind is Kind.MONEY:
        return gettext("%(amount)s 元") % {"amount": f"{pair.value:,.2f}"}
    return f"{pair.value}{pair.note}"


def _standing(version: CreditRecord) -> str:
    if version.superseded_at is None:
        return "现行"
    is_corrected = version.superseded_by_id or version._state.adding  # the archive's were corrected
    return "已被更正" if is_corrected else "已撤下"
