/** A forest of two domains before Microsoft's engine: a setting of one session, run there before everything else. */
import assert from 'node:assert/strict';
import { readEasRecords } from '../../../src/exchange/eas-records.ts';
import { editMailboxLists, readMailboxLists } from '../../../src/exchange/read-mailbox.ts';
import { close, collect, easId, failure, mailboxId, open } from './exchange-peer.ts';
import type { Peer } from './exchange-peer.ts';
import { EXCHANGE_CMDLETS } from './session-file.ts';

const CHILD = [2, 5, 11];
const odd = CHILD.map((number) => `child:${number}`);
const WHOLE = Array.from({ length: 12 }, (_, number) => easId(number)).sort();
const OWN = WHOLE.filter((id) => !CHILD.map(easId).includes(id));

async function read({ exchange }: Peer): Promise<readonly [string[], unknown]> {
  const pages = await collect(readEasRecords(exchange, { organization: 'org', kind: 'full' }));
  const ids = pages.flatMap(({ records }) => records.map((record) => record.easId)).sort();
  return [ids, pages.at(-1)?.view];
}

describe('a forest before the real engine', () => {
  it('is read whole, changed, and looked at again', async () => {
    const peer = await open({ odd });
    try {
      assert.deepEqual(await read(peer), [WHOLE, 'forest']);
      const edit = { mailboxId: mailboxId(5), blocked: { add: [easId(5)] } };
      assert.equal(await editMailboxLists(peer.exchange, edit), 'done');
      assert.deepEqual((await readMailboxLists(peer.exchange, mailboxId(5))).blocked, [easId(5)]);
      assert.equal(peer.front.events.filter(({ action }) => action === 'create').length, 1);
    } finally {
      await close(peer);
    }
  });

  it('is read whole by the session that replaces one whose process died', async () => {
    const peer = await open({ odd });
    try {
      assert.deepEqual(await read(peer), [WHOLE, 'forest']);
      for (const shell of peer.front.shells.values()) shell.engine.kill();
      assert.deepEqual(await read(peer), [WHOLE, 'forest']);
      assert.equal(peer.front.events.filter(({ action }) => action === 'create').length, 2);
    } finally {
      await close(peer);
    }
  });

  it('is one domain for an account without Set-ADServerSettings, and where no more is wanted', async () => {
    const visible = EXCHANGE_CMDLETS.filter((name) => name !== 'Set-ADServerSettings');
    for (const [front, client, view] of [
      [{ odd, visible }, {}, 'refused'],
      [{ odd }, { viewEntireForest: false }, 'domain'],
    ] as const) {
      const peer = await open(front, client);
      try {
        assert.deepEqual(await read(peer), [OWN, view]);
        const edit = { mailboxId: mailboxId(5), blocked: { add: [easId(5)] } };
        const error = await failure(editMailboxLists(peer.exchange, edit));
        assert.equal(error.code, 'ERR_EXCHANGE_CMDLET');
      } finally {
        await close(peer);
      }
    }
  });
});
