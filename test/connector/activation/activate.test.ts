/** A visit of the page behind the link, with what is known of the device. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { issueLinkToken, linkIdOf } from '../../../src/activation/link-token.ts';
import type { Visit } from '../../../src/activation/answer-visit.ts';
import { activate } from '../../../src/connector/activation/activate.ts';
import { qrSvg } from '../../../src/qr/qr-code.ts';
import type { EasRecord } from '../../../src/model/records.ts';
import type { Store } from '../../../src/store/store.ts';
import { easRecord, guid } from '../../support/records.ts';
import { openEmptyStore } from '../../store/records.ts';

const PAGE = { name: 'activation link' };
const NOW = new Date('2026-06-01T08:00:00.000Z');

describe('an activation', () => {
  let store: Store;
  let visit: Visit;

  beforeEach(async () => {
    store = await openEmptyStore();
    const claims = {
      purpose: 'activate' as const,
      storeId: store.id,
      tokenId: linkIdOf(randomUUID()),
      mailboxId: guid(1),
      easId: 'EAS1',
      issuedAt: NOW.toISOString(),
      expiresAt: '2026-06-15T08:00:00.000Z',
    };
    await store.tokens.issue(claims);
    const token = issueLinkToken(claims, store.linkSecret);
    visit = { method: 'GET', token, wantsFresh: false, userAgent: 'Mobile Safari', acceptLanguage: 'en', now: NOW };
  });
  afterEach(() => store.close());

  /** Exchange's last reading, and that we block the first person's phone. */
  async function known(records: readonly EasRecord[]): Promise<void> {
    const reading = {
      id: randomUUID(),
      source: 'eas',
      scope: 'exchange',
      kind: 'full',
      startedAt: NOW.toISOString(),
    } as const;
    await store.snapshots.begin({ ...reading, page: 0 });
    await store.snapshots.putPage({ ...reading, page: 0 }, records);
    await store.snapshots.commit(reading);
    const entry = { organization: 'exchange', mailboxId: guid(1), easId: 'eas1', list: 'blocked' } as const;
    await store.entries.record({ ...entry, writtenAt: NOW.toISOString(), rule: 'not enrolled' });
  }

  const page = async (): Promise<string> => (await activate(store, visit, PAGE)).answer.html;

  it('names the phone and the mailbox on the page as the last reading has them', async () => {
    const { device } = easRecord(1);
    await known([easRecord(1, { device: { ...device, friendlyName: "User 1's phone" } }), easRecord(2)]);
    const html = await page();
    for (const word of [/User 1(&#39;|')s phone/, /iPhone/, /EAS1/, /user1@contoso\.example/]) assert.match(html, word);
    assert.doesNotMatch(html, /user2/);
  });

  it('shows on a computer the code of the link as it was mailed, and none of one whose address cannot be meant', async () => {
    await known([easRecord(1)]);
    const there = { ...visit, userAgent: 'Mozilla/5.0 (Windows NT 10.0)' };
    const codeAt = async (linkBase: string | null): Promise<string | undefined> => {
      const tokenId = linkIdOf(randomUUID());
      const times = { issuedAt: NOW.toISOString(), expiresAt: '2026-06-15T08:00:00.000Z' };
      const link = { purpose: 'activate' as const, storeId: store.id, tokenId };
      await store.tokens.issue({ ...link, mailboxId: guid(1), easId: 'EAS1', ...times, linkBase });
      token = issueLinkToken(link, store.linkSecret);
      return /<svg.*<\/svg>/.exec((await activate(store, { ...there, token }, PAGE)).answer.html)?.[0];
    };
    let token = '';
    assert.equal(
      await codeAt('https://connector.contoso.example'),
      qrSvg(`https://connector.contoso.example/activate?token=${token}`, 'QR code with the address of this page'),
    );
    assert.deepEqual([await codeAt(null), await codeAt('gone')], [undefined, undefined]);
  });

  it('names the EAS ID alone when no reading has the phone', async () => {
    for (const records of [null, [easRecord(2)]]) {
      if (records !== null) await known(records);
      const html = await page();
      assert.match(html, /EAS1/);
      assert.doesNotMatch(html, /iPhone|@contoso\.example/);
    }
  });

  it('is kept when the button is pressed, once, and leads on to enrollment and the help desk', async () => {
    const press = { ...visit, method: 'POST' } as const;
    const settings = { ...PAGE, enrollUrl: 'https://enroll.contoso.example/start', helpDesk: { name: '+49 30 1234' } };
    const [first, second] = [await activate(store, press, settings), await activate(store, press, settings)];
    assert.deepEqual(
      [first, second].map(({ isNew, error, answer }) => [isNew, error, answer.status]),
      [
        [true, null, 303],
        [false, null, 303],
      ],
    );
    const { answer } = await activate(store, visit, settings);
    assert.match(answer.html, /https:\/\/enroll\.contoso\.example\/start/);
    assert.match(answer.html, /\+49 30 1234/);
    assert.deepEqual(await store.activations.list(), [first.activation]);
  });

  it('may be tried again when the store failed', async () => {
    const entries = { ...store.entries, list: () => Promise.reject(new Error('disk')) } as Store['entries'];
    const { answer, isNew, error } = await activate({ ...store, entries }, visit, PAGE);
    assert.deepEqual([answer.status, isNew, error?.code], [503, false, 'ERR_STORE_WRITE']);
    assert.equal((await activate(store, visit, PAGE)).answer.status, 200);
  });
});
