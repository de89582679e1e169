"""The acoustic model: from sound to the log-posteriors of an alphabet's symbols, frame by frame."""
