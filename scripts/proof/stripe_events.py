"""Stripe events as Stripe sends them: pretty-printed JSON of about 1.4 KB, signed by its scheme."""

import hashlib
import hmac
import json
import time


def event(number: int, lane: str, kind: str = "payment_intent.succeeded", run: str = "proof") -> tuple[str, bytes]:
    """The id and the body of event `number` about the object `lane`."""
    identifier = f"evt_{run}{number:012d}"
    document = {
        "id": identifier,
        "object": "event",
        "api_version": "2025-09-30.clover",
        "created": int(time.time()),
        "data": {
            "object": {
                "id": lane,
                "object": "payment_intent",
                "amount": 245_000,
                "amount_received": 245_000,
                "capture_method": "automatic_async",
                "client_secret": f"{lane}_secret_not_used",
                "confirmation_method": "automatic",
                "created": 1_767_000_000,
                "currency": "eur",
                "customer": "cus_TTBhXqdpc8J5Yw",
                "description": "Second instalment, garden wedding in June",
                "last_payment_error": None,
                "latest_charge": f"ch_{number:024d}",
                "livemode": False,
                "metadata": {"number": str(number), "wedding": "wed_2026_06_20", "note": "x" * 160},
                "payment_method": "pm_1SWsyoLkdIwHu7ixqD3DYQ0q",
                "payment_method_types": ["card", "sepa_debit"],
                "receipt_email": "couple@example.com",
                "status": "succeeded",
            }
        },
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": f"req_{number:014d}", "idempotency_key": f"key-{number}"},
        "type": kind,
    }
    return identifier, json.dumps(document, indent=2).encode()


def signature(body: bytes, secret: str, at: int | None = None) -> str:
    """The value of `Stripe-Signature`."""
    timestamp = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
