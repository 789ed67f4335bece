"""Words people use for what a filter says: when, for whom, of which kind, how. Data, with no rule in it.

Owns: WORDS, by field and value. `indexer.document` adds them to a document, so that "周六晚上 书法" and "free saturday
class" find what the filters would find.
"""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "weekday": {
        "0": "周一 星期一 礼拜一 monday",
        "1": "周二 星期二 礼拜二 tuesday",
        "2": "周三 星期三 礼拜三 wednesday",
        "3": "周四 星期四 礼拜四 thursday",
        "4": "周五 星期五 礼拜五 friday",
        "5": "周六 星期六 礼拜六 周末 saturday weekend",
        "6": "周日 星期日 星期天 礼拜天 周末 sunday weekend",
    },
    "daypart": {
        "morning": "上午 早上 早晨 morning",
        "afternoon": "下午 afternoon",
        "evening": "晚上 晚间 夜间 傍晚 evening night",
    },
    "kind": {
        "course": "课程 course class",
        "event": "活动 event",
        "route": "路线 步行 漫步 route walk",
        "night_school": "夜校 夜课 night school evening class",
    },
    "audience": {
        "children": "儿童 孩子 少儿 小朋友 children kids",
        "adolescents": "青少年 青年 teenagers adolescents youth",
        "parents_with_children": "亲子 家长 parents family children",
        "new_employment_workers": "骑手 快递员 外卖员 网约车 司机 couriers riders drivers",
        "migrant_workers": "务工 农民工 migrant workers",
        "jobseekers": "求职 待业 jobseekers",
        "older_people": "老年 老人 长者 seniors elders older",
    },
    "attendance": {"online": "线上 在线 网上 网课 online", "mixed": "线上 在线 网上 online"},
    "is_free": {"true": "免费 free"},
    "always_open": {"true": "随时 anytime"},
}
