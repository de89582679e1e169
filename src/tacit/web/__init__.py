"""The judging server: pages, API, assignment, security, static files."""
