from ledger.domain.ports import PassIssuer


class Login:
    def __init__(self, passes: PassIssuer, members):
        self._passes = passes
        self._members = members

    def execute(self, name: str, password: str) -> str:
        member = self._members.check(name, password)
        return self._passes.issue(str(member.id), seconds=900)
