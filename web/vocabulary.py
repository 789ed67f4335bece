"""The words of every controlled list in both languages: kinds, audiences, access features, venue types and the rest.

Owns: one table a list, value → {language: words}; a test compares each with the model. Pure data, needs no request.
"""

from __future__ import annotations

from collections.abc import Mapping

Table = Mapping[str, Mapping[str, str]]


def _table(**rows: tuple[str, str]) -> Table:
    return {key: {"zh": zh, "en": en} for key, (zh, en) in rows.items()}


KINDS = _table(
    course=("课程", "Course"),
    event=("活动", "Event"),
    route=("学习路线", "Route"),
    night_school=("夜校", "Night school"),
)
KINDS_TOGETHER = _table(
    course=("课程", "Courses"),
    event=("活动", "Events"),
    route=("学习路线", "Routes"),
    night_school=("夜校", "Night schools"),
)
AUDIENCES = _table(
    everyone=("谁都可以来", "Everyone"),
    children=("孩子", "Children"),
    adolescents=("青少年", "Teenagers"),
    parents_with_children=("带孩子", "Parents with children"),
    new_employment_workers=("骑手、司机等新就业的人", "Couriers, drivers and other gig workers"),
    migrant_workers=("外来务工的人", "Migrant workers"),
    jobseekers=("找工作的人", "Jobseekers"),
    older_people=("长辈", "Older people"),
)
DAYPARTS = _table(morning=("上午", "Morning"), afternoon=("下午", "Afternoon"), evening=("晚上", "Evening"))
ATTENDANCE = _table(
    in_person=("到现场", "In person"), online=("在线上", "Online"), mixed=("现场和线上都行", "In person or online")
)
ACCESS = _table(
    lift=("有电梯", "Lift"),
    ground_floor=("一楼，不用爬楼", "Ground floor"),
    step_free=("没有台阶", "Step-free"),
    accessible_toilet=("有无障碍厕所", "Accessible toilet"),
    toilet=("有厕所", "Toilet"),
    seats=("有座椅", "Places to sit"),
    hearing_loop=("有助听线圈", "Hearing loop"),
    parking=("能停车", "Parking"),
    quiet_room=("有安静的房间", "Quiet room"),
    shelter=("能避雨", "Shelter from rain"),
    water=("有饮水", "Drinking water"),
)
VENUE_TYPES = _table(
    library=("图书馆", "Library"),
    book_room=("城市书房", "Book room"),
    cultural_centre=("文化馆", "Cultural centre"),
    museum=("博物馆", "Museum"),
    community_centre=("社区学习站", "Community centre"),
    elder_university=("长者大学", "University for older people"),
    night_school_campus=("夜校校区", "Night school campus"),
    vocational_school=("职业学校", "Vocational school"),
    park=("公园", "Park"),
    theatre=("剧场", "Theatre"),
    health_centre=("健康中心", "Health centre"),
    village_hall=("乡村礼堂", "Village hall"),
    other=("学习的地方", "Place to learn"),
)
LEVELS = _table(
    beginner=("从头学起", "Beginners"),
    intermediate=("学过一点的", "Some experience"),
    advanced=("学得深的", "Advanced"),
    talk=("讲座", "Talk"),
    workshop=("动手做", "Workshop"),
    exhibition=("展览", "Exhibition"),
    performance=("演出", "Performance"),
    reading_group=("读书会", "Reading group"),
    screening=("放映", "Screening"),
    story_time=("故事会", "Story time"),
    storytime=("故事会", "Story time"),
    reading=("共读", "Reading together"),
    exhibition_tour=("导览", "Guided tour"),
    concert=("音乐会", "Concert"),
    demonstration=("现场演示", "Demonstration"),
    club=("小组活动", "Club"),
    game=("玩一玩", "Game"),
    fair=("市集", "Fair"),
    open_day=("开放日", "Open day"),
)
AREA_LEVELS = _table(
    city=("市", "City"), district=("区", "District"), street=("街道", "Street"), community=("社区", "Community")
)
WEEKDAYS: tuple[Mapping[str, str], ...] = (
    {"zh": "星期一", "en": "Monday"},
    {"zh": "星期二", "en": "Tuesday"},
    {"zh": "星期三", "en": "Wednesday"},
    {"zh": "星期四", "en": "Thursday"},
    {"zh": "星期五", "en": "Friday"},
    {"zh": "星期六", "en": "Saturday"},
    {"zh": "星期日", "en": "Sunday"},
)
LANGUAGES: Table = {
    "zh-Hans": {"zh": "普通话", "en": "Mandarin"},
    "zh-Hant": {"zh": "中文（繁体）", "en": "Chinese (traditional script)"},
    "zh": {"zh": "中文", "en": "Chinese"},
    "yue": {"zh": "粤语", "en": "Cantonese"},
    "wuu": {"zh": "吴语", "en": "Wu Chinese"},
    "en": {"zh": "英语", "en": "English"},
    "ja": {"zh": "日语", "en": "Japanese"},
    "csl": {"zh": "手语", "en": "Chinese Sign Language"},
}


def word(table: Table, key: str, language: str) -> str:
    """Return the words for a value of a list; a value the table does not know is shown as it is, without underlines."""
    row = table.get(key)
    return row[language] if row else key.replace("_", " ")
