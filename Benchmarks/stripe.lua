-- Distinct, correctly signed Stripe events of about 1.4 KB, for wrk:
--   wrk -t2 -c64 -d10s -s Benchmarks/stripe.lua http://127.0.0.1:8080/api/integrations/webhooks/stripe -- SECRET RUN
-- RUN makes the event ids of this run unlike those of any other.
local ffi = require("ffi")
ffi.cdef [[
  const void *EVP_sha256(void);
  unsigned char *HMAC(const void *md, const void *key, int key_len, const unsigned char *d, size_t n,
                      unsigned char *out, unsigned int *out_len);
]]
local crypto = ffi.load("libcrypto.so.3")
local sha256 = crypto.EVP_sha256()
local mac = ffi.new("unsigned char[32]")
local mac_length = ffi.new("unsigned int[1]")

local threads = 0
function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

local function hex(bytes, length)
  local digits = {}
  for i = 0, length - 1 do digits[i + 1] = string.format("%02x", bytes[i]) end
  return table.concat(digits)
end

local head, tail
function init(args)
  secret = args[1] or error("give the signing secret")
  run = args[2] or "run"
  count = 0
  now = os.time()
  head = '{\n  "id": "evt_'
  tail = [[",
  "object": "event",
  "api_version": "2026-10-28.endive",
  "created": ]] .. now .. [[,
  "data": {
    "object": {
      "id": "pi_%s",
      "object": "payment_intent",
      "amount": 250000,
      "amount_capturable": 0,
      "amount_received": 250000,
      "application": null,
      "automatic_payment_methods": {"allow_redirects": "never", "enabled": true},
      "canceled_at": null,
      "cancellation_reason": null,
      "capture_method": "automatic",
      "client_secret": "pi_secret_not_a_real_one_0000000000000000",
      "confirmation_method": "automatic",
      "created": 1795470215,
      "currency": "usd",
      "customer": "cus_QbLmZ8sVnT2wXy",
      "description": "Second instalment, Garcia wedding, 20 June",
      "last_payment_error": null,
      "latest_charge": "ch_3HvGUAyJ0LPYfjru1xkqLmPz",
      "livemode": false,
      "metadata": {"wedding_id": "wed_garcia", "vendor": "harbour-photography"},
      "next_action": null,
      "payment_method": "pm_1PqLm2R5LQG0BQngpeyLvmW",
      "payment_method_types": ["card"],
      "receipt_email": "sofia.garcia@example.com",
      "setup_future_usage": null,
      "statement_descriptor": "HARBOUR PHOTO",
      "status": "succeeded"
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {"id": "req_9nxkbGWnaaEicM", "idempotency_key": "b7c1f0c2-0f3e-4a0c-9f5e-3d2a1b0c9d8e"},
  "type": "payment_intent.succeeded"
}]]
  wrk.method = "POST"
end

function request()
  count = count + 1
  local id = run .. "T" .. thread_number .. "N" .. count
  local body = head .. id .. string.gsub(tail, "%%s", id, 1)
  local signed = now .. "." .. body
  crypto.HMAC(sha256, secret, #secret, signed, #signed, mac, mac_length)
  return wrk.format("POST", nil, {
    ["content-type"] = "application/json; charset=utf-8",
    ["user-agent"] = "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    ["stripe-signature"] = "t=" .. now .. ",v1=" .. hex(mac, 32),
  }, body)
end

function done(summary, latency)
  io.write(string.format(
    "RESULT requests=%d seconds=%.3f p50_ms=%.3f p99_ms=%.3f max_ms=%.3f bad_status=%d socket_errors=%d\n",
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
