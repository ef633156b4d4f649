from abc import ABC, abstractmethod


class PassIssuer(ABC):
    @abstractmethod
    def issue(self, subject: str, seconds: int | None = None) -> str: ...

    @abstractmethod
    def open(self, text: str) -> dict: ...
