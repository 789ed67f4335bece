"""What `learncity doctor` asks of the recommender: is there a sound artefact, and is it of this month?"""

from datetime import datetime, timedelta

from city.checks import CheckResult
from city.config import Settings
from city.errors import ArtefactRefused
from recommender.artefact import ArtefactStore
from recommender.laying import load_model

NAME, REMEDY = "artefact", "learncity train"
OLDEST = timedelta(days=30)


def check(settings: Settings) -> list[CheckResult]:
    """Load the artefact as serving would, with hashes, shapes and smoke queries."""
    try:
        model = load_model(ArtefactStore(settings.data_dir))
    except ArtefactRefused as refused:
        return [CheckResult(NAME, False, str(refused), REMEDY)]
    if model.refusals:
        return [CheckResult(NAME, False, f"{model.refusals[0]} {model.version} is used instead.", REMEDY)]
    age = settings.catalogue_clock.now() - datetime.fromisoformat(str(model.manifest["trained_at"]))
    if age > OLDEST:
        return [CheckResult(NAME, False, f"Model {model.version} was trained {age.days} days ago.", REMEDY)]
    return [CheckResult(NAME, True, f"Model {model.version} is sound.")]
