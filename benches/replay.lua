-- A wrk script that replays the requests of a file ($REQUESTS) in turn: method, path, credentials and body, separated by
-- tabs. Credentials are a cookie, or an Authorization header that begins with "Bearer ". %N% in a body becomes a number that
-- is used once. With $ONCE=1 it stops at the end of the file. With $PAUSE_MS, a connection pauses for so long on average
-- before it sends a request. Every POST with a cookie has $ORIGIN as its Origin header. wrk reports the whole window even if
-- the script stops it, so the time until then is taken here.
local ffi = require("ffi")
ffi.cdef [[
  struct timespec64 { long s; long ns; };
  int clock_gettime(int clock, struct timespec64 *now);
]]
local CLOCK_MONOTONIC = 1
local prepared, templates, next, count = {}, {}, 0, 0
local once, origin = os.getenv("ONCE") == "1", os.getenv("ORIGIN")
local unique = tonumber(os.getenv("RUN_NUMBER") or "0") * 1000000

local function now_us()
  local time = ffi.new("struct timespec64")
  ffi.C.clock_gettime(CLOCK_MONOTONIC, time)
  return tonumber(time.s) * 1e6 + tonumber(time.ns) / 1e3
end

-- wrk runs one thread. `done` reads the globals `started_at` and `ended_at` of it.
local thread
function setup(wrk_thread)
  thread = wrk_thread
end

function init()
  for line in io.lines(os.getenv("REQUESTS")) do
    local method, path, credentials, body = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
    local headers = { ["Host"] = "127.0.0.1" }
    local by_key = credentials:sub(1, 7) == "Bearer "
    if credentials ~= "" then headers[by_key and "Authorization" or "Cookie"] = credentials end
    if method == "POST" then
      headers["Content-Type"] = "application/json"
      if not by_key then headers["Origin"] = origin end
    end
    count = count + 1
    if body:find("%N%", 1, true) then
      templates[count] = { method, path, headers, body }
    else
      prepared[count] = wrk.format(method, path, headers, body ~= "" and body or nil)
    end
  end
end

function request()
  next = next + 1
  -- wrk calls this once before it starts, and does not send that request.
  if next == 2 then started_at = started_at or now_us() end
  if next > count then
    if once then
      ended_at = ended_at or now_us()
      wrk.thread:stop()
      next = count
    else
      next = 1
    end
  end
  local template = templates[next]
  if template then
    unique = unique + 1
    local method, path, headers, body = unpack(template)
    return wrk.format(method, path, headers, (body:gsub("%%N%%", string.format("%.0f", unique))))
  end
  return prepared[next]
end

local pause_ms = tonumber(os.getenv("PAUSE_MS") or "0")
if pause_ms > 0 then
  function delay() return math.random(0, 2 * pause_ms) end
end

function done(summary, latency)
  local errors, ended = summary.errors, thread:get("ended_at")
  local us = ended and ended - thread:get("started_at") or summary.duration
  io.write(string.format(
    'RESULT {"requests":%d,"us":%d,"bytes":%d,"p50":%.0f,"p90":%.0f,"p99":%.0f,"max":%.0f,"bad":%d}\n',
    summary.requests, us, summary.bytes, latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
