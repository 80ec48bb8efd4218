-- Distinct webhooks of low priority for a generic source with a bearer token, for wrk:
--   wrk -t2 -c16 -d10s -s Benchmarks/bulk.lua URL -- TOKEN RUN
local threads = 0
function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

function init(args)
  token = args[1] or error("give the bearer token")
  run = args[2] or "run"
  count = 0
end

function request()
  count = count + 1
  local body = string.format('{"id":"%s-%d-%d","type":"guest.seen","page":"/weddings/garcia/photos","guest":%d}',
    run, thread_number or 0, count, count % 977)
  return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. token}, body)
end
