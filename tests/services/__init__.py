"""The real parts that tests use: Elasticsearch, PostgreSQL and Chromium, started on loopback for one run."""
