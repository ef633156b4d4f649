"""The program: facts of many files, joined."""

from jwtaudit.program.project import Project, Site, deep, event_values

__all__ = ["Project", "Site", "deep", "event_values"]
