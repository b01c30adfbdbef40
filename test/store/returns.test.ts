import assert from 'node:assert/strict';
import { openEmptyStore } from './records.ts';

const DAY_MS = 24 * 3_600_000;
const AT = Date.parse('2026-06-01T08:00:00.000Z');

describe('returns that were believed', () => {
  it('are kept for each mailbox and MDM record, the last one, for two months after it', async () => {
    const store = await openEmptyStore();
    const one = { mailboxId: 'm1', mdmKey: 'mdm:1', easKey: 'eas:1', at: AT };
    const other = { ...one, mdmKey: 'mdm:2', easKey: 'eas:2', at: AT + 30 * DAY_MS };
    await store.returns.put('org', []);
    await store.returns.put('org', [one, other]);
    await store.returns.put('another', [one]);
    assert.deepEqual(await store.returns.of('org', ['m1', 'm2']), [one, other]);
    assert.deepEqual(await store.returns.of('org', ['m2']), []);
    const later = { ...other, easKey: 'eas:3', at: AT + 61 * DAY_MS };
    await store.returns.put('org', [later]);
    assert.deepEqual(await store.returns.of('org', ['m1']), [later]);
    assert.deepEqual(await store.returns.of('another', ['m1']), [one]);
    await store.close();
  });
});
