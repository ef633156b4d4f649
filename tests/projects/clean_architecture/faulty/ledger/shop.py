from ledger.infrastructure.vouchers import Vouchers

vouchers = Vouchers(key="v0ucher-k3y-0f-the-ledger-in-2024")  # JWT201: high


def sell(number: int) -> str:
    return vouchers.write(number)
