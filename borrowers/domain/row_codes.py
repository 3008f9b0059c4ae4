"""Short names of the codes with which rows of delivered files are rejected, for counts and lists.

The sentence that goes with a code says what is wrong with the very row; the name says the kind of fault.
"""

from __future__ import annotations

ROW_CODE_LABELS = {
    "BOOLEAN_UNKNOWN": "是否项无法识别",
    "CAPITAL_CURRENCY_UNKNOWN": "注册资本币种无法识别",
    "CAPITAL_EMPTY": "未填注册资本",
    "CAPITAL_NO_AMOUNT": "注册资本没有金额",
    "CAPITAL_UNIT_UNKNOWN": "注册资本单位无法识别",
    "CAPITAL_UNREADABLE": "注册资本无法识别",
    "CELL_NESTED": "单元格内是数组或对象",
    "CHOICE_UNKNOWN": "不在可选值内",
    "DATE_IMPOSSIBLE": "日期不存在",
    "DATE_IN_FUTURE": "日期在将来",
    "DATE_ORDER": "日期先后颠倒",
    "DATE_UNREADABLE": "日期无法识别",
    "DECIMAL_UNREADABLE": "数值无法识别",
    "DISTRICT_UNKNOWN": "所在区无法识别",
    "EMPLOYEES_UNREADABLE": "从业人数无法识别",
    "ENTERPRISE_NOT_IN_REGISTER": "不在登记库",
    "EVENT_IN_FUTURE": "发生日期晚于报送日期",
    "FIELD_REQUIRED": "必填项为空",
    "INDUSTRY_UNKNOWN": "行业代码无法识别",
    "INTEGER_UNREADABLE": "整数无法识别",
    "KEY_CONFLICT_IN_FILE": "同一文件内前后矛盾",
    "KEY_TWICE_IN_FILE": "同一文件内重复",
    "LOCAL_CODE_FORM": "代码格式不对",
    "MONEY_NEGATIVE": "金额为负",
    "MONEY_TOO_LARGE": "金额过大",
    "MONEY_UNREADABLE": "金额无法识别",
    "NAME_EMPTY": "未填名称",
    "NUMBER_OUT_OF_RANGE": "数值超出范围",
    "NUMERIC_CODE_CELL": "代码为数值格式",
    "ROW_TOO_WIDE": "列错位",
    "STATUS_UNKNOWN": "登记状态无法识别",
    "SUBJECT_ALIAS_UNKNOWN": "主体对照中没有",
    "SUBJECT_CONFIRMED": "已经核对确认主体",
    "SUBJECT_REFUSED": "核对后退回",
    "SUBJECT_TO_REVIEW": "主体待人工核对",
    "SUBJECT_UNKNOWN": "不在登记库",
    "SUBJECT_UNMATCHED": "没有相符的主体",
    "SUM_MISMATCH": "合计与分项不符",
    "TEXT_TOO_LONG": "内容过长",
    "USCC_ALPHABET": "代码含非法字符",
    "USCC_CHECK_DIGIT": "代码校验位不符",
    "USCC_EMPTY": "未填统一社会信用代码",
    "USCC_LENGTH": "代码位数不对",
    "USCC_NUMBER_CELL": "代码为数值格式",
    "USCC_ORGANISATION_CHECK": "代码中组织机构部分校验不符",
    "USCC_REGISTRATION_NO": "误填15位旧注册号",
}


def row_code_label(code: str) -> str:
    """Return the short name of a code; the code itself for one without.

    >>> row_code_label("FIELD_REQUIRED"), row_code_label("NEW_CODE")
    ('必填项为空', 'NEW_CODE')
    """
    return ROW_CODE_LABELS.get(code, code)
