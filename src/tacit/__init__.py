"""tacit learns what people can judge but cannot specify, and shows how well it learned it."""

__version__ = "0.1.0"
