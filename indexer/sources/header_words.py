"""Words that head the columns of real tables, in Chinese and English, and the field each most likely is.

Owns: the table and how a header is compared with it. What a column's cells then say decides in `guessing`.
"""

from __future__ import annotations

import re

from city.analysis import fold

HEADER_WORDS: dict[str, str] = {
    "title": "课程名称|课程名|课程|活动名称|活动|名称|题目|标题|项目名称|班级名称|讲座名称|title|course name"
    "|course title|class name|event name|event title|name|course|event|class|workshop",
    "summary": "摘要|一句话介绍|summary|abstract|subtitle",
    "description": "简介|课程简介|课程介绍|活动简介|内容简介|课程内容|活动内容|教学内容|介绍|内容|详情|description"
    "|course description|event description|about|details|content",
    "date": "日期|上课日期|活动日期|时间|上课时间|开课时间|活动时间|课程时间|排课|date|dates|day|time|when|class time"
    "|schedule|date and time",
    "from": "开始日期|起始日期|开课日期|开班日期|开学日期|起始时间|start date|starts on|begin|begins|from|first day",
    "to": "结束日期|结课日期|终止日期|截止日期|结束时间段|end date|ends on|until|to|last day",
    "weekdays": "星期|周几|上课星期|星期几|weekday|weekdays|day of week|days of week|days",
    "times": "课次|次数|总次数|sessions|number of sessions|meetings",
    "except": "停课日|停课|除外|no class|except|except on",
    "starts": "开始时间|上课开始|起始时刻|start|start time|starts|starts at|begin time",
    "ends": "结束时间|下课时间|end|end time|ends|ends at|finish",
    "hours": "时段|时间段|具体时间|hours|time slot",
    "venue": "地点|上课地点|活动地点|授课地点|教学点|场馆|场地|校区|上课场地|venue|location|place|where|campus|room",
    "address": "地址|详细地址|具体地址|address|street address",
    "latitude": "纬度|lat|latitude",
    "longitude": "经度|lng|lon|longitude",
    "price": "价格|费用|收费|收费标准|学费|票价|price|fee|fees|cost|tuition",
    "seats": "人数|名额|招生人数|计划人数|班级人数|限额|容量|人数上限|seats|capacity|places|max participants",
    "topics": "类别|分类|课程分类|课程类别|活动类别|专业|学科|主题|category|categories|topic|topics|subject|theme",
    "level": "难度|级别|程度|level|difficulty|difficulty level",
    "audiences": "对象|招生对象|适合人群|面向人群|audience|audiences|who for",
    "age_min": "最小年龄|年龄下限|min age|age from|minimum age",
    "age_max": "最大年龄|年龄上限|max age|age to|maximum age",
    "contact": "联系电话|联系方式|咨询电话|电话|联系人|contact|phone|email|enquiries",
    "web_address": "链接|网址|课程链接|报名链接|活动链接|url|link|website|web page|course url",
    "bring": "携带物品|自备材料|自备|what to bring|bring",
    "source_id": "编号|课程编号|活动编号|课程代码|id|code|course id|course code",
    "languages": "授课语言|语言|language|languages",
    "note": "主办|主办单位|承办单位|开课单位|开课院校|学校|机构|provider|organiser|organizer|university|institution"
    "|school|教师|老师|授课教师|主讲|主讲人|讲师|teacher|instructor|lecturer|speaker|学时|课时|总课时|周数|课程时长|时长|课程负载"
    "|负载|duration|weeks|load|workload|effort|length|内容类型|形式|参加人数|报名人数|选课人数|participants|enrolled"
    "|skills|备注|说明|remarks|remark|notes|note|prerequisites",
}
FIELD_OF = {word: field for field, words in HEADER_WORDS.items() for word in words.split("|")}
LONGEST_FIRST = sorted((word for word in FIELD_OF if len(word) >= 2 and not word.isascii()), key=len, reverse=True)
BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]|[*:：_]")


def field_for(header: str) -> tuple[str, bool]:
    """Return the field a header most likely names and whether it is one of our words exactly; ("", False) if none."""
    plain = " ".join(BRACKETS.sub(" ", fold(header)).split())
    if (found := FIELD_OF.get(plain) or FIELD_OF.get(plain.replace(" ", ""))) is not None:
        return found, True
    part = next((word for word in LONGEST_FIRST if plain.endswith(word)), "") or next(
        (word for word in LONGEST_FIRST if word in plain), ""
    )
    return (FIELD_OF[part], False) if part else (_by_english_word(plain), False)


def _by_english_word(plain: str) -> str:
    """Return the field of the last word, or the last two, of an English header: "Evening course fee" is a price."""
    words = plain.split()
    for length in (2, 1):
        if (found := FIELD_OF.get(" ".join(words[-length:]))) is not None and len(words) > length:
            return found
    return ""
