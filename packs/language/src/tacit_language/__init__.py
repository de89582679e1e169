"""Language models for tacit: train them, sample from them, and improve them from what people prefer."""
