"""A credit portrait as the layout takes it: a fictional enterprise with something in every section."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from exports.domain.report import (
    ConsentSummary,
    Contradiction,
    EnterpriseHeader,
    Fact,
    Freshness,
    GradeBand,
    Indicator,
    Missing,
    MonthlySeries,
    PortraitDocument,
    ProductFit,
    Reader,
    RecordEntry,
    RecordList,
    RuleFinding,
    Score,
    ScoreLine,
    SourceLine,
    Tone,
    Verification,
)
from marketplace.domain.verdict import Outcome

READ_AT = datetime(2026, 11, 23, 7, 4, tzinfo=UTC)
FROZEN_AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
SHA256 = "9f2c4b7e1a0d3f5566778899aabbccddeeff00112233445566778899aabbccdd"


def source(item: str, unit: str, row: int) -> SourceLine:
    received = datetime(2026, 11, 15, 18, 20, tzinfo=UTC)
    return SourceLine(item, unit, f"20261116-{row:04d}", row, received)


def portrait_document(**changes: Any) -> PortraitDocument:
    """Return the usual portrait with some fields changed."""
    return replace(_document(), **changes)


def _document() -> PortraitDocument:
    return PortraitDocument(
        report_number="TJXY20261120K7M2P9QX4",
        frozen_at=FROZEN_AT,
        content_sha256=SHA256,
        reader=Reader("周示例", "示例城市银行和平支行", READ_AT, "贷款申请审查"),
        enterprise=EnterpriseHeader(
            "天津示例精密机械制造有限公司",
            "91120101MA0501012L",
            (
                Fact("法定代表人", "李示范"),
                Fact("登记状态", "存续"),
                Fact("成立日期", date(2016, 3, 18)),
                Fact("注册资本", Decimal("800"), "万元"),
                Fact("所属区", "和平区"),
                Fact("行业", "C3484 机械零部件加工"),
                Fact("规模", "小型(2017 年划型标准)"),
                Fact("从业人员", 46, "人"),
            ),
        ),
        verification=Verification(
            "https://example.test/verify/7Q4KX9M2PB3T6H8W", "7Q4K-X9M2-PB3T-6H8W"
        ),
        application=(
            Fact("申请编号", "SQ20261120-000318"),
            Fact("申请产品", "示例·科技信用贷(和平支行)"),
            Fact("申请金额", Decimal("300"), "万元"),
            Fact("期限", 12, "个月"),
            Fact("用途", "流动资金"),
            Fact("担保方式", "信用"),
            Fact("还款方式", "按月付息到期还本"),
            Fact("提交时间", FROZEN_AT),
        ),
        score=_score(),
        contradictions=(
            Contradiction(
                "从业人数",
                "申报 60 人",
                "社保参保 46 人(2026-10)",
                "申报人数高于参保人数 14 人,超出 20% 的容差,请核实用工方式。",
                "社会保险缴费信息 · 天津市人力资源和社会保障局",
            ),
        ),
        freshness=_freshness(),
        indicators=_indicators(),
        series=_series(),
        records=_records(),
        fits=_fits(),
        missing=(
            Missing("住房公积金缴存", "企业未授权该类数据", "企业可在授权中心补充授权"),
            Missing("进出口额", "来源单位未提供该企业数据", "无须处理;不计入得分"),
        ),
        consent=ConsentSummary(
            number="SQS20261120-000318",
            lender="示例城市银行股份有限公司",
            purpose="贷款申请审查",
            data_classes=("纳税", "社会保险费", "水、电、气", "年报财务", "不动产"),
            data_from=date(2023, 11, 1),
            data_until=date(2026, 11, 20),
            valid_from=date(2026, 11, 20),
            valid_until=date(2027, 5, 20),
            signer="李示范(法定代表人)",
            text_version="2026-1 版",
            text_sha256="1b" * 32,
            state="有效",
            feedback="同意",
        ),
    )


def _score() -> Score:
    rows = (
        ("遵纪守法", "行政处罚", "近36个月 1 条", -30, -200, 0, "2025-05-12 一般处罚 1 条,已缴清"),
        ("遵纪守法", "司法裁判", "无被执行", 0, -150, 0, "未查询到被执行记录"),
        ("履约践诺", "纳税连续性", "36/36 个月", 60, 0, 60, "每月均有入库"),
        ("履约践诺", "社保缴纳", "35/36 个月", 36, 0, 40, "2024-02 断缴 1 个月"),
        ("资质荣誉", "科技型中小企业", "有效", 25, 0, 30, "证书有效期至 2027-12-31"),
        ("社会责任", "用电稳定", "变异系数 0.18", 18, 0, 30, "月度波动低于行业中位"),
        ("监管风险", "经营异常", "无", 0, -100, 0, "未列入经营异常名录"),
    )
    return Score(
        grade="A",
        points=Decimal("809"),
        lowest_points=Decimal(0),
        highest_points=Decimal(1000),
        model_version="公共信用综合评价 2026.1",
        evaluated_on=date(2026, 11, 20),
        base_points=Decimal(700),
        bands=(
            GradeBand("D", Decimal(0)),
            GradeBand("C", Decimal(500)),
            GradeBand("B", Decimal(650)),
            GradeBand("A", Decimal(750)),
        ),
        lines=tuple(
            ScoreLine(a, b, c, Decimal(d), Decimal(e), Decimal(f), g)
            for a, b, c, d, e, f, g in rows
        ),
        tone=Tone.GOOD,
    )


def _freshness() -> tuple[Freshness, ...]:
    received = datetime(2026, 11, 15, 18, 20, tzinfo=UTC)
    fresh = (
        ("登记注册基本信息", 3, date(2026, 11, 10)),
        ("行政许可", 2, date(2026, 8, 2)),
        ("行政处罚", 1, date(2025, 5, 12)),
        ("司法裁判及执行", 0, date(2026, 11, 12)),
        ("经营异常与严重失信名单", 0, date(2026, 11, 14)),
        ("纳税", 36, date(2026, 10, 31)),
        ("社会保险费", 35, date(2026, 10, 31)),
    )
    lines = [Freshness(name, n, day, received, "及时", Tone.GOOD) for name, n, day in fresh]
    lines.append(
        Freshness("水、电、气", 36, date(2026, 8, 31), received, "超期 54 天", Tone.CAUTION)
    )
    lines.append(Freshness("住房公积金", None, None, None, "未授权"))
    return tuple(lines)


def _indicators() -> tuple[Indicator, ...]:
    tax, social, power = "天津市税务局", "天津市人力资源和社会保障局", "国网天津市电力公司"
    until = date(2026, 10, 31)
    return (
        Indicator("纳税总额", Decimal("68.42"), "万元", "近12个月", tax, until, "纳税"),
        Indicator("纳税总额", Decimal("131.90"), "万元", "近24个月", tax, until, "纳税"),
        Indicator("纳税总额同比", Decimal("7.8"), "%", "近12个月", tax, until, "纳税"),
        Indicator("纳税信用等级", "A", "", "2025 年度", tax, date(2026, 4, 30), "纳税"),
        Indicator("欠税余额", Decimal(0), "万元", "时点", tax, until, "纳税"),
        Indicator("参保人数", 46, "人", "最近月", social, until, "社会保险费"),
        Indicator("断缴月数", 1, "个月", "近36个月", social, until, "社会保险费"),
        Indicator(
            "用电量", Decimal("41.27"), "万千瓦时", "近12个月", power, date(2026, 8, 31), "用电"
        ),
        Indicator("用电量变异系数", Decimal("0.18"), "", "近12个月", power, None, "用电"),
        Indicator("开票销售额", Decimal("1286.5"), "万元", "近12个月", tax, until, "销售"),
        Indicator("前五大客户占比", Decimal("62.3"), "%", "近12个月", tax, until, "销售"),
        Indicator("行政处罚", 1, "条", "近36个月", "各处罚机关", date(2025, 5, 12), "合规"),
    )


def _series() -> tuple[MonthlySeries, ...]:
    def wave(base: str, swing: int, gaps: tuple[int, ...] = ()) -> tuple[Decimal | None, ...]:
        return tuple(
            None
            if month in gaps
            else Decimal(base) * (100 + swing * ((month * 7) % 12 - 6) + month) / 100
            for month in range(36)
        )

    first = date(2023, 11, 1)
    return (
        MonthlySeries("纳税", "万元", first, wave("4.8", 6), "近12个月 68.42 万元"),
        MonthlySeries("社会保险参保人数", "人", first, wave("38", 1, (3,)), "最近月 46 人"),
        MonthlySeries("用电量", "万千瓦时", first, wave("3.1", 4, (34, 35)), "截至 2026-08"),
        MonthlySeries("开票销售额", "万元", first, wave("92", 9), "近12个月 1,286.5 万元"),
    )


def _records() -> tuple[RecordList, ...]:
    penalty = RecordEntry(
        "津和市监罚〔2025〕示例 17 号 · 罚款",
        "未按规定公示年度报告信息,罚款 0.30 万元,已缴清;公示期至 2025-08-12。",
        date(2025, 5, 12),
        source("行政处罚", "天津市和平区市场监督管理局", 118),
        "已修复",
        Tone.GOOD,
    )
    permits = (
        RecordEntry(
            "津和环许〔2026〕示例 6 号 · 排污许可",
            "有效期 2026-08-02 至 2031-08-01。",
            date(2026, 8, 2),
            source("行政许可", "天津市和平区生态环境局", 42),
            "有效",
            Tone.GOOD,
        ),
        RecordEntry(
            "津应急许〔2024〕示例 91 号 · 安全生产标准化",
            "三级;有效期 2024-06-20 至 2027-06-19。",
            date(2024, 6, 20),
            source("行政许可", "天津市应急管理局", 7),
            "有效",
            Tone.GOOD,
        ),
    )
    return (
        RecordList("行政处罚", (penalty,), 1),
        RecordList("行政许可", permits, 5),
        RecordList("司法裁判及执行", (), 0),
    )


def _fits() -> tuple[ProductFit, ...]:
    findings = (
        RuleFinding("成立月数", "≥ 24 个月", "128 个月", Outcome.FITS, "2016-03-18 成立"),
        RuleFinding("纳税总额", "≥ 20 万元", "68.42 万元", Outcome.FITS, "近12个月"),
        RuleFinding("综合评价等级", "B 级以上", "A 级", Outcome.FITS, "2026-11-20 评价"),
        RuleFinding(
            "行政处罚",
            "近12个月 0 条",
            "0 条",
            Outcome.FITS,
            "最近一条为 2025-05-12,在窗口之外",
        ),
        RuleFinding(
            "公积金缴存人数",
            "≥ 20 人",
            "—",
            Outcome.CANNOT_TELL,
            "企业未授权住房公积金数据,补充授权后可判断",
        ),
        RuleFinding(
            "申请金额",
            "≤ 200 万元",
            "300 万元",
            Outcome.DOES_NOT_FIT,
            "申请 300 万元,高于上限 200 万元",
        ),
    )
    return (
        ProductFit(
            "示例·科技信用贷",
            "示例城市银行股份有限公司",
            "v3(2026-07-01 起)",
            Outcome.DOES_NOT_FIT,
            findings,
        ),
    )
