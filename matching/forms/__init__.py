"""Forms of the app, one module per part: they validate, services write."""
