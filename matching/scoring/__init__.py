"""Indicators and scores of all enterprises at once, from the declarations the portrait of one is made of."""
