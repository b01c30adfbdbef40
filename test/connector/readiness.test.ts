/** The checklist before an access switch enforces, over a store with syncs in it. */
import assert from 'node:assert/strict';
import { confirmLink, linkPageOf } from '../../src/connector/mails/link-confirmations.ts';
import { lookAtReadiness } from '../../src/connector/readiness.ts';
import type { DeployedMails, ReadinessParts } from '../../src/connector/readiness.ts';
import { tellReadiness } from '../../src/connector/sentences/readiness-sentences.ts';
import type { ReadinessLanguage } from '../../src/connector/sentences/readiness-words.ts';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import { THIS_PROCESS } from '../../src/store/leases.ts';
import { SETTINGS, SyncWorld } from './sync/sync-world.ts';

const ADDRESS = 'https://go.contoso.example/activate';
const OTHER = 'https://mail.contoso.example/activate';
const HOUR_MS = 3_600_000;

const DEPLOYED: DeployedMails = {
  notifiers: [{ id: 'notifier', name: 'Mails' }],
  storeless: [],
  links: [ADDRESS],
  guides: [
    { name: 'notifier', hasEnrollmentPage: true, hasHelpDesk: false },
    { name: 'activation link', hasEnrollmentPage: false, hasHelpDesk: false },
  ],
  elsewhere: { notifiers: [], pages: [] },
};

