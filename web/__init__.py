"""The site: pages for citizens, the elder view and the API; the only importer of Flask."""
