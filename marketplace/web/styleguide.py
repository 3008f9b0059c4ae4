"""Made-up content for the style guide: one sample of every component, no person or enterprise of this world."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.paginator import Paginator

from marketplace.domain.verdict import Outcome, Verdict
from marketplace.domain.vocabulary import GUARANTEE_LABELS, PURPOSE_LABELS
from marketplace.web.charts import district_map, series_chart, waterfall_chart
from marketplace.web.components import (
    Action,
    Cell,
    Change,
    Clock,
    Column,
    Crumb,
    Kind,
    Pair,
    Stat,
    Step,
    StepState,
    Table,
    Tone,
)
from marketplace.web.forms import DayField, MonthsField, RateField, WanField


class SampleForm(forms.Form):
    """Every kind of control."""

    uscc = forms.CharField(
        label="统一社会信用代码", help_text="营业执照上的 18 位代码。", max_length=18
    )
    amount_yuan = WanField(label="需要金额", help_text="按实际需要填写，可低于产品上限。")
    term_months = MonthsField(label="期限")
    annual_rate = RateField(label="可接受的综合年化利率", required=False)
    purpose = forms.ChoiceField(label="用途", choices=list(PURPOSE_LABELS.items()))
    guarantees = forms.MultipleChoiceField(
        label="可提供的担保方式",
        choices=list(GUARANTEE_LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    repay = forms.ChoiceField(
        label="是否愿意随借随还",
        choices=[("YES", "愿意"), ("NO", "不愿意")],
        widget=forms.RadioSelect,
    )
    needed_by = DayField(label="最晚用款日", required=False)
    note = forms.CharField(
        label="补充说明", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    consent = forms.BooleanField(
        label="本企业同意示例城市银行为审查本次申请查询上述信息，至 2027-02-28 止。",
        help_text="可随时撤回，撤回后立即停止查询。",
    )


class SampleUpload(forms.Form):
    """One file."""

    file = forms.FileField(label="名单文件", help_text="xlsx 或 csv，不超过 20 MB。")


class SampleFilter(forms.Form):
    """A filter bar."""

    q = forms.CharField(label="名称或代码", required=False)
    purpose = forms.ChoiceField(
        label="用途", choices=[("", "全部"), *PURPOSE_LABELS.items()], required=False
    )


def samples(now: datetime) -> dict[str, Any]:
    """Return the context of the style guide as of a moment."""
    wrong = SampleForm(
        {"wrong-uscc": "91120103MA0501", "wrong-amount_yuan": "-5", "wrong-purpose": "TRADE"},
        prefix="wrong",
    )
    wrong.add_error(
        "uscc", forms.ValidationError("校验位不正确，请核对代码。", code="USCC_CHECK_DIGIT")
    )
    return {
        "crumbs": [Crumb("组件")],
        "actions": [Action("导出", "#export"), Action("新建需求", "#new", primary=True)],
        "table": _table(now),
        "empty_table": Table([Column("名称")], [], empty="还没有提交过申请。"),
        "steps": _steps(now),
        "verdicts": _verdicts(),
        "clocks": _clocks(now),
        "pairs": _pairs(now),
        "stats": _stats(),
        "changes": [
            Change("住所", "河西区友谊路 1 号", "河西区解放南路 8 号"),
            Change("注册资本", "", "500 万元"),
        ],
        "form": SampleForm(),
        "wrong_form": wrong,
        "upload": SampleUpload(),
        "filters": SampleFilter(),
        "page": Paginator(range(230), 20).get_page(3),
        "charts": _charts(),
        "map": district_map("各区需求", values={"和平区": 12, "滨海新区": 48}, unit="笔"),
        "now": now,
        "outcomes": list(Outcome),
        "tones": list(Tone),
        "empty_action": Action("填写需求", "#need", primary=True),
    }


def _table(now: datetime) -> Table:
    columns = [
        Column("企业"),
        Column("需求金额", Kind.MONEY),
        Column("期限", Kind.MONTHS),
        Column("综合年化利率", Kind.RATE, "全部融资成本折算为年，含与贷款直接相关的费用。"),
        Column("提交时间", Kind.DATETIME),
        Column("状态", Kind.BADGE),
    ]
    return Table(
        columns,
        [
            [
                Cell("天津津禾示例食品有限公司", url="#one", note="91120103MA05010399"),
                Decimal("1500000"),
                12,
                435,
                now - timedelta(hours=5),
                Cell("待受理", tone=Tone.WARN),
            ],
            [
                Cell("天津海棠示例机械制造有限责任公司", url="#two", note="91120111MA0501119F"),
                Decimal("8000000"),
                36,
                398,
                now - timedelta(days=2),
                Cell("尽调中", tone=Tone.INFO),
            ],
            [
                Cell("南开区示例早点铺", url="#three", note="92120104MA05010478"),
                Decimal("50000"),
                6,
                None,
                now - timedelta(days=9),
                Cell("已拒绝", tone=Tone.BAD),
            ],
        ],
        caption="本网点待办申请",
    )


def _steps(now: datetime) -> list[Step]:
    return [
        Step("提交申请", StepState.DONE, now - timedelta(days=3), "经办人 张*"),
        Step("银行受理", StepState.DONE, now - timedelta(days=2), "示例城市银行 河西支行"),
        Step(
            "尽职调查",
            StepState.CURRENT,
            note="客户经理 李* 已联系企业，等待补充资料",
            clock=Clock("作出授信决定", now + timedelta(days=3, hours=4), now, provisional=True),
        ),
        Step("审批"),
        Step("签约"),
        Step("放款"),
    ]


def _verdicts() -> list[Verdict]:
    return [
        Verdict("AGE_MONTHS", Outcome.FITS, "成立时间符合要求。", 38, 12, "个月", (), "2026-01-01"),
        Verdict("TAX_12M", Outcome.DOES_NOT_FIT, "近12个月纳税额低于要求。", "3.2", "5", "万元"),
        Verdict("SOCIAL_STAFF", Outcome.CANNOT_TELL, "未授权查询社会保险费，无法判断参保人数。"),
    ]


def _clocks(now: datetime) -> list[Clock]:
    return [
        Clock("受理", now + timedelta(hours=7), now),
        Clock("联系企业", now + timedelta(days=2, hours=3), now, provisional=True),
        Clock("作出决定", now - timedelta(days=1, hours=2), now),
        Clock("受理", now - timedelta(days=1), now, stopped_at=now - timedelta(days=2)),
        Clock("补充资料", now + timedelta(days=9), now, is_paused=True),
    ]


def _pairs(now: datetime) -> list[Pair]:
    return [
        Pair("企业名称", "天津津禾示例食品有限公司"),
        Pair("统一社会信用代码", "91120103MA05010399", Kind.CODE),
        Pair("注册资本", Decimal("5000000"), Kind.MONEY, note="登记币种 人民币"),
        Pair("成立日期", (now - timedelta(days=1200)).date(), Kind.DATE),
        Pair("从业人数", None, note="年报未填报"),
        Pair("综合年化利率", 435, Kind.RATE, definition="全部融资成本折算为年。"),
    ]


def _stats() -> list[Stat]:
    return [
        Stat("注册企业", 2000, "完成主体核验的企业账户，按统一社会信用代码去重。", unit="户"),
        Stat("入驻机构", 54, "当前有效的金融机构，分支机构不另计。", unit="家"),
        Stat("授信金额", Decimal("1234567800"), "本年1月1日起金融机构同意的额度。", Kind.YI),
        Stat(
            "接单率",
            Decimal("0.953"),
            "至少被一家机构受理的需求 ÷ 已发布的有效需求。",
            Kind.PERCENT,
            note="同比 +2.1 个百分点",
        ),
    ]


def _charts() -> list[Any]:
    months = [f"{month} 月" for month in range(1, 13)]
    paid = [3.1, 2.8, 4.0, 3.9, 4.2, None, 4.8, 5.0, 4.7, 5.2, 5.1, 6.0]
    sales = [40, 35, 52, 50, 55, 51, 60, 63, 58, 66, 64, 72]
    return [
        series_chart(
            "chart-tax",
            "按月纳税与开票",
            labels=months,
            series={"纳税": paid, "开票": sales},
            label_name="月份",
            form="line",
            unit="万元",
            definition="按税款所属期汇总；六月数据尚未归集，不作零处理。",
        ),
        waterfall_chart(
            "chart-points",
            "得分构成",
            parts=[("基础", 60), ("纳税", 12), ("社保", 8), ("处罚", -9), ("许可", 3)],
            label_name="指标",
        ),
    ]
