import os

from dishka import Provider, Scope, provide

from ledger.infrastructure.receipts import Receipts
from ledger.infrastructure.settings import ReceiptSettings


class Providers(Provider):
    receipts = provide(Receipts, scope=Scope.APP)

    @provide(scope=Scope.APP)
    def settings(self) -> ReceiptSettings:
        return ReceiptSettings(secret=os.environ["RECEIPT_KEY"])
