-- Calls, each with a key of its own, or plain GETs with Usher's key, for wrk:
--   wrk -t2 -c16 -d10s -s Benchmarks/calls.lua URL -- KEY RUN [weather|payments]
-- Every call asks for another place, so that none is answered with what another brought.
-- An answer counts as bad unless its call has succeeded, or its status is 200 for a GET.
local threads = {}
function setup(thread)
  thread:set("thread_number", #threads)
  table.insert(threads, thread)
end

function init(args)
  key = args[1] or error("give an API key")
  run, kind = args[2] or "run", args[3]
  count, bad = 0, 0
end

function request()
  count = count + 1
  if not kind then return wrk.format("GET", nil, {["Usher-Key"] = key}) end
  local body
  if kind == "weather" then
    body = string.format('{"capability":"weather","operation":"current","input":{"latitude":%.2f,"longitude":%.2f}}',
      thread_number * 20 + math.floor(count / 36000) / 100, count % 36000 / 100 - 180)
  else
    body = string.format('{"capability":"payments","operation":"charge","input":{"amount":{"amount":%d,"currency":"EUR"},' ..
      '"sources":{"stripe":"pm_card_visa"}}}', 1000 + count)
  end
  return wrk.format("POST", nil, {
    ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. key,
    ["Idempotency-Key"] = string.format("%s-%d-%d", run, thread_number, count),
  }, body)
end

function response(status, headers, body)
  if status ~= 200 or kind and not body:find('"state":"succeeded"', 1, true) then bad = bad + 1 end
end

function done(summary, latency)
  local all = 0
  for _, thread in ipairs(threads) do all = all + thread:get("bad") end
  io.write(string.format(
    "RESULT requests=%d seconds=%.3f p50_ms=%.4f p99_ms=%.3f max_ms=%.3f bad_status=%d socket_errors=%d\n",
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, all,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
