"""The catalogue for machines at `/api/v1/`: reading only, no cookies, described by OpenAPI 3.1."""
