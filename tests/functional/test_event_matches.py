"""The way of one event, page by page: invited, signed up, seated, held, an intention that asks the enterprise."""

from __future__ import annotations

import io

from openpyxl import load_workbook

from matching.models import EventInvitation, EventMeeting, LoanApplication, MatchmakingEvent
from tests.factories.leads import make_offers
from tests.factories.matching import make_demand
from tests.functional.browser import Person

NEW = {
    "title": "河西区示例对接会",
    "venue": "示例会议中心",
    "starts_at": "2026-11-25T09:30",
    "sign_up_until": "2026-11-24T18:00",
    "slots": "3",
    "slot_minutes": "20",
    "most_meetings": "2",
}


class TestEventMatches:
    def test_from_invitation_to_the_last_follow_up(self, market, days):
        cast = market.cast
        make_offers(cast)
        make_demand(cast)
        event = is_prepared_and_published(Person(cast.district_clerk))
        everybody_signs_up(cast, event)
        is_seated(cast, event)
        is_held(cast, event, days)
        is_followed_up(cast, event, days)


def is_prepared_and_published(clerk: Person) -> MatchmakingEvent:
    """Wrong dates are said at their field; both sides are invited; the second invitation finds nobody new."""
    form = clerk.goes("matching:event-list").clicks("筹备对接会")
    wrong = form.submits("建立", 422, **NEW | {"sign_up_until": "2026-11-26T18:00"})
    assert "报名截止应" in wrong.fault("sign_up_until")
    page = form.submits("建立", **NEW)
    assert page.state == "筹备"
    page.submits("邀请", whom="NEEDS").says("新邀请1家。")
    page.submits("邀请", whom="LENDERS").says("新邀请2家。")
    page.submits("邀请", whom="LENDERS").says("没有尚未邀请的对象。")
    assert clerk.opens(page.path).submits("发布报名").state == "报名"
    return MatchmakingEvent.objects.get()


def everybody_signs_up(cast, event: MatchmakingEvent) -> None:
    """An enterprise brings a need and a wish; institutions bring tables and see no name."""
    desk = EventInvitation.objects.get(event=event, institution=cast.institution)
    page = Person(cast.owner).goes("matching:event-invitations").clicks(event.title)
    need = cast.enterprise.demands.get()
    signed = page.submits("提交报名", demand=str(need.public_id), wish_1=str(desk.public_id))
    assert signed.state == "已报名"
    for officer in (cast.officer, cast.rival_officer):
        page = Person(officer).goes("matching:event-invitations").clicks(event.title)
        page.hides(cast.enterprise.name, cast.enterprise.uscc)
        page.submits("提交报名", tables="1").says("报名已提交")


def is_seated(cast, event: MatchmakingEvent) -> None:
    """Both ways are compared; a lead confirms; now both sides see each other, a stranger nothing."""
    clerk, lead = Person(cast.district_clerk), Person(cast.district_lead)
    plan = clerk.goes("matching:event-plan", event.public_id)
    assert plan.row("匹配度最优")["面谈场数"] == plan.row("稳定对接")["面谈场数"] == "2"
    plan.submits("采用匹配度最优").says(cast.enterprise.name, "企业第1志愿（200分）")
    assert not clerk.goes("matching:event-detail", event.public_id).offers("确认排座")
    lead.goes("matching:event-detail", event.public_id).submits("确认排座").says("排座已确认")
    guest = Person(cast.owner).goes("matching:event-invitations").clicks(event.title)
    guest.says("第1时段09:30–09:50", "第2时段")
    Person(cast.officer).goes("matching:event-invitations").clicks(event.title).says(
        cast.enterprise.name
    )
    key = EventInvitation.objects.get(event=event, enterprise=cast.enterprise).public_id
    stranger, neighbour = Person(cast.rival_owner), Person(cast.other_district_clerk)
    stranger.goes("matching:event-invitations").hides(event.title)
    stranger.goes("matching:event-invitation", key, status=404)
    neighbour.goes("matching:event-list").hides(event.title)
    neighbour.goes("matching:event-detail", event.public_id, status=404)


def is_held(cast, event: MatchmakingEvent, days) -> None:
    """Not before its day; guests sign in; an intention asks the enterprise before anything else."""
    clerk, officer = Person(cast.district_clerk), Person(cast.officer)
    clerk.goes("matching:event-list")
    assert clerk.tries(f"/district/events/{event.public_id}/hold/") == 409
    days.later(days=2)
    page = clerk.goes("matching:event-detail", event.public_id).submits("开始举行")
    page.submits(cast.enterprise.name).says("已签到")
    Person(cast.officer).goes("matching:event-invitations").clicks(event.title).submits("签到")
    meetings = {
        row.desk.invitation.institution: row
        for row in EventMeeting.objects.select_related("desk__invitation__institution")
    }
    form = officer.goes("matching:event-meeting", meetings[cast.institution].public_id)
    form.submits("登记", 422, outcome="INTENDED")
    form.submits("登记", outcome="INTENDED", amount_yuan="30").says("已转为融资线索", "待企业授权")
    rival = Person(cast.rival_officer)
    rival.goes("matching:event-invitations")
    rival.goes("matching:event-meeting", meetings[cast.institution].public_id, status=404)
    form = rival.goes("matching:event-meeting", meetings[cast.rival_institution].public_id)
    form.submits("登记", outcome="NO_INTENT")
    assert not LoanApplication.objects.exists()
    need = cast.enterprise.demands.get()
    Person(cast.owner).goes("matching:need-detail", need.public_id).says(
        "对接会", "查看授权内容并申请"
    )


def is_followed_up(cast, event: MatchmakingEvent, days) -> None:
    """Three looks at the intention; the end of it ends the later ones; then the event is closed."""
    clerk, officer, lead = (
        Person(user) for user in (cast.district_clerk, cast.officer, cast.district_lead)
    )
    page = clerk.goes("matching:event-detail", event.public_id).submits("结束面谈")
    page.submits("转入跟踪").says("已转入跟踪")
    lead.goes("matching:event-list")
    assert lead.tries(f"/district/events/{event.public_id}/complete/") == 409
    days.later(days=30)
    desk = officer.goes("matching:event-invitations").clicks(event.title)
    look = desk.says("意向跟踪").clicks(cast.enterprise.name)
    look.submits("反馈", status="DISBURSED").says("落实情况已反馈")
    clerk.goes("matching:event-results", event.public_id).says("已放款")
    assert lead.goes("matching:event-detail", event.public_id).submits("办结").state == "已办结"
    book = workbook(lead, event)
    assert book.sheetnames == ["排座", "未得到面谈", "面谈结果", "跟踪"]
    assert book["面谈结果"].max_row >= 4


def workbook(person: Person, event: MatchmakingEvent):
    page = person.opens(f"/district/events/{event.public_id}.xlsx")
    return load_workbook(io.BytesIO(page.content))
