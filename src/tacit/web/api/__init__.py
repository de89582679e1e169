"""The calls of programs and of the judging page: JSON in, JSON out."""
