/**
 * Turns of owners in a queue of BullMQ, which knows priorities but no owners: each job gets the number of the round in which it comes up,
 * one more than its owner's last, and never less than the round that is on. So whoever hands in a thousand jobs gets a thousand rounds, and
 * whoever comes later with one is in the next round. Also counts what waits of each owner. Redis does each step as one.
 */
import type { Redis } from 'ioredis';

/** BullMQ takes priorities up to 2^21 − 1, lower ones first. Ten levels share them. */
const ROUNDS = 209_714;
const LEVELS = 10;

/** KEYS: job, waiting of the owner, owners' last rounds, rounds that are on, BullMQ's two lists. ARGV: id, owner, level, most waiting. */
const RESERVE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return {-1, 0} end
local most = tonumber(ARGV[4])
local waiting = redis.call('SCARD', KEYS[2])
if most > 0 and waiting >= most then
  for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
    local job = string.sub(KEYS[1], 1, #KEYS[1] - #ARGV[1]) .. id
    if redis.call('EXISTS', job) == 0 or redis.call('HEXISTS', job, 'processedOn') == 1 then redis.call('SREM', KEYS[2], id) end
  end
  waiting = redis.call('SCARD', KEYS[2])
  if waiting >= most then return {-2, waiting} end
end
redis.call('SADD', KEYS[2], ARGV[1])
if redis.call('ZCARD', KEYS[5]) == 0 and redis.call('LLEN', KEYS[6]) == 0 then redis.call('DEL', KEYS[3], KEYS[4]) end
local name = ARGV[3] .. ':' .. ARGV[2]
local on = tonumber(redis.call('HGET', KEYS[4], ARGV[3]) or 0)
local last = tonumber(redis.call('HGET', KEYS[3], name) or 0)
local round = math.min(math.max(on, last) + 1, ${ROUNDS})
redis.call('HSET', KEYS[3], name, round)
return {round, waiting}
`;

/** KEYS: waiting of the owner, rounds that are on, cancelled. ARGV: id, level, round. Gives 1 where the job was cancelled. */
const TAKEN = `
redis.call('SREM', KEYS[1], ARGV[1])
if tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or 0) < tonumber(ARGV[3]) then redis.call('HSET', KEYS[2], ARGV[2], ARGV[3]) end
return redis.call('SISMEMBER', KEYS[3], ARGV[1])
`;

export interface OwnerTurns {
  /** BullMQ's priority of a job that is about to be added; or why it is not to be. */
  reserve(
    id: string,
    owner: string | null,
    priority: number,
    most: number,
  ): Promise<number | 'there' | { readonly waiting: number }>;
  /** A job was taken, so it waits no more. True where it was cancelled. */
  taken(id: string, owner: string | null, priority: number): Promise<boolean>;
  /** A job waits no more, and was not taken. */
  gone(id: string, owner: string | null): Promise<void>;
}

/** Turns in the queue whose keys begin with `base`; `cancelled` is the set of cancelled jobs. */
export function ownerTurns(redis: Redis, base: string, cancelled: string): OwnerTurns {
  const waitingOf = (owner: string | null): string => `${base}:owner:${owner ?? ''}`;
  const last = `${base}:rounds:last`;
  const on = `${base}:rounds:on`;
  const eval_ = (script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> =>
    redis.eval(script, keys.length, ...keys, ...args);
  return {
    async reserve(id, owner, priority, most) {
      const level = LEVELS - 1 - priority;
      const keys = [`${base}:${id}`, waitingOf(owner), last, on, `${base}:prioritized`, `${base}:wait`];
      const [round, waiting] = (await eval_(RESERVE, keys, [id, owner ?? '', level, most])) as [number, number];
      if (round === -1) return 'there';
      return round === -2 ? { waiting } : level * ROUNDS + round;
    },
    async taken(id, owner, priority) {
      const level = Math.floor((priority - 1) / ROUNDS);
      return (await eval_(TAKEN, [waitingOf(owner), on, cancelled], [id, level, priority - level * ROUNDS])) === 1;
    },
    async gone(id, owner) {
      await redis.srem(waitingOf(owner), id);
    },
  };
}
