-- Books one call against everything that workers share, or says why it cannot. The arithmetic is that
-- of pace.rs; tests hold the two against each other. Runs on Redis 7 and Valkey; only integers are stored, for
-- Lua would round the time in microseconds to 14 digits.
--
-- KEYS  1 hash of arrival times, 2 calls in flight by when they were last heard of, 3 workers
-- ARGV  1 now in µs, 0 for Redis's own clock; 2 horizon, 3 tolerance; 4 urgent (0 or 1)
--       5, 6, 7 requests: cost, cost out of the reserve, tolerance of the reserve; 8, 9, 10 the same of tokens
--       11 calls in flight at most (0: no limit), 12 name of this call, 13 µs after which one is forgotten that is not
--       renewed, 14 name of this worker, 15 µs after which a worker is forgotten
-- gives {what, wait in µs, workers}; what: 0 go, 1 wait, 2 too many in flight
local function number(at) return tonumber(ARGV[at]) end
local function whole(value) return string.format('%.0f', value) end
local now = number(1)
if now == 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
redis.call('ZADD', KEYS[3], whole(now), ARGV[14])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', whole(now - number(15)))
redis.call('PEXPIRE', KEYS[3], 60000)
local workers = redis.call('ZCARD', KEYS[3])

if number(11) > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', whole(now - number(13)))
  if redis.call('ZCARD', KEYS[2]) >= number(11) then return {2, 0, workers} end
end

local state = redis.call('HMGET', KEYS[1], 'requests', 'tokens', 'reserve_requests', 'reserve_tokens', 'pause')
for i = 1, 5 do state[i] = tonumber(state[i] or '0') end
local pause = math.max(state[5] - now, 0)
local line, reserve, has_reserve = pause, pause, true
for i = 0, 1 do
  local cost, reserve_cost, reserve_tolerance = number(5 + i * 3), number(6 + i * 3), number(7 + i * 3)
  if cost > 0 then
    line = math.max(line, state[1 + i] - now - math.max(number(3) - cost, 0))
    reserve = math.max(reserve, state[3 + i] - now - math.max(reserve_tolerance - reserve_cost, 0))
    if reserve_cost <= 0 or reserve_cost > reserve_tolerance then has_reserve = false end
  end
end
local out_of_reserve = line > 0 and number(4) == 1 and has_reserve and reserve <= 0
if not out_of_reserve and line > number(2) then return {1, math.ceil(math.min(line, 9e15)), workers} end
for i = 0, 1 do
  local cost, reserve_cost = number(5 + i * 3), number(6 + i * 3)
  if cost > 0 then
    state[1 + i] = math.max(state[1 + i], now) + cost
    if out_of_reserve then state[3 + i] = math.max(state[3 + i], now) + reserve_cost end
  end
end
redis.call('HSET', KEYS[1], 'requests', whole(state[1]), 'tokens', whole(state[2]),
  'reserve_requests', whole(state[3]), 'reserve_tokens', whole(state[4]))
redis.call('PEXPIRE', KEYS[1], 3600000)
if number(11) > 0 then
  redis.call('ZADD', KEYS[2], whole(now), ARGV[12])
  redis.call('PEXPIRE', KEYS[2], 3600000)
end
if out_of_reserve then line = 0 end
return {0, math.ceil(math.max(line, 0)), workers}
