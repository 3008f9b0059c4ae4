"""What a catalogue item declares: its typed fields, its keys, who may read it, how it is shared and kept up to date.

Source: domain note 2.1, 2.7, 2.9; field levels by GB/T 22239-2019 (安全标记).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from borrowers.domain.quality_rule import QualityRule
from borrowers.domain.rhythm import UpdateRhythm
from borrowers.domain.rows import Column
from marketplace.domain.vocabulary import DataClass


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "TEXT"
    DATE = "DATE"
    MONTH = "MONTH"
    INTEGER = "INTEGER"
    MONEY_YUAN = "MONEY_YUAN"
    MONEY_WAN = "MONEY_WAN"
    DECIMAL = "DECIMAL"
    CHOICE = "CHOICE"
    BOOLEAN = "BOOLEAN"
    USCC = "USCC"
    LOCAL_CODE = "LOCAL_CODE"


FIELD_TYPE_LABELS = {
    FieldType.TEXT: "文本",
    FieldType.DATE: "日期",
    FieldType.MONTH: "年月",
    FieldType.INTEGER: "整数",
    FieldType.MONEY_YUAN: "金额(元)",
    FieldType.MONEY_WAN: "金额(万元)",
    FieldType.DECIMAL: "小数",
    FieldType.CHOICE: "选项",
    FieldType.BOOLEAN: "是/否",
    FieldType.USCC: "统一社会信用代码",
    FieldType.LOCAL_CODE: "单位内部代码",
}


class Level(StrEnum):
    """Protection level of a field (GB/T 22239-2019, 安全标记)."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"


LEVEL_LABELS = {Level.L1: "公开", Level.L2: "内部", Level.L3: "敏感", Level.L4: "个人敏感"}


class Administration(StrEnum):
    """On which level of administration an item is kept: the city's, a district's, a street's (or town's)."""

    CITY = "CITY"
    DISTRICT = "DISTRICT"
    STREET = "STREET"


ADMINISTRATION_LABELS = {
    Administration.CITY: "市级",
    Administration.DISTRICT: "区级",
    Administration.STREET: "街道(乡镇)级",
}


class Subject(StrEnum):
    """By which code a unit names the enterprise: the credit code, its own, or either."""

    USCC = "USCC"
    LOCAL = "LOCAL"
    EITHER = "EITHER"


SUBJECT_LABELS = {
    Subject.USCC: "统一社会信用代码",
    Subject.LOCAL: "单位内部代码",
    Subject.EITHER: "两者皆可",
}


class SharingMode(StrEnum):
    """How an item is shared: delivered in batches, queried, or computed upon without being seen."""

    BATCH = "BATCH"
    QUERY = "QUERY"
    MODEL = "MODEL"


SHARING_MODE_LABELS = {
    SharingMode.BATCH: "批量归集",
    SharingMode.QUERY: "授权查询",
    SharingMode.MODEL: "可用不可见",
}


class Publication(StrEnum):
    """Whether an item is public; an annual report's figures are as the enterprise chose."""

    PUBLIC = "PUBLIC"
    NOT_PUBLIC = "NOT_PUBLIC"
    BY_CHOICE = "BY_CHOICE"


PUBLICATION_LABELS = {
    Publication.PUBLIC: "公开",
    Publication.NOT_PUBLIC: "不公开",
    Publication.BY_CHOICE: "依企业选择或等级",
}


class RuleKind(StrEnum):
    """ORDER: one date not before another. SUM: parts add up to a total."""

    ORDER = "ORDER"
    SUM = "SUM"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One typed field of an item.

    Attributes:
        code: key in the stored content.
        label: Chinese title.
        type: see ``FieldType``; amounts are stored in yuan whatever their unit in the sheet.
        unit: Chinese unit of quantities.
        required: a row without it is rejected.
        options: for CHOICE, ``canonical|alias|alias`` each.
        level: protection level.
        synonyms: further titles.
        kept: False for what is recognised and never stored (identity numbers).
        max_length: longest text in characters.
        negative: amounts and numbers below zero are allowed.
        minimum, maximum: decimal texts; empty for no limit.
    """

    code: str
    label: str
    type: FieldType
    unit: str = ""
    required: bool = False
    options: tuple[str, ...] = ()
    level: Level = Level.L2
    synonyms: tuple[str, ...] = ()
    kept: bool = True
    max_length: int = 500
    negative: bool = False
    minimum: str = ""
    maximum: str = ""

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the canonical options."""
        return tuple(option.split("|")[0] for option in self.options)

    @property
    def column(self) -> Column:
        """Return the field as a column of a sheet."""
        return Column(self.code, self.label, self.synonyms, self.required)


