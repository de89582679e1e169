"""Training language models."""
