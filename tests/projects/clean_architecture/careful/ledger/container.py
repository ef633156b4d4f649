import os

from dependency_injector import containers, providers

from ledger.application.login import Login
from ledger.infrastructure.passes import SignedPasses


class Container(containers.DeclarativeContainer):
    passes = providers.Singleton(
        SignedPasses,
        secret=os.environ["LEDGER_KEY"],
        algorithm="HS256",
    )
    login = providers.Factory(Login, passes=passes)
