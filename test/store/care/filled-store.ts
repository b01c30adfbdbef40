/** A store with rows in every table, for what goes over all of them. */
import { DatabaseSync } from 'node:sqlite';
import type { Store } from '../../../src/store/store.ts';
import { aMail, aMailDevice } from '../records.ts';
import { seed } from '../../connector/listings/seeded-store.ts';

const AT = '2026-06-01T08:00:00.000Z';

/** Fills a store; umlauts, emoji and a quotation mark are in it. */
export async function fill(store: Store): Promise<void> {
  await seed(store);
  await store.sources.announce({
    nodeId: 'n',
    scope: 'tenant',
    provider: 'intune',
    name: 'Gerät 📱 "x"',
    announcedAt: AT,
  });
  await store.pairings.add({ easKey: 'eas:o:m:a', mdmKey: 'mdm:t:1', at: AT, by: 'Ärztin', note: null });
  await store.exemptions.put({
    key: 'eas:exchange:m:a',
    organization: 'exchange',
    mailboxId: 'm',
    easId: 'a',
    until: AT,
    note: 'Chefärztin „bis Mai“ 📱',
    by: null,
    since: AT,
  });
  for (const tokenId of ['t1', 't2']) {
    await store.activations.add({ tokenId, mailbox: 'm', easId: 'ID', at: AT, userAgent: null });
    await store.tokens.issue({
      tokenId,
      purpose: 'activate',
      mailboxId: 'm',
      easId: 'ID',
      issuedAt: AT,
      expiresAt: AT,
    });
  }
  await store.announcements.add({
    id: 'a1',
    organization: 'exchange',
    kind: 'blocked',
    deviceKey: null,
    at: AT,
    emittedAt: AT,
    emittedBy: 'run',
    emissions: 1,
    declinedBy: [],
    news: { text: 'blocked' },
  });
  await store.mails.add(aMail('in need', { state: 'attention', attempts: 3 }), [aMailDevice('d')]);
  await store.requests.add([
    {
      id: 'r1',
      organization: 'exchange',
      node: '',
      topic: 'approve',
      payload: { plan: 'p' },
      askedBy: null,
      askedFrom: 'beta',
      askedAt: AT,
      tries: 0,
    },
  ]);
  await store.sources.announce({ nodeId: 'n2', scope: 'former', provider: 'mapping', name: null, announcedAt: AT });
  await store.sources.announce({
    nodeId: 'n3',
    scope: 'list',
    provider: 'mapping',
    name: null,
    announcedAt: AT,
    notes: [{ code: 'no-eas-id', text: 'Sagt keine „EAS ID“ 📱' }],
  });
  await store.sources.remove('n2', AT);
  await store.lowered.add('exchange', 'mailbox-1', 'known', AT);
  await store.missed.settle('exchange', ['eas:gone'], AT);
  const takenOff = { organization: 'exchange', mailboxId: 'm2', easId: 'ID', list: 'blocked' } as const;
  await store.entries.record({ ...takenOff, writtenAt: AT, rule: 'r' });
  await store.entries.intend({ ...takenOff, operation: 'remove', rule: 'r', at: AT });
  await store.entries.settle(takenOff, false, AT);
  await store.attempts.put([
    { key: 'eas:1', organization: 'exchange', mailboxId: 'M1', lastAttemptAt: null, toldAt: AT, seen: '' },
  ]);
  await store.notifiers.edit('notifier', () => ({
    node: 'notifier',
    name: 'Mails',
    process: 'host/1/1',
    at: AT,
    verdict: 'failed',
    step: 'mailbox',
    text: 'Exchange has no recipient.',
  }));
  await store.checks.put({
    node: 'check',
    target: '',
    name: 'Inside',
    domain: 'contoso.example',
    at: AT,
    overall: 'broken',
    verdict: 'dns.internal.missing',
    texts: { en: 'No name.', de: 'Kein Name für „autodiscover“.' },
  });
  await store.entra.learn('tenant', [{ id: 'object-1', deviceId: 'device-1' }]);
  await store.entra.learnRecords('tenant', [{ deviceId: 'device-1', recordId: 'Gerät' }]);
  await store.entra.next('tenant', 'reading', 'https://graph.example/delta?ü', { devices: ['object-1'], records: [] });
  await store.asked.put('exchange', ['M1', 'm2'], AT);
  await store.merges.settle('exchange', [{ easKey: 'eas:1', mdmKey: 'mdm:1', by: 'eas-id' }], AT);
  await store.returns.put('exchange', [{ mailboxId: 'm1', mdmKey: 'mdm:1', easKey: 'eas:1', at: Date.parse(AT) }]);
  await store.settings.set('a choice', { of: ['ours'] });
  await store.leases.take({ name: 'organization/exchange', holder: 'h', node: 'n', process: 'gone/1' }, { validMs: 1 });
}

/** Changes a store file past everything that guards it. */
export function tamper(path: string, statements: string): void {
  const tool = new DatabaseSync(path);
  tool.exec(statements);
  tool.close();
}
