"""Audit events in Chinese: actions, kinds of subject, what an event carries; a code without a word stays a code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils import timezone

from marketplace.domain.account import DUTY_END_LABELS, SUSPENSION_LABELS
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.grant import GRANT_KIND_LABELS
from marketplace.domain.reminder import CHANNEL_LABELS
from marketplace.domain.roles import ORGANISATION_KIND_LABELS, ROLE_LABELS
from marketplace.domain.second_factor import IDENTITY_CHECK_LABELS, RESET_REASON_LABELS
from marketplace.domain.vocabulary import DATA_CLASS_LABELS

NOUNS: Mapping[str, str] = {
    "calendar": "工作日历",
    "account": "企业账户",
    "archive": "列式归档",
    "alias": "主体对照",
    "application": "贷款申请",
    "appointment": "任职申请",
    "authenticator": "动态口令",
    "candidate": "待核对的主体",
    "catalogue": "信息目录",
    "consent": "授权",
    "demand": "融资需求",
    "demo": "演示数据",
    "district": "区划",
    "document": "文件",
    "evaluation": "信用评价",
    "grant": "例外授权",
    "event": "对接会",
    "institution": "机构",
    "lead": "需求线索",
    "membership": "任职",
    "objection": "异议",
    "organisation": "组织",
    "outcome": "贷款结果",
    "parameter": "参数",
    "portrait": "信用画像",
    "product": "产品",
    "quality": "数据质量",
    "records": "信用记录",
    "register": "登记库",
    "reminder": "站外提醒",
    "repair": "信用修复",
    "score_model": "评价模型",
    "thematic": "专题库",
    "token": "单位令牌",
    "user": "账号",
    "whitelist": "白名单",
}
VERBS: Mapping[str, str] = {
    "accept": "受理",
    "add_agent": "添加经办人",
    "admit": "准入",
    "agree": "同意",
    "answer": "答复",
    "apply": "申请",
    "ask": "提出",
    "approve": "批准",
    "ask_dispatch": "请平台派单",
    "ask_supplement": "要求补正",
    "assign": "排座",
    "branch_create": "添加网点",
    "branch_edit": "修改网点",
    "cancel": "取消",
    "change": "修改",
    "check": "核验",
    "choose": "选择机构",
    "close": "终止",
    "close_pool": "抢单结束",
    "complete": "办结",
    "conclude": "办结",
    "confirm": "确认",
    "contact": "登记联系",
    "contact_change": "修改联系人",
    "contact_result": "反馈对接结果",
    "convert": "转为申请",
    "create": "新建",
    "cure": "恢复正常",
    "decline": "未被选择",
    "disburse": "放款",
    "discard": "作废",
    "dispatch": "派单",
    "draft": "起草",
    "edit": "修改要素",
    "enable": "启用",
    "end": "终止",
    "end_agent": "停用经办人",
    "enter": "录入",
    "erase": "删除超期",
    "enter_pool": "进入抢单池",
    "escalate": "督办",
    "expire": "超时关闭",
    "fail": "结束对接",
    "feedback": "批量反馈",
    "finish": "结束面谈",
    "follow_up": "跟踪反馈",
    "freeze": "冻结",
    "generate": "生成",
    "give": "给予",
    "grant": "授予",
    "hold": "开始举行",
    "import": "导入",
    "ingest": "归集",
    "invite": "邀请",
    "issue": "出具",
    "lapse": "逾期未办",
    "leave": "转全量评价",
    "mark_overdue": "登记逾期",
    "note": "备注",
    "offer": "推送机构",
    "overdue": "登记逾期",
    "pass_on": "上报市级",
    "password_change": "修改密码",
    "password_recover": "凭验证码重设密码",
    "password_reset": "重置密码",
    "phone_change": "修改办公电话",
    "publish": "发布",
    "reapply": "重新申请",
    "rearrange": "重新排座",
    "keep_in": "改变存放",
    "rebuild": "重建",
    "recall": "撤下",
    "record": "登记面谈结果",
    "recover": "以恢复码登录",
    "recovery_ask": "请求找回密码的验证码",
    "recovery_close": "关闭自助找回密码",
    "recovery_open": "开通自助找回密码",
    "refuse": "不予通过",
    "reject": "拒绝",
    "rejudge": "复核移出",
    "release": "退回派单",
    "remove": "停用",
    "rename": "更名",
    "renew_codes": "重新生成恢复码",
    "reopen": "启用",
    "reopen_pool": "重新开放抢单",
    "repay": "登记还款",
    "replace": "更换",
    "request_supplement": "要求补充资料",
    "rescore": "单户重评",
    "reset": "重置",
    "restore": "恢复",
    "result": "反馈结果",
    "resume": "继续",
    "return": "退回",
    "review": "审核",
    "revise": "修改",
    "revoke": "撤回",
    "revoke_feedback": "撤回反馈条款",
    "route": "分派网点",
    "rule_add": "添加准入规则",
    "rule_change": "修改准入规则",
    "rule_remove": "删除准入规则",
    "run": "计算",
    "seed": "初始化",
    "set": "设置",
    "settle": "登记结清",
    "sign": "签约",
    "sign_in": "签到",
    "sign_up": "报名",
    "staff_end": "终止任职",
    "staff_move": "调整网点",
    "staff_post": "添加人员",
    "start": "发起",
    "start_due_diligence": "开始尽调",
    "start_matching": "开始对接",
    "stay_away": "不参加",
    "step": "办理",
    "submit": "提交",
    "submit_for_approval": "提交审批",
    "supply": "补充资料",
    "suspend": "暂停",
    "sweep": "巡检",
    "take": "接单",
    "take_over": "接手",
    "token_draw": "领取接口令牌",
    "token_issue": "签发接口令牌",
    "token_revoke": "撤销接口令牌",
    "track": "转入跟踪",
    "update": "修改",
    "upload": "上传",
    "urge": "督办",
    "void": "作废",
    "try": "试算",
    "withdraw": "撤回",
    "write_off": "核销",
}
KEYS: Mapping[str, str] = {
    "accepted": "接收",
    "added": "纳入",
    "admitted": "入选",
    "after_days": "会后天数",
    "application": "申请",
    "approve": "通过",
    "batch": "批次",
    "blocking": "不稳定对数",
    "branch": "网点",
    "changed": "变更",
    "checked": "核实方式",
    "classes": "信息类别",
    "code": "代码",
    "codes": "代码",
    "channel": "方式",
    "codes_left": "剩余恢复码",
    "coming": "参加",
    "content_hash": "内容哈希",
    "cost_bp": "稳定的代价（BP）",
    "count": "数量",
    "covered": "排上的企业",
    "created": "新增",
    "district": "区",
    "duplicates": "重复",
    "effective_from": "生效日期",
    "ended": "移出",
    "ended_by": "终止原因",
    "enterprises": "市场主体",
    "envy": "羡慕数",
    "errors": "错误",
    "evaluated": "评价户数",
    "event": "对接会",
    "feedback": "反馈条款",
    "file_sha256": "文件哈希",
    "follow_ups": "跟踪",
    "former": "原名称",
    "former_code": "原机构代码",
    "holder": "被授权人",
    "institution": "机构",
    "issue_no": "期号",
    "item": "信息项",
    "items": "信息项数",
    "kind": "类型",
    "left": "未对接",
    "lender": "机构",
    "lists": "专题库数",
    "meetings": "面谈",
    "method": "排法",
    "missed": "未得的志愿",
    "model": "模型",
    "month": "月份",
    "months": "月数",
    "needs": "报名的企业",
    "number": "编号",
    "organisation": "组织",
    "outcome": "结论",
    "posting": "任职",
    "purpose": "用途",
    "read": "读取",
    "reason": "原因",
    "record": "记录",
    "refused": "未入选",
    "refused_because": "前次未通过的原因",
    "rejected": "拒绝",
    "restored": "恢复",
    "result": "结果",
    "role": "角色",
    "row": "行号",
    "rule": "规则",
    "seed": "随机种子",
    "segments": "文件数",
    "seq": "序号",
    "skipped": "略过",
    "source": "来源",
    "state": "状态",
    "status": "落实情况",
    "stayed": "不变",
    "subject": "对象",
    "suspended": "移出",
    "text_sha256": "授权书哈希",
    "token": "令牌",
    "unit": "来源单位",
    "units": "来源单位数",
    "unmet": "未排上",
    "utility": "匹配度之和",
    "valid_until": "有效期至",
    "value": "取值",
    "version": "版本",
    "waiting": "待核对",
}
_STATES: Mapping[str, str] = {
    "ACCEPTED": "已受理",
    "ACTIVE": "有效",
    "APPLICATION": "申请办结",
    "APPROVED": "已授信",
    "CHECKED": "已核验",
    "CITY_REVIEW": "市级复审",
    "CLOSED": "已关闭",
    "COMPLETED": "已完成",
    "CONCLUDED": "已办结",
    "CONVERTED": "已提交申请",
    "CORRECTED": "已更正",
    "DECLINED": "未被选择",
    "DISBURSED": "已放款",
    "DISPATCHED": "已派单",
    "DISTRICT_CHECK": "区级初审",
    "DRAFT": "草稿",
    "DUE_DILIGENCE": "尽调中",
    "ENTERPRISE": "企业",
    "EXPIRED": "已到期",
    "FOLLOWING_UP": "持续跟进",
    "FUNDED_ELSEWHERE": "已获他行授信",
    "INVITED": "待企业授权",
    "IN_APPROVAL": "审批中",
    "IN_CONTACT": "对接中",
    "IN_POOL": "抢单中",
    "LAPSED": "已超时",
    "MARKED": "已标注",
    "MATCHING": "对接中",
    "NO_NEED": "企业暂无融资需求",
    "OFFERED": "待接单",
    "OPEN": "处理中",
    "OVERDUE": "逾期",
    "PENDING": "待审核",
    "PENDING_ACCEPT": "待受理",
    "PENDING_APPROVAL": "待复核",
    "PENDING_REVIEW": "待复核",
    "PUBLISHED": "已发布",
    "RECALLED": "已撤下",
    "REFUSED": "未通过",
    "REJECTED": "已拒绝",
    "REPAIRED": "已修复",
    "REPAYING": "还款中",
    "RETURNED": "已退回",
    "RUNNING": "计算中",
    "SETTLED": "已结清",
    "SIGNED": "已签约",
    "SUBMITTED": "已提交",
    "SUPPLEMENT": "补充资料",
    "SUSPENDED": "已中止",
    "TO_DISPATCH": "待派单",
    "UNCONFIRMED": "无法确认",
    "UNIT_OPINION": "认定单位意见",
    "UNREACHABLE": "未接通",
    "UNSUCCESSFUL": "未成功",
    "UPHELD": "维持",
    "VERIFIED": "已核验",
    "WILL_APPLY": "有意向",
    "WITHDRAWN": "已撤回",
    "WRITTEN_OFF": "已核销",
}
_VALUES: Mapping[str, str] = {
    **_STATES,
    **{str(code): words for code, words in GRANT_KIND_LABELS.items()},
    **{str(code): words for code, words in ROLE_LABELS.items()},
    **{str(code): words for code, words in ORGANISATION_KIND_LABELS.items()},
    **{str(code): words for code, words in RESET_REASON_LABELS.items()},
    **{str(code): words for code, words in SUSPENSION_LABELS.items()},
    **{str(code): words for code, words in DUTY_END_LABELS.items()},
    **{str(code): words for code, words in IDENTITY_CHECK_LABELS.items()},
}
_VALUES_OF_KEY: Mapping[str, Mapping[str, str]] = {
    "channel": {str(code): words for code, words in CHANNEL_LABELS.items()},
    "district": {str(code): words for code, words in DISTRICT_LABELS.items()},
    "classes": {str(code): words for code, words in DATA_CLASS_LABELS.items()},
    "codes": {str(code): words for code, words in DISTRICT_LABELS.items()},
}


_STREAMS: Mapping[str, str] = {
    "demo": "演示数据",
    "enterprise": "企业",
    "institution": "机构",
    "system": "平台",
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*[+-]\d\d:\d\d")


def nouns_of(words: str) -> tuple[str, ...]:
    """Return the codes of the things whose name holds the words; none for no words.

    >>> nouns_of("授权")
    ('consent', 'grant')
    """
    return tuple(code for code, name in NOUNS.items() if words and words in name)


def stream_words(stream: str) -> str:
    """Return whose chain a stream is, in words.

    >>> stream_words("institution:B001"), stream_words("system")
    ('机构 B001', '平台')
    """
    kind, _, code = stream.partition(":")
    return " ".join(filter(None, [_STREAMS.get(kind, kind), code]))


def action_words(action: str) -> str:
    """Return a dotted action in words.

    >>> action_words("matching.whitelist.publish")
    '白名单·发布'
    """
    _, noun, verb = ["", "", *action.split(".")][-3:]
    return "·".join(filter(None, [NOUNS.get(noun, noun), VERBS.get(verb, verb)]))


def kind_words(kind: str) -> str:
    """Return what kind of thing an event is about: the name of its model; the demonstration has none."""
    found = (model for model in apps.get_models() if model.__name__ == kind)
    return next((str(model._meta.verbose_name) for model in found), NOUNS.get(kind.lower(), kind))


def payload_words(payload: Mapping[str, Any]) -> str:
    """Return what an event carries, keys and codes in words; hashes are cut, empty values left out.

    >>> payload_words({"district": "120103", "admitted": 3, "file_sha256": ""})
    '区：河西区；入选：3'
    """
    told = ((KEYS.get(key, key), _value(key, value)) for key, value in payload.items())
    return "；".join(f"{key}：{value}" for key, value in told if value)


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | tuple):
        return "、".join(_value(key, inner) for inner in value)
    text = "" if value is None else str(value)
    if key.endswith(("hash", "sha256")):
        return f"{text[:12]}…" if text else ""
    if _MOMENT.fullmatch(text):
        return f"{timezone.localtime(datetime.fromisoformat(text)):%Y-%m-%d %H:%M}"
    return _VALUES_OF_KEY.get(key, _VALUES).get(text, text)
