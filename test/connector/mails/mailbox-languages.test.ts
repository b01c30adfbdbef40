/** In which language a mail is written: the reader's, where Exchange tells it. */
import assert from 'node:assert/strict';
import { MailboxLanguages } from '../../../src/connector/mails/mailbox-languages.ts';
import { ConnectorError } from '../../../src/errors.ts';
import { speaks } from '../../../src/notify/default-templates.ts';
import { blocked } from '../../support/changes.ts';
import { DAY_MS, MailWorld, MINUTE_MS } from './support/mail-world.ts';

const { signal } = new AbortController();

describe('the language of a mailbox', () => {
  let now = 0;
  let asked: string[];
  let problems: string[];
  let answer: () => Promise<string | null>;

  beforeEach(() => {
    now = Date.parse('2026-06-01T08:00:00Z');
    [asked, problems] = [[], []];
    answer = () => Promise.resolve('de-DE');
  });

  const languages = (isThere = true): MailboxLanguages =>
    new MailboxLanguages(
      () =>
        isThere
          ? (id) => {
              asked.push(id);
              return answer();
            }
          : null,
      () => now,
    );
  const of = (from: MailboxLanguages, id = 'm1'): Promise<string | null> =>
    from.of(id, signal, (error) => problems.push((error as ConnectorError).code));

  it('is asked for once a day', async () => {
    const from = languages();
    assert.deepEqual([await of(from), await of(from), await of(from, 'm2')], ['de-DE', 'de-DE', 'de-DE']);
    assert.deepEqual(asked, ['m1', 'm2']);
    now += DAY_MS;
    answer = () => Promise.resolve(null);
    assert.deepEqual([await of(from), await of(from)], [null, null]);
    assert.deepEqual(asked, ['m1', 'm2', 'm1']);
  });

  it('is not asked for where no Exchange is chosen', async () => {
    assert.equal(await of(languages(false)), null);
    assert.deepEqual([asked, problems], [[], []]);
  });

  it('is not asked for a day where the right is missing, which is said once', async () => {
    const from = languages();
    answer = () => Promise.reject(new ConnectorError('ERR_EXCHANGE_CMDLET_UNKNOWN', 'No right.'));
    for (const id of ['m1', 'm2', 'm3']) assert.equal(await of(from, id), null);
    now += DAY_MS;
    assert.equal(await of(from), null);
    assert.deepEqual([asked, problems], [['m1', 'm1'], ['ERR_EXCHANGE_CMDLET_UNKNOWN']]);
  });

  it('is left alone for ten minutes when Exchange fails, and is asked for again then', async () => {
    const from = languages();
    answer = () => Promise.reject(new ConnectorError('ERR_HTTP_UNREACHABLE', 'Away.'));
    for (const id of ['m1', 'm2']) assert.equal(await of(from, id), null);
    now += 10 * MINUTE_MS;
    answer = () => Promise.resolve('en-GB');
    assert.equal(await of(from), 'en-GB');
    assert.deepEqual([asked, problems], [['m1', 'm1'], []]);
  });

  it('is told of others though one mailbox cannot be read, which is asked for again after ten minutes', async () => {
    const from = languages();
    answer = () =>
      asked.at(-1) === 'm1'
        ? Promise.reject(new ConnectorError('ERR_EXCHANGE_CMDLET', 'Database DB02 is not mounted.'))
        : Promise.resolve('de-DE');
    assert.deepEqual([await of(from), await of(from), await of(from, 'm2')], [null, null, 'de-DE']);
    now += 10 * MINUTE_MS;
    answer = () => Promise.resolve('en-GB');
    assert.equal(await of(from), 'en-GB');
    assert.deepEqual([asked, problems], [['m1', 'm2', 'm1'], []]);
  });

  it('counts where there is a text in it: ours, or an administrator’s own', () => {
    assert.deepEqual(
      [
        speaks('de-CH', {}),
        speaks('DE', {}),
        speaks('de-de', { DE: {} }),
        speaks('fr', {}),
        speaks('de', { en: {} }),
        speaks('fr-FR', { fr: {} }),
      ],
      [true, true, true, false, false, true],
    );
  });
});

describe('a mail', () => {
  let world: MailWorld;
  beforeEach(async () => {
    world = await MailWorld.open();
  });
  afterEach(() => world.store.close());

  for (const [told, templates, expected] of [
    ['de-DE', {}, 'de'],
    ['fr-FR', {}, 'en'],
    [null, {}, 'en'],
    ['de-DE', { en: { subject: 'Ours' } }, 'en'],
  ] as const) {
    it(`is in ${expected} to somebody who reads ${told ?? 'nobody knows what'}${Object.keys(templates).length > 0 ? ', with a text of one’s own' : ''}`, async () => {
      world.set({ templates });
      world.languageOf = () => Promise.resolve(told);
      await world.news(blocked(1));
      assert.equal(world.account.mails[0]?.language, expected);
    });
  }
});