@dataclass(frozen=True, slots=True)
class RowRule:
    """A condition between fields of one row.

    Attributes:
        kind: see ``RuleKind``.
        earlier, later: for ORDER, date fields.
        total, parts: for SUM, money fields.
        tolerance: for SUM, yuan that may be missing.
        reject: whether a row that breaks it is rejected; else it is kept with a warning.
    """

    kind: RuleKind
    earlier: str = ""
    later: str = ""
    total: str = ""
    parts: tuple[str, ...] = ()
    tolerance: str = "0"
    reject: bool = True

    @property
    def field_codes(self) -> tuple[str, ...]:
        """Return the fields the rule looks at."""
        named = (self.earlier, self.later, self.total, *self.parts)
        return tuple(code for code in named if code)


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """One item of the catalogue.

    Attributes:
        code, name: identifier and Chinese name.
        data_class: one of the 17 classes; what a consent names.
        source_unit: code of the unit that answers for the item.
        any_unit: whether every unit may deliver it (双公示).
        subject: by which code the enterprise is named.
        subject_field: the field that holds it.
        natural_key: fields that, with the enterprise, tell one record from another; empty when an enterprise has one
            record only.
        event_date: field with the day it happened; empty when there is none.
        consent_required: whether reading needs the enterprise's consent.
        sharing_mode, publication, legal_basis: as the catalogue declares them.
        freshness_days: after so many days without a delivery the item is shown as not up to date.
        level: the highest level of protection its fields have by default.
        void_field, void_values: records whose field has one of the values stay on file and never count.
        fields: at least the subject field.
        rules: conditions between fields.
        administration: level of administration that keeps the item.
        update_rhythm: how often the unit updates it.
        due_days: until when a delivery is due: calendar days after a period's end, working days after an event.
        retention_months: how long records are kept.
        retention_basis: on which ground they are kept so long.
        quality: what every delivery must keep to.
        name_field, registration_field: fields with the subject's name and its old registration number, by which a row
            without a valid credit code is proposed to a person; empty when there are none.
    """

    code: str
    name: str
    data_class: DataClass
    source_unit: str
    subject_field: str
    natural_key: tuple[str, ...]
    fields: tuple[FieldSpec, ...]
    any_unit: bool = False
    subject: Subject = Subject.USCC
    event_date: str = ""
    consent_required: bool = True
    sharing_mode: SharingMode = SharingMode.BATCH
    publication: Publication = Publication.NOT_PUBLIC
    legal_basis: str = ""
    freshness_days: int = 62
    level: Level = Level.L3
    void_field: str = ""
    void_values: tuple[str, ...] = ()
    rules: tuple[RowRule, ...] = ()
    administration: Administration = Administration.CITY
    update_rhythm: UpdateRhythm = UpdateRhythm.ON_EVENT
    due_days: int = 7
    retention_months: int = 60
    retention_basis: str = ""
    quality: tuple[QualityRule, ...] = ()
    name_field: str = ""
    registration_field: str = ""

    def field(self, code: str) -> FieldSpec:
        """Return a field by code.

        Raises:
            KeyError: there is none.
        """
        for spec in self.fields:
            if spec.code == code:
                return spec
        raise KeyError(code)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the fields as columns of a sheet."""
        return tuple(spec.column for spec in self.fields)

    @property
    def is_public(self) -> bool:
        """Return whether everybody may read it."""
        return self.publication is Publication.PUBLIC
