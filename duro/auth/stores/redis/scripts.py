"""Lua scripts of the token store. Redis runs each of them without interruption.

A value is ``<generation>:<payload>``. The generation is the time of the server in microseconds, or one more than the
last generation if that is larger. A counter alone would start again after a loss of data, and an old rejection could
then remove a new token.

Each script is sent whole. ``EVALSHA`` would save 500 bytes an hour, and would fail after each restart and failover.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ACQUIRE", "DISCARD", "READ", "RELEASE", "WRITE"]

# KEYS: token. Returns the value and its remaining milliseconds.
READ: Final = """\
local value = redis.pcall('GET', KEYS[1])
if type(value) ~= 'string' then return false end
return {value, redis.call('PTTL', KEYS[1])}
"""

# KEYS: lease. ARGV: owner, milliseconds. An owner whose response was lost may acquire its own lease.
ACQUIRE: Final = """\
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0
"""

# KEYS: token, lease, last generation. ARGV: owner, payload, milliseconds, milliseconds of the generation.
WRITE: Final = """\
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
local now = redis.call('TIME')
local generation = math.max(now[1] * 1000000 + now[2], (tonumber(redis.call('GET', KEYS[3])) or 0) + 1)
local digits = string.format('%.0f', generation)
redis.call('SET', KEYS[3], digits, 'PX', ARGV[4])
redis.call('SET', KEYS[1], digits .. ':' .. ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return digits
"""

# KEYS: lease. ARGV: owner.
RELEASE: Final = """\
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""

# KEYS: token. ARGV: generation and colon.
DISCARD: Final = """\
local value = redis.pcall('GET', KEYS[1])
if type(value) ~= 'string' or string.sub(value, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
