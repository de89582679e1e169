"""Recordings in: sound from any file, manifests of who said what, and transcripts with times."""
