"""The database of a project: its tables, its history, and all statements."""
