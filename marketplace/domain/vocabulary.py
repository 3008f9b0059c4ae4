"""Codes that both sides of the market share: guarantee, purpose, repayment, data classes, query purposes.

Source: domain note 2.1 (17 classes of 国办发〔2024〕15号, reconstructed), 3.7 (loan vocabularies).
"""

from __future__ import annotations

from enum import StrEnum

PRODUCT_NAME = "信易贷撮合平台"
"""What the marketplace calls itself, on pages and in messages."""


class Guarantee(StrEnum):
    """担保方式; a loan with a government guarantee company is 保证, not 信用."""

    CREDIT = "CREDIT"
    SURETY = "SURETY"
    MORTGAGE = "MORTGAGE"
    PLEDGE = "PLEDGE"
    COMBINED = "COMBINED"


GUARANTEE_LABELS = {
    Guarantee.CREDIT: "信用",
    Guarantee.SURETY: "保证",
    Guarantee.MORTGAGE: "抵押",
    Guarantee.PLEDGE: "质押",
    Guarantee.COMBINED: "组合",
}


class Purpose(StrEnum):
    """贷款用途."""

    WORKING_CAPITAL = "WORKING_CAPITAL"
    EQUIPMENT = "EQUIPMENT"
    PROJECT = "PROJECT"
    TRADE = "TRADE"
    RECEIVABLES = "RECEIVABLES"
    RESEARCH = "RESEARCH"
    AGRICULTURE = "AGRICULTURE"
    OTHER = "OTHER"


PURPOSE_LABELS = {
    Purpose.WORKING_CAPITAL: "流动资金",
    Purpose.EQUIPMENT: "固定资产/设备",
    Purpose.PROJECT: "项目",
    Purpose.TRADE: "贸易融资",
    Purpose.RECEIVABLES: "订单/应收账款",
    Purpose.RESEARCH: "科技研发",
    Purpose.AGRICULTURE: "涉农",
    Purpose.OTHER: "其他",
}


class Repayment(StrEnum):
    """还款方式."""

    EQUAL_INSTALLMENT = "EQUAL_INSTALLMENT"
    EQUAL_PRINCIPAL = "EQUAL_PRINCIPAL"
    INTEREST_THEN_PRINCIPAL = "INTEREST_THEN_PRINCIPAL"
    BULLET = "BULLET"
    REVOLVING = "REVOLVING"


REPAYMENT_LABELS = {
    Repayment.EQUAL_INSTALLMENT: "等额本息",
    Repayment.EQUAL_PRINCIPAL: "等额本金",
    Repayment.INTEREST_THEN_PRINCIPAL: "按月付息到期还本",
    Repayment.BULLET: "到期一次还本付息",
    Repayment.REVOLVING: "随借随还",
}


class DataClass(StrEnum):
    """The 17 classes of the shared-data list; the value is the class number."""

    REGISTRATION = "01"
    PEOPLE = "02"
    ANNUAL_REPORT = "03"
    PERMIT = "04"
    PENALTY = "05"
    ADMINISTRATION = "06"
    JUDICIAL = "07"
    BREACH_LIST = "08"
    TAX = "09"
    SOCIAL_INSURANCE = "10"
    HOUSING_FUND = "11"
    UTILITIES = "12"
    REAL_ESTATE = "13"
    INTELLECTUAL_PROPERTY = "14"
    QUALIFICATION = "15"
    CUSTOMS = "16"
    OTHER = "17"


DATA_CLASS_LABELS = {
    DataClass.REGISTRATION: "登记注册基本信息",
    DataClass.PEOPLE: "主要人员、股东及出资",
    DataClass.ANNUAL_REPORT: "年报财务",
    DataClass.PERMIT: "行政许可",
    DataClass.PENALTY: "行政处罚",
    DataClass.ADMINISTRATION: "其他行政管理",
    DataClass.JUDICIAL: "司法裁判及执行",
    DataClass.BREACH_LIST: "经营异常与严重失信名单",
    DataClass.TAX: "纳税",
    DataClass.SOCIAL_INSURANCE: "社会保险费",
    DataClass.HOUSING_FUND: "住房公积金",
    DataClass.UTILITIES: "水、电、气",
    DataClass.REAL_ESTATE: "不动产",
    DataClass.INTELLECTUAL_PROPERTY: "知识产权",
    DataClass.QUALIFICATION: "科技创新与资质",
    DataClass.CUSTOMS: "进出口",
    DataClass.OTHER: "其他行业信息",
}


class QueryPurpose(StrEnum):
    """Closed list of purposes for which data about an enterprise may be read (条例 art. 18, 20, 22)."""

    APPLICATION_REVIEW = "APPLICATION_REVIEW"
    POST_LOAN_WATCH = "POST_LOAN_WATCH"
    OWN_REPORT = "OWN_REPORT"
    PRE_MATCH = "PRE_MATCH"
    WHITELIST = "WHITELIST"
    OBJECTION_REPAIR = "OBJECTION_REPAIR"
    SUPERVISION = "SUPERVISION"


QUERY_PURPOSE_LABELS = {
    QueryPurpose.APPLICATION_REVIEW: "贷款申请审查",
    QueryPurpose.POST_LOAN_WATCH: "贷后管理",
    QueryPurpose.OWN_REPORT: "企业查询自身信息",
    QueryPurpose.PRE_MATCH: "产品预匹配",
    QueryPurpose.WHITELIST: "白名单核验",
    QueryPurpose.OBJECTION_REPAIR: "异议与修复处理",
    QueryPurpose.SUPERVISION: "监督审计",
}


class SizeClass(StrEnum):
    """企业规模; 个体工商户 is a class of its own, missing data is UNKNOWN, never MICRO."""

    LARGE = "LARGE"
    MEDIUM = "MEDIUM"
    SMALL = "SMALL"
    MICRO = "MICRO"
    INDIVIDUAL = "INDIVIDUAL"
    UNKNOWN = "UNKNOWN"


SIZE_CLASS_LABELS = {
    SizeClass.LARGE: "大型",
    SizeClass.MEDIUM: "中型",
    SizeClass.SMALL: "小型",
    SizeClass.MICRO: "微型",
    SizeClass.INDIVIDUAL: "个体工商户",
    SizeClass.UNKNOWN: "未知",
}
