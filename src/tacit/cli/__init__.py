"""The command line: a file a verb. `tacit.cli.main` finds the verb and loads its file when it is used."""
