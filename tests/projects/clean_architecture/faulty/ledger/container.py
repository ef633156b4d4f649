from dependency_injector import containers, providers

from ledger.application.login import Login
from ledger.infrastructure.passes import SignedPasses


class Container(containers.DeclarativeContainer):
    passes = providers.Singleton(
        SignedPasses,
        secret="Tr4nsfer-l3dger-k3y-0f-2024-xyzzy",  # JWT201: high
        algorithm="HS256",
    )
    login = providers.Factory(Login, passes=passes)
