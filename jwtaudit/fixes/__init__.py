"""Fixes: from a check's repair to bytes on disk.

``edits`` turns a repair into splices of the text; ``choose`` takes those that do not touch one
another; ``apply`` puts them into the bytes; ``writing`` replaces the file. Whether a fix is right
is decided by the engine, which scans the result before anything is offered.
"""
