"""What this installation has and lacks, in words an operator can act on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from borrowers.domain.archive import KeptIn
from borrowers.models import CatalogueItem, Enterprise, IngestBatch
from borrowers.selectors.archive import archive_lines, batches_waiting
from exports.pdf.fonts import fonts
from marketplace.append_only import tables_held
from marketplace.calendars import PublishedCalendar
from marketplace.domain.reminder import CHANNEL_LABELS
from marketplace.domain.roles import Role
from marketplace.models import District, Membership, OutboxMessage
from marketplace.outreach import senders
from marketplace.row_security import ROLE, role_open, tables_walled


class Health(StrEnum):
    """How a finding is meant."""

    GOOD = "GOOD"
    LACKS = "LACKS"
    BROKEN = "BROKEN"


HEALTH_LABELS = {Health.GOOD: "正常", Health.LACKS: "缺少", Health.BROKEN: "故障"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    subject: str
    health: Health
    sentence: str


def findings(today: date) -> Iterator[Finding]:
    """Yield what was found, the most basic first; a broken database ends the list.

    Args:
        today: Beijing date, for the coverage of the calendar.
    """
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("Python", Health.GOOD, f"版本 {version}。")
    try:
        database = _database()
    except DatabaseError as fault:
        sentence = f"无法连接或读取：{type(fault).__name__}。"
        database = Finding("数据库", Health.BROKEN, sentence)
    yield database
    if database.health is Health.BROKEN:
        return
    for look in LOOKS:
        yield look(today)


def _database() -> Finding:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}.get(
        connection.vendor, connection.vendor
    )
    if waiting:
        sentence = f"{name}，有 {len(waiting)} 个迁移未执行，请运行 manage.py migrate。"
        return Finding("数据库", Health.BROKEN, sentence)
    return Finding("数据库", Health.GOOD, f"{name}，迁移已全部执行。")


def _broker(today: date) -> Finding:
    if not settings.BROKER_URL:
        sentence = "未配置消息队列（BROKER_URL）：任务在提交后由本进程执行。"
        return Finding("任务队列", Health.LACKS, sentence)
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
    except OSError:
        return Finding("任务队列", Health.BROKEN, "已配置消息队列，但连接不上。")
    return Finding("任务队列", Health.GOOD, "消息队列可用。")


def _outbox(today: date) -> Finding:
    waiting = OutboxMessage.objects.filter(done_at=None).count()
    failed = OutboxMessage.objects.filter(done_at=None).exclude(failure="").count()
    if failed:
        sentence = f"有 {failed} 条消息执行失败，共 {waiting} 条待执行。"
        return Finding("待发消息", Health.BROKEN, sentence)
    return Finding("待发消息", Health.GOOD, f"{waiting} 条待执行，没有失败。")


def _fonts(today: date) -> Finding:
    loaded = fonts()
    if loaded.warnings:
        return Finding("中文字体", Health.LACKS, loaded.warnings[0])
    return Finding("中文字体", Health.GOOD, f"{loaded.regular.first().family}，随 PDF 内嵌。")


def _calendar(today: date) -> Finding:
    ahead = date(today.year + 1, 1, 4)
    if PublishedCalendar().is_working(ahead).provisional:
        sentence = f"{ahead.year} 年工作日安排尚未公布，期限按暂定日历计算并注明“暂定”。"
        return Finding("工作日历", Health.LACKS, sentence)
    return Finding("工作日历", Health.GOOD, f"覆盖至 {ahead.year} 年。")


def _register(today: date) -> Finding:
    districts = District.objects.count()
    items = CatalogueItem.objects.filter(is_active=True).count()
    enterprises = Enterprise.objects.count()
    sentence = f"{districts} 个区，{items} 个信息项，{enterprises} 家企业。"
    is_filled = bool(districts and items)
    if not is_filled:
        sentence += (
            "请运行 manage.py demo，或建立首个账号（manage.py member_add），再导入登记数据。"
        )
    return Finding("基础数据", Health.GOOD if is_filled else Health.LACKS, sentence)


def _operators(today: date) -> Finding:
    holding = Membership.objects.filter(role=Role.OPERATOR, ended_at=None, user__is_active=True)
    found = holding.values("user").distinct().count()
    if not found:
        sentence = "没有市级运营人员，请用 manage.py member_add 建立。"
        return Finding("市级运营", Health.LACKS, sentence)
    if found == 1:
        sentence = "只有一位：须由第二人复核、发布的事项，以及遗失手机的重置，都要另有一位。"
        return Finding("市级运营", Health.LACKS, sentence)
    return Finding("市级运营", Health.GOOD, f"{found} 位。")


def _archive(today: date) -> Finding:
    landed = IngestBatch.objects.filter(state="LANDED").count()
    waiting = batches_waiting().count()
    if landed:
        sentence = f"有 {landed} 个批次已接收而未入库，请运行 manage.py archive sync。"
        return Finding("列式归档", Health.BROKEN, sentence)
    lines = archive_lines()
    filed = sum(line.rows for line in lines)
    sentence = f"已归档 {filed:,} 条，{waiting} 个批次待归档（每晚或评价前自动归档）。"
    alone = sum(line.kept_in == KeptIn.ARCHIVE for line in lines)
    if alone:
        sentence += f"{alone} 个信息项只存归档：归档目录须与数据库一样备份。"
    return Finding("列式归档", Health.GOOD, sentence)


def _second_wall(today: date) -> Finding:
    if not (walled := tables_walled()):
        sentence = "SQLite 没有行级安全策略（第二道墙），只有程序内的策略过滤。"
        return Finding("第二道墙", Health.LACKS, sentence)
    if not role_open():
        sentence = (
            f"数据库账号不能改用角色 {ROLE}，所有页面都会失败：请由数据库管理员执行 "
            f"CREATE ROLE {ROLE} NOLOGIN（已有则略过）与 GRANT {ROLE} TO 本账号，见 docs/settings.md。"
        )
        return Finding("第二道墙", Health.BROKEN, sentence)
    sentence = f"数据库行级安全策略守着 {len(walled)} 张表：答复请求时只看得到本人所属组织的行。"
    return Finding("第二道墙", Health.GOOD, sentence)


def _reminders(today: date) -> Finding:
    if not (ways := senders()):
        sentence = "没有设 EMAIL_URL 或 SMS_GATEWAY_URL，新消息只在站内。"
        return Finding("站外提醒", Health.LACKS, sentence)
    return Finding("站外提醒", Health.GOOD, "、".join(CHANNEL_LABELS[way] for way in ways) + "。")


def _traces(today: date) -> Finding:
    if held := tables_held():
        sentence = f"数据库拒绝改、删 {len(held)} 张只增不改的表（审计、查询记录、办理步骤）。"
        return Finding("留痕防改", Health.GOOD, sentence)
    return Finding("留痕防改", Health.LACKS, "SQLite 不拒绝改写，审计只能靠哈希链发现改动。")


def _secrets(today: date) -> Finding:
    if settings.PRODUCTION:
        return Finding("密钥", Health.GOOD, "由环境变量提供。")
    return Finding("密钥", Health.LACKS, "演示环境：密钥自动生成并保存在数据目录，不可用于生产。")


LOOKS: tuple[Callable[[date], Finding], ...] = (
    _broker,
    _outbox,
    _fonts,
    _calendar,
    _register,
    _operators,
    _archive,
    _second_wall,
    _traces,
    _reminders,
    _secrets,
)
