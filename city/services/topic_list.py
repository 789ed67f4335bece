"""The controlled list of topics comes into the catalogue; what is there stays as whoever runs the city has left it.

Owns: which topics are missing. Called by `learncity init` and the sample.
"""

from __future__ import annotations

from city.localised import LocalisedText
from city.model import Topic
from city.services.permissions import Actor, Operation, require
from city.store.database import Database
from city.topic_entries import TopicEntry, read_topic_list


def lay_topic_list(database: Database, actor: Actor) -> int:
    """Add the topics that are missing; return how many were."""
    require(actor, Operation.CHANGE_TOPICS)
    entries = sorted(read_topic_list(), key=lambda entry: bool(entry.parent))
    with database.writing() as work:
        present = {topic.id for topic in work.topics.all()}
        missing = [entry for entry in entries if entry.slug not in present]
        for entry in missing:
            work.topics.add(_topic(entry))
            work.flush()  # a parent stands before its children point to it
        work.commit()
    return len(missing)


def _topic(entry: TopicEntry) -> Topic:
    return Topic(
        id=entry.slug,
        parent_id=entry.parent or None,
        name=LocalisedText(entry.name),
        synonyms={tag: list(words) for tag, words in entry.synonyms.items()},
    )
