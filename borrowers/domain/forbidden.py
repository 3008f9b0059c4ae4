"""Titles of what may never be collected about a natural person.

Source: 征信业管理条例 第十四条; trust note 4.2.
"""

from __future__ import annotations

from collections.abc import Iterable

from marketplace.domain.errors import Refused
from marketplace.domain.text import header_key

_FORBIDDEN = (
    (
        ("宗教", "信仰", "基因", "指纹", "血型", "疾病", "病史", "健康状况"),
        "征信业管理条例第十四条第一款：禁止采集个人的宗教信仰、基因、指纹、血型、疾病和病史信息。",
    ),
    (
        (
            "个人收入",
            "工资收入",
            "个人存款",
            "银行存款余额",
            "有价证券",
            "商业保险",
            "个人不动产",
            "个人房产",
            "个人纳税",
        ),
        "征信业管理条例第十四条第二款：未经书面同意不得采集个人的收入、存款、有价证券、商业保险、不动产和纳税数额，本平台不采集。",
    ),
    (
        ("人脸", "虹膜", "声纹", "家庭住址", "家庭地址", "配偶", "子女", "银行卡号", "个人征信"),
        "个人信息保护法第六条：限于实现处理目的的最小范围，本平台不采集此项个人信息。",
    ),
)


def refuse_forbidden(headers: Iterable[str]) -> None:
    """Refuse titles of what may never be collected about a natural person.

    Args:
        headers: titles of a sheet or of declared fields.

    Raises:
        Refused: ``FORBIDDEN_FIELD`` with the article at each title.

    Source: 征信业管理条例 第十四条; trust note 4.2.

    >>> refuse_forbidden(["企业名称", "开票日期"])
    """
    found: dict[str, str] = {}
    for header in headers:
        key = header_key(header)
        for words, sentence in _FORBIDDEN:
            if any(word in key for word in words):
                found[header] = sentence
    if found:
        names = "、".join(found)
        sentence = f"表中有禁止采集的列：{names}。请删除后重新上传。"
        raise Refused("FORBIDDEN_FIELD", sentence, found)
