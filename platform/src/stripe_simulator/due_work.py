"""What happens by itself: at its time on the account's clock, or when the clock is advanced."""

from collections.abc import Callable

from stripe_simulator import charges, confirmation, disputes, payment_intents, refunds
from stripe_simulator.account import Account

ACTIONS: dict[str, Callable[[Account, str], None]] = {
    "balance_charge": charges.balance_later,
    "expire_authorization": payment_intents.expire_authorization,
    "open_dispute": disputes.open_dispute,
    "refund_fails_later": refunds.fail_later,
    "refund_pending": refunds.succeed_later,
    "settle_payment": confirmation.settle_later,
}


def run_due(account: Account) -> int:
    """Do everything that is due, each in a transaction of its own; answers how much was done."""
    done = 0
    while row := account.store.row(
        "SELECT seq, action, object FROM agenda WHERE due_at <= ? ORDER BY due_at, seq LIMIT 1", account.clock.now()
    ):
        with account.store.transaction():
            account.store.run("DELETE FROM agenda WHERE seq = ?", row["seq"])
            ACTIONS[row["action"]](account, row["object"])
        done += 1
    return done


def seconds_until_due(account: Account) -> float | None:
    """How long nothing is to be done; None when no work is planned."""
    row = account.store.row("SELECT min(due_at) AS due_at FROM agenda")
    return max(0.0, row["due_at"] - account.clock.now()) if row and row["due_at"] is not None else None
