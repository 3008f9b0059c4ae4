"""Short names of the codes a whitelist's rows carry, for counts and filters."""

from __future__ import annotations

from borrowers.domain.row_codes import ROW_CODE_LABELS
from matching.domain.whitelist import UNKNOWN_SUFFIX

CODE_LABELS = ROW_CODE_LABELS | {
    "WL_IDENTITY": "代码有效且已登记",
    "WL_USCC_INVALID": "统一社会信用代码无效",
    "WL_NOT_IN_REGISTER": "不在登记库",
    "WL_STATUS": "登记状态",
    "WL_DISTRICT": "登记住所所在区",
    "WL_SERIOUS_BREACH": "严重失信主体名单",
    "WL_DISHONEST_DEBTOR": "失信被执行人",
    "WL_ABNORMAL": "经营异常名录",
    "WL_MAJOR_TAX": "重大税收违法",
    "WL_WILLING": "融资意愿",
    "WL_SIZE": "企业规模",
    "WL_AGE": "成立时间",
    "WL_MARK_GRADE": "公共信用等级",
    "WL_MARK_TAX_ARREARS": "欠税",
    "WL_MARK_ENFORCEMENT": "未结被执行案件",
    "WL_MARK_PENALTY": "严重行政处罚",
    "WL_MARK_NAME": "名称与登记不一致",
    "WL_MARK_AMOUNT": "金额是否误以元填写",
    "WL_DUPLICATE": "表内重复",
    "WL_TOTAL_ROW": "合计行",
    "WL_NOT_AN_ENTRY": "非名单行",
    "WL_NAME_EMPTY": "未填企业名称",
    "WL_DISTRICT_UNREADABLE": "所在区无法识别",
    "WL_PHONE_UNREADABLE": "联系电话无法识别",
    "WL_AMOUNT_UNREADABLE": "需求金额无法识别",
    "WL_AMOUNT_RANGE": "需求金额超出范围",
    "WL_TERM_UNREADABLE": "期限无法识别",
    "WL_TERM_RANGE": "期限超出范围",
    "WL_SECTOR_UNREADABLE": "行业无法识别",
    "WL_WILLING_UNREADABLE": "融资意愿无法识别",
    "WL_TEXT_TOO_LONG": "内容过长",
}


def code_label(code: str) -> str:
    """Return the short name of a code; one that cannot be judged says so.

    >>> code_label("WL_AGE"), code_label("WL_AGE_UNKNOWN")
    ('成立时间', '成立时间：缺少数据')
    """
    if code in CODE_LABELS:
        return CODE_LABELS[code]
    base = code.removesuffix(UNKNOWN_SUFFIX)
    return f"{CODE_LABELS[base]}：缺少数据" if base in CODE_LABELS else code