describe('the checklist of an organization', () => {
  let world: SyncWorld;

  beforeEach(async () => {
    world = await SyncWorld.open();
    world.set({ mode: 'simulate' });
  });
  afterEach(() => world.close());

  const look = (changes: Partial<ReadinessParts> = {}) =>
    lookAtReadiness({
      store: world.store,
      exchange: world.exchange,
      settings: world.settings,
      directory: world.parts.directory,
      deployed: DEPLOYED,
      now: world.now,
      language: 'en',
      ...changes,
    });
  /** `line, about: state code`. */
  const seen = async (changes: Partial<ReadinessParts> = {}): Promise<string[]> =>
    (await look(changes)).lines.map(
      ({ id, about, state, seen: { code } }) => `${id}${about === null ? '' : `, ${about}`}: ${state} ${code}`,
    );
  const lineOf = async (id: string, changes: Partial<ReadinessParts> = {}): Promise<string[]> =>
    (await seen(changes)).filter((line) => line.startsWith(id));
  const told = async (language: ReadinessLanguage, changes: Partial<ReadinessParts> = {}) =>
    tellReadiness(await look(changes), language);
  const confirm = (address: string, deployed = [ADDRESS], by: string | null = 'ann') =>
    confirmLink({ store: world.store, address, deployed, by, who: by ?? 'editor (192.0.2.7)', now: world.now });
  const notifierSays = (verdict: 'ready' | 'unknown' | 'failed', text: string) =>
    world.store.notifiers.edit('notifier', () => ({
      node: 'notifier',
      name: 'notifier',
      process: THIS_PROCESS,
      at: new Date(world.now()).toISOString(),
      verdict,
      step: null,
      text,
    }));

  it('says of a new store that nothing was read and nothing is known', async () => {
    world.set({ mode: 'simulate', brakePercent: 10 });
    assert.deepEqual(await seen(), [
      'sides: ok real',
      'reading, Exchange: no never',
      'reading, tenant: no never',
      'mail: unknown unproven',
      `link, ${ADDRESS}: unknown unconfirmed`,
      'enrollment-page: no missing',
      'help-desk: warn missing',
      'blocks: unknown never',
      'brake: unknown no-dry-run',
      'compliance: unknown no-dry-run',
    ]);
    assert.deepEqual([(await look()).state, (await look()).blocks], ['no', null]);
  });

  it('tells by the last dry run how many phones would be blocked and why, and what the brake would hold', async () => {
    for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
    world.set({ mode: 'simulate', brakePercent: 1, brakeCount: 2 });
    await world.sync();
    assert.deepEqual((await look()).blocks, { 'not-enrolled': 3 });
    const { lines, blocks, reasons, question } = await told('en');
    assert.deepEqual([blocks, reasons], [3, [{ code: 'not-enrolled', text: 'not enrolled', count: 3 }]]);
    const textOf = (id: string): string | undefined => lines.find((one) => one.id === id)?.seen.text;
    assert.match(textOf('blocks') ?? '', /^3, by the dry run \d+ seconds? ago: 3 not enrolled\.$/);
    assert.equal(textOf('brake'), 'It allows 1 % of the mailboxes a sync, at least 2, and would hold 3 changes.');
    assert.match(
      question,
      /^3 phones will be blocked at the next sync: 3 not enrolled\. Of all changes 3 are held until somebody approves them\. To be looked at: Mail, Link address, Enrollment page\. Enforce\?$/,
    );
    assert.match(
      (await told('de')).question,
      /^Beim nächsten Abgleich werden 3 Telefone gesperrt: 3 nicht registriert\./,
    );
  });

  it('takes a dry run for no answer once other settings are chosen, and for one again with the same', async () => {
    world.addPhone('anna');
    await world.sync();
    assert.deepEqual(await lineOf('blocks'), ['blocks: warn some']);
    // Written out, or in the mode that is asked about, they are the same.
    const same = { ...world.settings, mode: 'enforce', rules: DEFAULT_RULES, mailFirst: false } as const;
    assert.deepEqual(await lineOf('blocks', { settings: same }), ['blocks: warn some']);
    for (const [what, changes] of Object.entries({
      'other rules': { settings: { ...world.settings, rules: DEFAULT_RULES.slice(1) } },
      'a gentle start': { settings: { ...world.settings, startFrom: 'grandfather' } },
      'another brake': { settings: { ...world.settings, brakeCount: 1 } },
      'groups from elsewhere': { directory: { source: 'another' } },
      'another Exchange': { exchange: { ...world.exchange, isSimulated: true } },
    } as const)) {
      assert.deepEqual(await lineOf('blocks', changes), ['blocks: unknown changed'], what);
      assert.equal((await look(changes)).blocks, null, what);
    }
    const { question } = await told('en', { settings: { ...world.settings, idleDays: 7 } });
    await world.deployMdm('mapped', null);
    assert.deepEqual(await lineOf('blocks'), ['blocks: unknown changed'], 'another MDM source');
    await world.removeMdm('mapped');
    assert.deepEqual(await lineOf('blocks'), ['blocks: warn some']);
    assert.match(
      question,
      /^How many phones will be blocked at the next sync is not known: since the last dry run other settings/,
    );
  });

  it('takes a dry run for no answer after a day', async () => {
    world.addPhone('anna');
    await world.sync();
    world.letPass(25 * HOUR_MS);
    assert.deepEqual(await lineOf('blocks'), ['blocks: unknown old']);
    assert.match((await told('en')).question, /the last dry run is older than a day/);
  });

  it('says in one sentence that nobody, or one phone, would be blocked', async () => {
    await world.sync();
    assert.match((await told('en')).question, /^No phone will be blocked at the next sync\. To/);
    world.addPhone('anna');
    await world.sync();
    assert.match((await told('en')).question, /^1 phone will be blocked at the next sync: 1 not enrolled\./);
  });

  it('tells the age of both readings, and which is too old, in doubt or failed', async () => {
    const other = world.enroll('anna');
    await world.sync();
    assert.deepEqual(await lineOf('reading'), ['reading, Exchange: ok whole', 'reading, tenant: ok whole']);
    world.letPass(3 * HOUR_MS);
    const ages = (await told('en')).lines.filter(({ id }) => id === 'reading').map(({ seen: { text } }) => text);
    assert.deepEqual(ages, ['Read whole 3 hours ago, records: 0.', 'Read whole 3 hours ago, records: 2.']);
    world.unenroll(other);
    await world.readOnly('mdm');
    const settings = { ...SETTINGS, brakePercent: 10 };
    assert.deepEqual(await lineOf('reading, tenant', { settings }), ['reading, tenant: no doubted']);
    world.letPass(27 * HOUR_MS);
    assert.deepEqual(await lineOf('reading'), ['reading, Exchange: no old', 'reading, tenant: no doubted']);
  });

  it('says of a reading whose source was taken off the canvas that it counts, since when, and what to do', async () => {
    await world.deployMdm('tenant2', world.organization, 'Old tenant');
    await world.readOnly('mdm', 'tenant2');
    await world.sync();
    await world.removeMdm('tenant2');
    assert.deepEqual(await lineOf('reading, Old tenant'), ['reading, Old tenant: ok whole']);
    world.letPass(10 * 60_000);
    const line = (await told('en')).lines.find(({ about }) => about === 'Old tenant');
    assert.match(
      line?.seen.text ?? '',
      /^No MDM source on the canvas reads it since \w+ \d+, 2026, and its records still count: \d+\./,
    );
    assert.match(
      line?.remedy ?? '',
      /^Put the source back, or enable it\. If it is gone for good, press “Forget its reading” in the overview of the console, and then “dry run”\.$/,
    );
  });

  it('says that one side is simulated beside a real one, that both are, or that there is no MDM', async () => {
    const simulated = { ...world.exchange, isSimulated: true };
    assert.deepEqual(await lineOf('sides', { exchange: simulated }), ['sides: no mixed-simulated']);
    await world.deployMdm('mapped', null, 'Cards');
    assert.deepEqual(await lineOf('sides'), ['sides: ok fed']);
    await world.removeMdm('tenant');
    await world.removeMdm('mapped');
    assert.deepEqual(await lineOf('sides'), ['sides: no no-mdm']);
  });

  it('says what the notifiers have found of themselves', async () => {
    await notifierSays('ready', 'A mail would go out.');
    assert.deepEqual(await lineOf('mail'), ['mail: ok heard']);
    await notifierSays('failed', 'no\nmailbox');
    const mail = (await told('en')).lines.find(({ id }) => id === 'mail');
    assert.deepEqual([mail?.state, mail?.seen.text], ['no', 'No notifier can mail anybody. Mails: no mailbox']);
    assert.deepEqual(await lineOf('mail', { deployed: { ...DEPLOYED, notifiers: [] } }), ['mail: warn nobody']);
  });

  it('keeps who confirmed a link address and when, and asks again for another address', async () => {
    await confirm(ADDRESS);
    const { lines } = await told('en');
    const link = lines.find(({ id }) => id === 'link');
    assert.deepEqual(
      [link?.state, link?.seen.text, link?.seen.values['by'], link?.confirm],
      ['ok', 'Confirmed by ann on Jun 1, 2026: phones reach it.', 'ann', null],
    );
    const moved = { ...DEPLOYED, links: [OTHER] };
    const asked = (await told('en', { deployed: moved })).lines.find(({ id }) => id === 'link');
    assert.deepEqual(
      [asked?.state, asked?.seen.text, asked?.confirm?.address],
      ['unknown', `Nobody has confirmed this address. It was ${ADDRESS} that was confirmed.`, OTHER],
    );
    assert.match(asked?.confirm?.text ?? '', new RegExp(`Did you open ${OTHER} on a phone`));
    await confirm(OTHER, [OTHER], null);
    assert.deepEqual(await lineOf('link', { deployed: moved }), [`link, ${OTHER}: ok confirmed`]);
    // Back at the first address somebody has to look again.
    assert.deepEqual(await lineOf('link'), [`link, ${ADDRESS}: unknown changed`]);
    const said = (await told('de', { deployed: moved })).lines.find(({ id }) => id === 'link')?.seen.text;
    assert.equal(said, 'Bestätigt durch jemanden ohne Anmeldung am 01.06.2026: Telefone erreichen sie.');
  });

  it('keeps the confirmations of several notifiers beside each other', async () => {
    const links = [ADDRESS, OTHER];
    await confirm(ADDRESS, links);
    await confirm(OTHER, links);
    assert.deepEqual(await lineOf('link', { deployed: { ...DEPLOYED, links } }), [
      `link, ${ADDRESS}: ok confirmed`,
      `link, ${OTHER}: ok confirmed`,
    ]);
  });

  it('has in the audit who confirmed which address when, and when that lapsed', async () => {
    const [first, second, third] = [1, 2, 3].map((minute) => `2026-06-02T08:0${minute}:00.000Z`) as [
      string,
      string,
      string,
    ];
    const confirmAt = (at: string, address: string, by: string | null, who: string) =>
      confirmLink({ store: world.store, address, deployed: [address], by, who, now: () => Date.parse(at) });
    await confirmAt(first, ADDRESS, 'ann', 'ann');
    await confirmAt(second, ADDRESS, null, 'editor (192.0.2.7)');
    await confirmAt(third, OTHER, 'ann', 'ann');
    const entry = { deviceKey: null, organization: null, rule: null, evidence: [], approvedBy: null };
    const kept = { address: ADDRESS, by: 'ann', at: first };
    const again = { address: ADDRESS, by: 'unknown', at: second };
    const rows: readonly (readonly [string, string, string, string, object | null, object | null])[] = [
      [first, 'ann', 'confirm-link', ADDRESS, null, { address: ADDRESS, at: first }],
      [second, 'editor (192.0.2.7)', 'confirm-link', ADDRESS, kept, { address: ADDRESS, at: second }],
      [third, 'ann', 'lapse-link', ADDRESS, again, null],
      [third, 'ann', 'confirm-link', OTHER, null, { address: OTHER, at: third }],
    ];
    assert.deepEqual(
      (await world.store.audit.recent()).toReversed(),
      rows.map(([at, who, what, reason, before, after]) => ({ ...entry, at, who, what, reason, before, after })),
    );
  });

  it('does not take a confirmation of an address that no deployed notifier has', async () => {
    for (const address of ['', 'https://elsewhere.example/'])
      await assert.rejects(confirm(address), { code: 'ERR_INPUT_INVALID' });
    assert.deepEqual(await lineOf('link'), [`link, ${ADDRESS}: unknown unconfirmed`]);
  });

  it('names the page that mails lead to: with its path, or by the address alone', () => {
    assert.deepEqual(['https://go.example', 'https://go.example/mail/', '', 'no address'].map(linkPageOf), [
      'https://go.example/activate',
      'https://go.example/mail',
      '',
      'no address',
    ]);
  });

  it('counts merged devices whose compliance nobody knows', async () => {
    world.addPhone('anna');
    Object.assign(world.enroll('anna'), { complianceState: 'unknown' });
    await world.sync();
    assert.deepEqual(await lineOf('compliance'), ['compliance: warn some']);
    const line = (await look()).lines.find(({ id }) => id === 'compliance');
    assert.equal(line?.seen.values['count'], 1);
  });

  it('changes nothing', async () => {
    world.addPhone('anna');
    await world.sync();
    const kept = async (): Promise<string> =>
      JSON.stringify([await world.store.snapshots.list('eas'), await world.store.history.recent({ limit: 50 })]);
    const before = await kept();
    await look();
    assert.deepEqual([await kept(), world.writes], [before, 0]);
  });

  it('takes a second organization beside it for itself', async () => {
    world.addPhone('anna');
    await world.sync();
    const beside = world.beside('other');
    assert.deepEqual(await lineOf('blocks', { exchange: beside.exchange }), ['blocks: unknown never']);
  });
});
