"""The parts of ``docs/`` that are written from the code itself, so that they cannot say anything else.

A document keeps a place for each part between the comments ``<!-- generated: NAME -->`` and
``<!-- end generated -->``; `book` fills the places, ``manage.py docs`` writes the files, and a test compares them.
"""
