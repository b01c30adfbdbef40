/** What must hold at the end, whatever happened on the way. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { AuditEntry } from '../src/store/store.ts';
import { easIdOf, foreignIdOf } from './kill-world.ts';
import type { Heard, World } from './kill-world.ts';

/*
 *   what                     must be
 *   personal lists           as if undisturbed: ours where somebody is blocked, gone where somebody enrolled; those of an
 *                            administrator as they were
 *   writes                   one a block and one an allow, none about somebody else
 *   audit                    a row each, the block first
 *   the flow                 a message each, under one id, and at most one of it that is no repeat
 *   mails                    one a block, under one Message-ID; once more at most for each crash between the server's
 *                            answer and the record of it
 *   ledger                   ours alone, nothing under way
 *   activations              all that were answered with success
 *   outbox, waiting mails    empty; no block is owed
 *   a sync afterwards        no write, no mail, no message
 */

/**
 * Fails unless all of it holds. The Node-REDs run.
 * @param repeats how many mails may have gone twice: crashes that may have come between the server's answer and its record
 */
export async function checkOutcome(world: World, { repeats = 0 }: { readonly repeats?: number } = {}): Promise<void> {
  await checkIdleSync(world);
  const { writes } = world.lab.organization;
  const { audit, activations, entries } = await world.inStore(async (store) => ({
    audit: await store.audit.recent({ limit: 1_000_000 }),
    activations: await store.activations.list(),
    entries: await store.entries.list(),
  }));
  const byDevice = groupBy([...audit].reverse(), ({ deviceKey }) => easIdIn(deviceKey));
  const heardOf = groupBy(world.heard, ({ payload }) => easIdIn(payload.device?.key));
  const found = world.unmanaged.map((alias) => {
    const id = foldedIdOf(alias);
    const mails = world.inbox(alias);
    return {
      alias,
      lists: world.lists(alias),
      audit: (byDevice.get(id) ?? []).map(({ what }: AuditEntry) => what),
      heard: [1, 2].map((output) => heardAs(heardOf.get(id) ?? [], output)),
      mailed: mails.length > 0,
      messageIds: new Set(mails.map(({ headers }) => headers['message-id'] ?? assert.fail('no Message-ID'))).size,
      entries: entries
        .filter(({ easId }) => easId.toLowerCase() === id)
        .map(({ list, state }) => `${list} ${state}`)
        .sort(),
    };
  });
  const expected = world.unmanaged.map((alias) => {
    const isEnrolled = world.enrolled.includes(alias);
    const own = easIdOf(alias);
    return {
      alias,
      lists: isEnrolled
        ? { allowed: [own], blocked: [foreignIdOf(alias)] }
        : { allowed: [], blocked: [foreignIdOf(alias), own] },
      audit: isEnrolled ? ['block', 'allow'] : ['block'],
      heard: ['under one id', isEnrolled ? 'under one id' : 'never'],
      mailed: true,
      messageIds: 1,
      entries: [isEnrolled ? 'allowed owned' : 'blocked owned'],
    };
  });
  // Of a hundred, those that are wrong.
  const wrong = found.flatMap((one, at) => (isDeepStrictEqual(one, expected[at]) ? [] : [at]));
  assert.deepEqual(
    wrong.map((at) => found[at]),
    wrong.map((at) => expected[at]),
  );
  assert.equal(writes.length, world.unmanaged.length + world.enrolled.length, 'writes');
  const others = { mona: world.lists('mona'), gina: world.lists('gina'), adam: world.lists('adam') };
  assert.deepEqual(others, {
    mona: { allowed: [], blocked: [] },
    gina: { allowed: [], blocked: [easIdOf('gina')] },
    adam: { allowed: [easIdOf('adam')], blocked: [] },
  });
  const twice = world.mails - world.unmanaged.length;
  assert.ok(twice <= repeats, `${twice} mails too many, and ${repeats} may be`);
  const activated = new Set(activations.map(({ easId }) => easId.toLowerCase()));
  assert.deepEqual([...activated].sort(), world.activated.map(foldedIdOf).sort(), 'activations');
  assert.deepEqual(await world.owed(), { changes: 0, blocks: 0, mails: 0 });
}

/** A full sync with nothing changed. What an earlier run has told comes again when its pause is over, whatever is synced. */
async function checkIdleSync(world: World): Promise<void> {
  const done = (): object => ({
    writes: world.lab.organization.writes.length,
    mails: world.mails,
    messages: world.heard.filter((one) => one.output !== 4 && !isRepeat(one)).length,
  });
  const before = done();
  await world.fullSync();
  await sleep(50);
  assert.deepEqual(done(), before, 'a sync with nothing changed does nothing');
}

function isRepeat({ payload }: Heard): boolean {
  return payload.change?.repeat === true || payload.repeat === true;
}

/** How an output told of a device. */
function heardAs(all: readonly Heard[], output: number): string {
  const own = all.filter((one) => one.output === output);
  if (own.length === 0) return 'never';
  const ids = new Set(own.map(({ payload }) => payload.change?.id));
  const firsts = own.filter(({ payload }) => payload.change?.repeat !== true).length;
  return ids.size === 1 && firsts <= 1 ? 'under one id' : `under ${ids.size} ids, ${firsts} of them no repeat`;
}

function foldedIdOf(alias: string): string {
  return easIdOf(alias).toLowerCase();
}

function easIdIn(key: string | null | undefined): string {
  return key?.split(':').at(-1) ?? '';
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(all, keyOf);
}
