"""Files as they arrive: a form that streams in, what a file is, whether media decode, archives, tables row by row."""
