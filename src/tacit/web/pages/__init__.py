"""The pages with which a labelling lead works: written by the server, usable without script."""
