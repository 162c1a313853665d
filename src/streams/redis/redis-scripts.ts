import { redisScript } from '../../backends/redis/redis-script.js';

/** A longer entry is not sent along with its wake-up: the server keeps it for every viewer that is slow to read. */
const MAX_WAKE_BYTES = 64 * 1024;

/**
 * Appends each entry whose predecessor is the end of its log, tells the channel of its log, and answers for each the
 * sequence that it ends with, or -1. Redis runs a script by itself, so between the look at the end and the append nobody
 * comes in. One key for each entry, and six arguments: id and opening of the predecessor (empty: none), id, opening,
 * head, events. Within a log an entry has the id `1-<its last sequence>`, so that a range by id finds the entry that
 * covers a sequence.
 *
 * The predecessor `*` is whatever is there, unless that closes the log: so a writer in full swing cannot keep a log from
 * being closed. The place is found here then, and the head comes without its beginning.
 */
export const APPEND = redisScript(`
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local answers = {}
for i, key in ipairs(KEYS) do
  local n = (i - 1) * 6
  local after, after_opening, id = ARGV[n + 1], ARGV[n + 2], ARGV[n + 3]
  local opening, head, events = ARGV[n + 4], ARGV[n + 5], ARGV[n + 6]
  local tail = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  local follows
  if after == '*' then
    local first = tail and string.format('%.0f', tonumber(string.sub(tail[1], 3)) + 1) or '0'
    id, head = '1-' .. first, '[' .. first .. head
    follows = not tail or string.sub(tail[2][4], -5) ~= 'true]'
  else
    follows = (not tail and after == '') or (tail and tail[1] == after and tail[2][2] == after_opening)
  end
  if follows then
    redis.call('XADD', key, id, 'o', opening, 'h', head, 't', now, 'e', events)
    local wake = #events < ${MAX_WAKE_BYTES} and (opening .. '\\n' .. head .. '\\n' .. now .. '\\n' .. events) or ''
    redis.call('PUBLISH', key, wake)
  end
  answers[i] = follows and tonumber(string.sub(id, 3)) or -1
end
return answers`);

/** For each key the id and fields of the last entry, without its events, and entries from an id on, at most so many. */
export const READ = redisScript(`
local pages = {}
for i, key in ipairs(KEYS) do
  local tail = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  local entries = {}
  if tail then
    entries = redis.call('XRANGE', key, ARGV[2 * i - 1], '+', 'COUNT', ARGV[2 * i])
  end
  pages[i] = { tail and { tail[1], tail[2][2], tail[2][4] } or false, entries }
end
return pages`);
