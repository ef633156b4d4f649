import enum


class Kind(enum.Enum):
    ACCESS = "access"
    REFRESH = "refresh"
