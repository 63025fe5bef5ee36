-- Corrects the estimate of a call by what it took, and removes it from the calls in flight.
--
-- KEYS  as in shared.lua
-- ARGV  1, 2 µs to give back of requests and tokens (below 0: to take more); 3 name of the call
--       4 µs of a pause, 5 now in µs, 0 for Redis's own clock
local function whole(value) return string.format('%.0f', value) end
for i, field in ipairs({'requests', 'tokens'}) do
  local back = tonumber(ARGV[i])
  if back ~= 0 then
    local tat = redis.call('HGET', KEYS[1], field)
    if tat then redis.call('HSET', KEYS[1], field, whole(tonumber(tat) - back)) end
  end
end
if ARGV[3] ~= '' then redis.call('ZREM', KEYS[2], ARGV[3]) end
local pause = tonumber(ARGV[4])
if pause > 0 then
  local now = tonumber(ARGV[5])
  if now == 0 then
    local time = redis.call('TIME')
    now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  end
  local until_us = now + pause
  if until_us > tonumber(redis.call('HGET', KEYS[1], 'pause') or '0') then
    redis.call('HSET', KEYS[1], 'pause', whole(until_us))
    redis.call('PEXPIRE', KEYS[1], 3600000)
  end
end
return 0
