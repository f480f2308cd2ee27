"""What the payment provider took and gave back."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.system.backstage import Provider

TAKES = frozenset({"needs_response", "under_review", "lost"})
"""The states of a dispute in which it has the money."""


@dataclass(frozen=True)
class Flow:
    """What the provider took for a payment of ours and gave back, in minor units. More than one intent is a fault.

    `refunds` are those that succeeded, by the id that we gave them; `disputed` is what a dispute has, or took.
    """

    captured: int
    refunds: Mapping[str, Sequence[int]]
    intents: int
    disputed: int = 0

    @property
    def refunded(self) -> int:
        """All that went back by refunds."""
        return sum(sum(amounts) for amounts in self.refunds.values())

    @property
    def kept(self) -> int:
        """What is still there."""
        return self.captured - self.refunded - self.disputed


async def flows_of(provider: Provider) -> dict[str, Flow]:
    """What the provider did for each payment of ours."""
    of_intent = {
        intent["id"]: intent["metadata"]["payment_id"]
        for intent in await provider.everything("payment_intents")
        if "payment_id" in intent["metadata"]
    }
    intents = Counter(of_intent.values())
    captured, disputed = Counter[str](), Counter[str]()
    given: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for each in await provider.everything("charges"):
        if each["status"] == "succeeded" and each["payment_intent"] in of_intent:
            captured[of_intent[each["payment_intent"]]] += each["amount_captured"]
    for each in await provider.everything("refunds"):
        if each["status"] == "succeeded" and each["payment_intent"] in of_intent:
            refund_id = each["metadata"].get("refund_id", each["id"])
            given[of_intent[each["payment_intent"]]][refund_id].append(each["amount"])
    for each in await provider.everything("disputes"):
        if each["status"] in TAKES and each["payment_intent"] in of_intent:
            disputed[of_intent[each["payment_intent"]]] += each["amount"]
    return {each: Flow(captured[each], given.get(each, {}), intents[each], disputed[each]) for each in intents}
