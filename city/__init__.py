"""The ground floor: the catalogue's truth and its rules; knows no web framework, no engine, no model."""
