"""The demonstration city: plainly fictional enterprises, lenders and a year of their dealings, made by the services.

Everything is a function of the seed: the same seed gives the same city. Nobody here is real; names carry the word
"示例" (example), codes have valid check digits and an organisation number no office gives out.
"""
