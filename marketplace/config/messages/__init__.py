"""The English catalogue: which texts it must hold, and how it is read, written and compiled."""
