"""The pages of one project: its items, judges, instructions and rules, how good the answers are, and what comes out."""
