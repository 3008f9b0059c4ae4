"""The wording of the consent form, by version. A wording that was ever signed stays here unchanged.

Source: domain note 0.1 (outcome feedback needs a clause of its own), 0.2 (not a credit bureau), 2.6 (PIPL 14, 15, 23);
trust note 4.4 (withdrawal is not retroactive).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.domain.errors import Refused
from marketplace.domain.vocabulary import (
    DATA_CLASS_LABELS,
    QUERY_PURPOSE_LABELS,
    DataClass,
    QueryPurpose,
)
from marketplace.domain.workdays import BEIJING


@dataclass(frozen=True, slots=True)
class ConsentNames:
    """Names of the parties, as the wording shows them.

    Attributes:
        enterprise: name of the enterprise that consents.
        lender: full name of the institution.
        signer: name of the person who signs for the enterprise.
        signer_role: in what capacity, Chinese, e.g. ``企业负责人``.
    """

    enterprise: str
    lender: str
    signer: str
    signer_role: str


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A wording made for signing: version, text, and the SHA-256 of the text in hexadecimal."""

    version: str
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class _Wording:
    """A wording: its text, the second clause said either way, and what stands between the lines of classes."""

    text: str
    feedback: str
    no_feedback: str
    between: str


_V1 = _Wording(
    """企业信用信息查询授权书(文本版本 {version})

授权企业:{enterprise}(统一社会信用代码 {subject})
被授权机构:{lender}
对应贷款申请编号:{application_ref}

一、查询授权。本企业同意上述机构通过信易贷撮合平台查询本企业的下列信息,仅用于{purpose},不得用于其他用途,不得提供给他人:
{classes}
数据所属期间:{data_from} 至 {data_to}(登记注册、主要人员及股东、不动产、知识产权、资质为现状信息,不受此期间限制)。
授权有效期:{valid_from} 起,至 {valid_until} 止(不含该时刻)。
机构获取的信息自获取之日起最多留存 {data_life_days} 天,届满应当删除,法律、行政法规另有规定的除外。

二、结果反馈。{feedback}

三、撤回。本企业可以随时在平台撤回本授权,撤回后机构立即不能再查询;撤回不影响撤回前已依授权完成的查询,机构已取得的信息由机构依法处理。不授权不影响本企业查看产品和发布融资需求。

四、说明。平台提供公共信用信息服务,所示内容供参考,不构成征信报告;每次查询的机构、人员、时间、用途和内容均被记录,本企业可以随时查看。

签署人:{signer}({signer_role})
授权要素摘要(SHA-256):{terms_sha256}
""",
    "本企业同意金融机构向平台反馈授信、签约、放款、还款、逾期信息,用于本笔贷款的办理进度、结果统计和风险提示。",
    "本企业不同意金融机构向平台反馈本笔贷款的授信、签约、放款、还款、逾期信息;机构仅可反馈申请的办理状态。",
    ";\n",
)
_V2 = _Wording(
    """企业信用信息查询授权书（文本版本 {version}）

授权企业：{enterprise}（统一社会信用代码 {subject}）
被授权机构：{lender}
对应贷款申请编号：{application_ref}

一、查询授权。本企业同意上述机构通过信易贷撮合平台查询本企业的下列信息，仅用于{purpose}，不得用于其他用途，不得提供给他人：
{classes}
数据所属期间：{data_from} 至 {data_to}（登记注册、主要人员及股东、不动产、知识产权、资质为现状信息，不受此期间限制）。
授权有效期：{valid_from} 起，至 {valid_until} 止（不含该时刻）。
机构获取的信息自获取之日起最多留存 {data_life_days} 天，届满应当删除，法律、行政法规另有规定的除外。

二、结果反馈。{feedback}

三、撤回。本企业可以随时在平台撤回本授权，撤回后机构立即不能再查询；撤回不影响撤回前已依授权完成的查询，机构已取得的信息由机构依法处理。不授权不影响本企业查看产品和发布融资需求。

四、说明。平台提供公共信用信息服务，所示内容供参考，不构成征信报告；每次查询的机构、人员、时间、用途和内容均被记录，本企业可以随时查看。

签署人：{signer}（{signer_role}）
授权要素摘要（SHA-256）：{terms_sha256}
""",
    "本企业同意金融机构向平台反馈授信、签约、放款、还款、逾期信息，用于本笔贷款的办理进度、结果统计和风险提示。",
    "本企业不同意金融机构向平台反馈本笔贷款的授信、签约、放款、还款、逾期信息；机构仅可反馈申请的办理状态。",
    "；\n",
)
"""The same words with full-width punctuation."""

TEXT_VERSIONS = {"2026-01": _V1, "2026-11": _V2}
LATEST_VERSION = "2026-11"


def write_text(terms: Mapping[str, Any], names: ConsentNames) -> ConsentText:
    """Return the wording of the terms.

    Args:
        terms: fields of ``ConsentTerms`` and ``sha256`` of their canonical text.
        names: names of the parties.

    Raises:
        Refused: ``CONSENT_TEXT_VERSION``.
    """
    version = str(terms["text_version"])
    if version not in TEXT_VERSIONS:
        raise Refused("CONSENT_TEXT_VERSION", f"没有版本为“{version[:16]}”的授权书文本。")
    wording = TEXT_VERSIONS[version]
    text = wording.text.format(
        version=version,
        enterprise=names.enterprise,
        subject=terms["subject"],
        lender=names.lender,
        application_ref=terms["application_ref"],
        purpose=QUERY_PURPOSE_LABELS[QueryPurpose(terms["purpose"])],
        classes=_class_lines(terms["data_classes"], wording.between),
        data_from=terms["data_from"].isoformat(),
        data_to=terms["data_to"].isoformat(),
        valid_from=_moment(terms["valid_from"]),
        valid_until=_moment(terms["valid_until"]),
        data_life_days=terms["data_life_days"],
        feedback=wording.feedback if terms["feedback_clause"] else wording.no_feedback,
        signer=names.signer,
        signer_role=names.signer_role,
        terms_sha256=terms["sha256"],
    )
    return ConsentText(version, text, hashlib.sha256(text.encode()).hexdigest())


def _class_lines(codes: tuple[str, ...], between: str) -> str:
    ordered = sorted(set(codes))
    return between.join(f"  {code} {DATA_CLASS_LABELS[DataClass(code)]}" for code in ordered) + "。"


def _moment(moment: datetime) -> str:
    """A moment in Beijing time to the minute."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
