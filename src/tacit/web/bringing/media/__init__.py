"""What is made of media when they are brought: whether they decode, how browsers can show them, a first look."""
