"""Many labelers → one: what they agree on, and how far each can be trusted."""
