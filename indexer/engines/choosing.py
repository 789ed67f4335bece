"""Which engine a setting asks for: the embedded one in the data folder, or Elasticsearch at an address.

Called by the wiring of indexer and web; nothing else names an engine's class.
"""

from __future__ import annotations

from city.config import Settings
from indexer.engines.elasticsearch import ElasticsearchEngine
from indexer.engines.protocol import SearchEngine
from indexer.engines.tantivy import TantivyEngine


def engine_for(settings: Settings) -> SearchEngine:
    """Return the engine of LEARNCITY_SEARCH_URL (empty: embedded, in the folder `index` of the data folder)."""
    if not settings.search_url:
        return TantivyEngine(settings.data_dir / "index", settings.system_clock)
    return ElasticsearchEngine(
        settings.search_url,
        settings.system_clock,
        api_key=settings.search_api_key,
        certificate_authority=settings.search_ca,
    )
