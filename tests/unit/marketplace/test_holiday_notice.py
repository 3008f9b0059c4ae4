from datetime import date, timedelta

import chinese_calendar
import pytest

from marketplace.domain.errors import Refused
from marketplace.domain.holiday_notice import notice_days, year_days

NOTICE_2025 = """
一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作。
"""
NOTICE_2024 = """
一、元旦：1月1日放假，与周末连休。
二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息。
三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。
四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
五、端午节：6月10日放假，与周末连休。
六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。
"""
NOTICE_2023 = """
一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。
二、春节：1月21日至27日放假调休，共7天。1月28日（星期六）、1月29日（星期日）上班。
三、清明节：4月5日放假，共1天。
四、劳动节：4月29日至5月3日放假调休，共5天。4月23日（星期日）、5月6日（星期六）上班。
五、端午节：6月22日至24日放假调休，共3天。6月25日（星期日）上班。
六、中秋节、国庆节：9月29日至10月6日放假调休，共8天。10月7日（星期六）、10月8日（星期日）上班。
"""


def days_of(year):
    first = date(year, 1, 1)
    return [d for n in range(366) if (d := first + timedelta(days=n)).year == year]


class TestNoticeDays:
    @pytest.mark.parametrize(
        ("year", "text"), [(2025, NOTICE_2025), (2024, NOTICE_2024), (2023, NOTICE_2023)]
    )
    def test_of_a_published_year_make_the_published_calendar(self, year, text):
        whole = year_days(notice_days(text, year), year)

        wrong = [
            d for d in days_of(year) if whole[d].is_working is not chinese_calendar.is_workday(d)
        ]
        assert wrong == []

    def test_leave_a_day_alone_that_is_only_recommended(self):
        assert date(2024, 2, 9) not in notice_days(NOTICE_2024, 2024)

    def test_may_begin_in_the_year_before(self):
        found = notice_days(NOTICE_2023, 2023)

        assert found[date(2022, 12, 31)].is_working is False

    def test_are_named_after_their_holiday(self):
        found = notice_days(NOTICE_2025, 2025)

        assert found[date(2025, 4, 6)].note == "清明节"
        assert found[date(2025, 4, 27)].note == "劳动节调休"

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            (("4月4日（周五）至6日", "4月31日至6日"), "NOTICE_UNREADABLE"),
            (("4月4日（周五）至6日", "4月6日至4日"), "NOTICE_UNREADABLE"),
            (("4月27日（周日）上班", "4月28日（周一）上班"), "NOTICE_UNREADABLE"),
            (("放假，共3天", "另行通知"), "NOTICE_UNREADABLE"),
            (("1月1日（周三）放假1天，不调休。", ""), "NOTICE_INCOMPLETE"),
        ],
    )
    def test_are_refused_where_the_text_is_not_understood(self, wrong, code):
        with pytest.raises(Refused, match=code):
            notice_days(NOTICE_2025.replace(*wrong), 2025)

    def test_are_refused_for_another_year(self):
        with pytest.raises(Refused, match="NOTICE_UNREADABLE"):
            notice_days(NOTICE_2025, 2027)

    @pytest.mark.parametrize("text", ["", "无", "x" * 3000, "（" * 2000, "1" * 4000 + "日"])
    def test_are_refused_for_anything_else(self, text):
        with pytest.raises(Refused, match="NOTICE_"):
            notice_days(text, 2025)
