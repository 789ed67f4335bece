"""The only SQL: databases, units of work, repositories, migrations."""
