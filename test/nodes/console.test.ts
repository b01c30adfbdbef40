/** What the console asks the runtime, on a deployed flow against the lab: an organization is read, a plan is held, and approved. */
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import { GERMAN_WORDS } from '../../src/console/german.ts';
import { ERROR_HELP } from '../../src/errors.ts';
import { ERROR_HELP_DE } from '../../src/model/error-help-de.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { KeptCheck, Store } from '../../src/store/store.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { API, startConsole } from '../support/console-flow.ts';
import type { Answer, ConsoleFlow } from '../support/console-flow.ts';
import type { SyncReport } from '../../src/connector/sync/sync-report.ts';
import { keepWhole } from '../connector/kept-readings.ts';
import { stopFlow } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';
import { easRecord, mdmRecord } from '../support/records.ts';
import { ANNAS_PHONE, aManagedPhone, anna, enrollUser1, people, still } from '../support/people.ts';

const TOKEN = 'a-token-of-the-monitoring';

describe('the routes of the console', () => {
  let lab: Lab;
  let flow: RunningFlow;

  beforeEach(async () => {
    lab = await startLab({ organization: aManagedPhone(people(anna(still()), 3)) });
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  let sync: ConsoleFlow['sync'];
  let ask: ConsoleFlow['ask'];
  let act: ConsoleFlow['act'];
  const start = async (secrets: Record<string, string> = {}): Promise<void> => {
    ({ flow, sync, ask, act } = await startConsole(lab, {}, secrets));
  };

  it('tell of an organization that nobody has read yet that it was never read, and of nothing else', async () => {
    await start();
    assert.deepEqual((await ask('/exchange-connector/api/stores')).json, {
      stores: [{ id: 'store', name: 'The store' }],
    });
    const { json } = await ask(`${API}/overview`);
    assert.deepEqual([json.organization, json.organizations, json.counts.devices], [null, [], 0]);
    assert.equal(json.days.length, 30);
    assert.deepEqual((await ask(`${API}/devices`)).json, { devices: [], next: null });
    assert.deepEqual((await ask(`${API}/plans`)).json, { plans: [] });
  });

  it('tell how it goes, by names: readings, counts, the held plan first, and the last runs', async () => {
    await start();
    await sync();
    const { status, headers, json, text } = await ask(`${API}/overview`);
    assert.equal(status, 200);
    assert.deepEqual(
      ['cache-control', 'x-content-type-options', 'content-security-policy'].map((name) => headers.get(name)),
      ['no-store', 'nosniff', "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"],
    );
    assert.deepEqual(json.organization, { id: 'exchange', name: 'Contoso' });
    assert.deepEqual(json.counts, {
      devices: 4,
      merged: 0,
      allowed: 0,
      blocked: 0,
      decided: { allow: 0, block: 4, release: 0, leave: 0 },
      waiting: 0,
      failed: 0,
      held: 4,
      exempt: 0,
    });
    const held = json.needs.find(({ code }: { code: string }) => code === 'held');
    assert.deepEqual([held.count, held.text, held.seen.code], [4, 'changes wait for approval', 'ERR_BRAKE']);
    assert.deepEqual(
      json.readings.map((one: Record<string, unknown>) => [one['source'], one['name'], one['records'], one['isFresh']]),
      [
        ['eas', 'Exchange', 4, true],
        ['mdm', 'Intune', 1, true],
      ],
    );
    assert.deepEqual(json.reasons, [{ code: 'not-enrolled', text: 'not enrolled', count: 4 }]);
    assert.equal(json.days.at(-1).held, 4);
    assert.ok(json.runs.some(({ subject }: { subject: { code: string } }) => subject.code === 'access'));
    assert.equal(text.includes(lab.exchange.password), false);
  });

  it('list the devices in pages, filtered and sorted, and tell all of one', async () => {
    await start();
    await sync();
    const { json } = await ask(`${API}/devices?rows=3&sort=-owner`);
    assert.deepEqual(
      json.devices.map(({ owner }: { owner: { address: string } }) => owner.address),
      ['user2@contoso.example', 'user1@contoso.example', 'user0@contoso.example'],
    );
    const rest = await ask(`${API}/devices?rows=3&sort=-owner&after=${json.next}`);
    assert.deepEqual([rest.json.devices.length, rest.json.next], [1, null]);
    const [found] = (await ask(`${API}/devices?text=ANNA&decision=block&state=allowed`)).json.devices;
    assert.deepEqual(
      [found.owner.name, found.easId, found.decision.reason.text, found.access.state.code, found.mdm],
      ['Anna Adler', ANNAS_PHONE.deviceId, 'not enrolled', 'allowed', null],
    );
    const names = async (query: string): Promise<string[]> =>
      (await ask(`${API}/devices?${query}`)).json.devices.map(({ owner }: Answer['json']) => owner.name);
    assert.deepEqual(await names('text=ANNA%20AD'), ['Anna Adler']);
    const everybody = (await names('sort=owner')).sort();
    for (const sort of ['device', '-device', 'state', '-state', 'decision', '-decision', 'last-sync', '-last-sync'])
      assert.deepEqual((await names(`sort=${sort}`)).sort(), everybody, sort);
    const one = (await ask(`${API}/device?key=${encodeURIComponent(found.key)}`)).json;
    assert.deepEqual(
      one.steps.map(({ code, at }: { code: string; at: string | null }) => [code, at !== null]),
      [
        ['added', true],
        ['read', true],
        ['blocked', false],
        ['mailed', false],
        ['enrolled', false],
        ['merged', false],
        ['allowed', false],
      ],
    );
    assert.notEqual(one.heldIn, null);
  });

  it('refuse what is no question of theirs, by a code and in words', async () => {
    await start();
    for (const path of [
      'devices?stat=blocked',
      'devices?state=dead',
      'devices?rows=0',
      'devices?rows=501',
      'devices?after=nowhere',
      'devices?after=WyJhIl0',
      'devices?sort=mood',
      'devices?text=a&text=b',
      'devices?organization=other',
      'device?key=none',
      'audit?from=2026-02-31',
      'audit.csv?rows=3',
    ]) {
      const { status, json } = await ask(`${API}/${path}`);
      assert.deepEqual([path, status, json.error.code], [path, 400, 'ERR_INPUT_INVALID']);
      assert.ok(json.error.text.length > 10);
    }
    const unknown = await ask('/exchange-connector/api/nostore/overview');
    assert.deepEqual([unknown.status, unknown.json.error.code], [400, 'ERR_CONFIG_MISSING']);
    assert.equal((await ask(`${API}/plan?id=none`)).json.error.code, 'ERR_PLAN_UNKNOWN');
  });

  it('approve at the access switch that has the lease, where two enforce for one organization', async () => {
    const nodesOf = (nodes: readonly FlowNode[], name: string, mode: string): FlowNode[] => {
      const first = nodes.find(({ id }) => id === 'switch')!;
      const second = { ...first, id: 'switch2', name, wires: [[], [], [], ['switchReport']] };
      return [...nodes.map((node) => (node === first ? { ...node, mode } : node)), second];
    };
    let deployed: readonly FlowNode[] = [];
    const console = await startConsole(lab, { matcher: { wires: [['switch', 'switch2'], [], []] } }, {}, (nodes) =>
      nodesOf((deployed = nodes), 'Second', 'simulate'),
    );
    ({ flow, ask, act } = console);
    await flow.redeploy(nodesOf(deployed, 'Second', 'enforce'), 'nodes');
    // Deployed last, it stands behind the other one, and has the lease as before.
    await flow.redeploy(nodesOf(deployed, 'Second gate', 'enforce'), 'nodes');
    await console.sync();
    const [plan] = (await ask(`${API}/plans`)).json.plans;
    const approved = await act('approve', { plan: plan.id });
    assert.deepEqual([approved.status, approved.json], [200, { state: 'ended', node: 'Second gate' }]);
  });

  it('show a held plan in pages and by mailbox, approve a part, discard the rest, and keep who did it', async () => {
    await start();
    await sync();
    const [plan] = (await ask(`${API}/plans`)).json.plans;
    const first = (await ask(`${API}/plan?id=${plan.id}&rows=3`)).json;
    assert.deepEqual([first.changes.length, first.plan.changes], [3, 4]);
    const germanPlans = (await ask(`${API}/plans?language=de`)).json.plans;
    const germanPlan = (await ask(`${API}/plan?id=${plan.id}&rows=1&language=de`)).json.plan;
    const inGerman = { code: 'ERR_BRAKE', text: '4 Postfächer verlören den Zugang; die Bremse lässt 1 von 4 zu.' };
    assert.deepEqual([germanPlans[0].reason, germanPlan.reason], [inGerman, inGerman]);
    const second = (await ask(`${API}/plan?id=${plan.id}&rows=3&after=${first.next}`)).json;
    assert.deepEqual([second.changes.length, second.next], [1, null]);
    const annas = (await ask(`${API}/plan?id=${plan.id}&mailbox=anna@contoso.example`)).json;
    assert.deepEqual(
      annas.changes.map(({ easId, action }: { easId: string; action: { code: string } }) => [easId, action.code]),
      [[ANNAS_PHONE.deviceId, 'block']],
    );
    const approved = await act('approve', { plan: plan.id, mailbox: 'anna@contoso.example' });
    assert.deepEqual([approved.status, approved.json], [200, { state: 'ended', node: 'Gate' }]);
    const { counts } = (await ask(`${API}/overview`)).json;
    assert.deepEqual([counts.held, counts.blocked], [3, 1]);
    const device = (await ask(`${API}/device?key=${encodeURIComponent(annas.changes[0].key)}`)).json;
    const blocked = device.steps.find(({ code }: { code: string }) => code === 'blocked');
    assert.ok(blocked.at !== null);
    const ofGerman = (await ask(`${API}/device?key=${encodeURIComponent(annas.changes[0].key)}&language=de`)).json;
    assert.deepEqual(
      ofGerman.audit.map(({ evidence }: Answer['json']) => evidence),
      [['Kein registriertes Gerät dieses Benutzers passt.']],
    );
    assert.deepEqual(
      ofGerman.steps.flatMap(({ evidence }: Answer['json']) => evidence).filter((line: string) => line.includes(' ')),
      ['wie Exchange sagt', 'nicht registriert', 'Kein registriertes Gerät dieses Benutzers passt.'],
    );
    const discarded = await act('discard', { plan: plan.id });
    assert.deepEqual(discarded.json, { state: 'ended', node: 'Gate' });
    const { entries } = (await ask(`${API}/audit?organization=exchange`)).json;
    assert.deepEqual(
      entries.map(({ what }: { what: { code: string } }) => what.code),
      ['discard', 'block', 'approve'],
    );
    assert.equal(entries[1].who, 'Gate');
    for (const device of [
      annas.changes[0].key,
      ANNAS_PHONE.deviceId,
      'ANNA@contoso.example',
      annas.changes[0].owner.mailboxId,
    ])
      assert.deepEqual(
        (await ask(`${API}/audit?device=${encodeURIComponent(device)}`)).json.entries.map(
          ({ what }: Answer['json']) => what.code,
        ),
        ['block'],
        device,
      );
    assert.deepEqual((await ask(`${API}/audit?device=nobody`)).json.entries, []);
  });

  it('say what needs a person, and why they refuse something, in the language that is asked for', async () => {
    await start();
    const refused = async (path: string): Promise<string> => (await ask(`${API}/${path}`)).json.error.text;
    assert.equal(
      await refused('device?key=x&language=de'),
      `Der Speicher kennt kein Gerät dieses Schlüssels. ${ERROR_HELP_DE.ERR_INPUT_INVALID}`,
    );
    assert.equal(
      await refused('devices?state=lost&language=de-AT'),
      `Der Parameter „state“ ist nicht wie erwartet: allowed, blocked, quarantined, discovery, unknown. ${ERROR_HELP_DE.ERR_INPUT_INVALID}`,
    );
    assert.equal(
      (await act('forget', { source: 'tenant', language: 'de' })).json.error.text,
      `Hier lässt sich nur der Abruf einer MDM-Quelle vergessen, von der die Flows seit zehn Minuten keinen Node haben, auch keinen deaktivierten. ${ERROR_HELP_DE.ERR_INPUT_INVALID}`,
    );
    assert.equal(
      await refused('devices?sort=size'),
      `The parameter "sort" is not as expected: owner, -owner, since, -since, device, -device, state, -state, decision, -decision, last-sync, -last-sync. ${ERROR_HELP.ERR_INPUT_INVALID}`,
    );
    assert.match(await refused('devices?language=fr'), /^The parameter "language" is not as expected: en, de\./);
    const answer = await act('approve', { plan: 'x', language: 'de' });
    assert.equal(
      answer.json.error.text,
      `Kein Plan dieser ID wird noch zurückgehalten. ${ERROR_HELP_DE.ERR_PLAN_UNKNOWN}`,
    );
    const { needs } = (await ask(`${API}/overview?language=de`)).json;
    assert.deepEqual(
      needs.map(({ code, text }: Answer['json']) => [code, text]),
      needs.map(({ code }: Answer['json']) => [code, GERMAN_WORDS.attention[code]]),
    );
    assert.ok(needs.length > 0);
  });

  it('have the message that a flow would send done by the node, and tell what it says', async () => {
    await start();
    await sync();
    const refused = await act('discard', { plan: 'none' });
    assert.deepEqual([refused.status, refused.json.error.code], [400, 'ERR_PLAN_UNKNOWN']);
    assert.equal((await act('pair', { easKey: 'a', mdmKey: 'b' })).json.error.code, 'ERR_INPUT_INVALID');
    assert.equal((await act('unpair', {})).json.error.code, 'ERR_INPUT_INVALID');
    assert.equal((await act('resend', { mailbox: 'nobody@contoso.example' })).json.error.code, 'ERR_INPUT_INVALID');
    assert.equal((await act('resend', { mailbox: 'x', notifier: 'y' })).json.error.code, 'ERR_CONFIG_MISSING');
    assert.equal((await act('retry', { organization: 'other' })).json.error.code, 'ERR_CONFIG_MISSING');
    assert.deepEqual((await act('retry', { organization: 'exchange' })).json, { state: 'ended', node: 'Gate' });
    const [{ key: easKey }] = (await ask(`${API}/devices?text=anna`)).json.devices;
    const [id] = lab.organization.managedDevices.keys();
    const paired = await act('pair', { easKey, mdmKey: `mdm:tenant:${id}`, note: 'seen at the desk' });
    assert.equal(paired.json.state, 'ended', paired.text);
    const one = (await ask(`${API}/device?key=${encodeURIComponent(easKey)}`)).json;
    assert.equal(one.pairing.note, 'seen at the desk');
    assert.equal((await act('unpair', { easKey })).json.state, 'ended');
    assert.equal((await ask(`${API}/device?key=${encodeURIComponent(easKey)}`)).json.pairing, null);
  });

  /** As if a source had been on the canvas, and its reading kept, until so many minutes ago. */
  const leave = async (scope: string, minutesAgo: number): Promise<string> => {
    const store = await (helper.getNode('store') as unknown as { store(): Promise<Store> }).store();
    const [read, gone] = [90, minutesAgo].map((minutes) => new Date(Date.now() - minutes * 60_000).toISOString());
    const { sources } = store;
    await sources.announce({ nodeId: 'old', scope, provider: 'intune', name: 'Old tenant', announcedAt: read! });
    await keepWhole(store, 'mdm', scope, [mdmRecord(1, { source: scope })], read);
    await keepWhole(store, 'eas', 'exchange', [easRecord(1)], read);
    await sources.remove('old', gone!);
    return gone!;
  };
  const missed = async (): Promise<unknown[]> =>
    (await ask(`${API}/overview`)).json.needs
      .filter(({ code }: Answer['json']) => code === 'source-gone')
      .map(({ about, seen, gone }: Answer['json']) => ({ about, seen: seen.code, gone }));
  const refused = async (source: string): Promise<void> =>
    assert.equal((await act('forget', { source })).json.error.code, 'ERR_INPUT_INVALID', source);

  it('name an MDM source that no node has read for ten minutes, and forget its reading when a person says so', async () => {
    await start();
    await leave('gone', 5);
    assert.deepEqual(await missed(), []);
    for (const source of ['', 'nothing', 'tenant', 'gone']) await refused(source);
    await leave('other', 5);
    const since = await leave('older', 11);
    const { json } = await ask(`${API}/overview`);
    assert.deepEqual(await missed(), [
      { about: 'Old tenant', seen: 'ERR_SOURCE_GONE', gone: { source: 'older', since, mayBeForgotten: true } },
    ]);
    assert.deepEqual(
      json.health.filter(({ code }: Answer['json']) => code === 'source-gone').map(({ at }: Answer['json']) => at),
      [since],
    );
    assert.deepEqual((await act('forget', { source: 'older' })).json, { state: 'ended', node: 'merge matcher' });
    assert.deepEqual(await missed(), []);
    const [entry] = (await ask(`${API}/audit`)).json.entries;
    assert.deepEqual([entry.what.code, entry.who !== null], ['forget', true]);
  });

  it('do not forget the reading of a source that is only disabled, however long', async () => {
    ({ flow, sync, ask, act } = await startConsole(lab, { mdm: { d: true } }));
    const since = await leave('tenant', 60);
    assert.deepEqual(await missed(), [
      { about: 'Old tenant', seen: 'ERR_SOURCE_GONE', gone: { source: 'tenant', since, mayBeForgotten: false } },
    ]);
    await refused('tenant');
  });

  it('tell which MDM records a device may be, and have it paired with one of them', async () => {
    enrollUser1(lab.organization);
    await start();
    await sync();
    const keyOf = async (text: string): Promise<string> =>
      (await ask(`${API}/devices?text=${text}`)).json.devices[0].key;
    const [users, annas] = [await keyOf('user1'), await keyOf('anna')];
    const candidates = (key: string): Promise<Answer> => ask(`${API}/candidates?key=${encodeURIComponent(key)}`);
    const { json } = await candidates(users);
    const [found] = json.candidates;
    assert.deepEqual(
      [json.candidates.length, found.source, found.name, found.user, found.why],
      [1, 'Intune', "User 1's iPhone", 'user1@contoso.example', 'Same user, platform and model.'],
    );
    assert.deepEqual((await candidates(annas)).json, {
      reason: { code: 'not-enrolled', text: 'No enrolled device of this user fits.' },
      candidates: [],
    });
    for (const key of ['', 'none', annas.replace(/:[^:]+$/, ':gone')])
      assert.equal((await candidates(key)).json.error.code, 'ERR_INPUT_INVALID');
    assert.equal((await act('pair', { easKey: users, mdmKey: found.key, note: 'seen' })).json.state, 'ended');
    await sync();
    const device = (await ask(`${API}/device?key=${encodeURIComponent(users)}`)).json;
    assert.deepEqual([device.mdm.name, device.merge.by.code], ["User 1's iPhone", 'pairing']);
    assert.deepEqual((await candidates(users)).json.candidates, []);
  });

  it('exempt a device until a day, at which a match follows at once, and take that back', async () => {
    await start();
    await sync();
    const [{ key: device }] = (await ask(`${API}/devices?text=anna`)).json.devices;
    const until = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
    const decidedAfter = async (action: string, body: object): Promise<Record<string, unknown>> => {
      const reports = flow.messages('switchReport').length;
      const { json, text } = await act(action, body);
      assert.deepEqual(json, { state: 'ended', node: 'Gate' }, text);
      await flow.until(() => flow.messages('switchReport').length > reports, 'the switch has decided');
      const { decision, exempt, heldIn } = (await ask(`${API}/device?key=${encodeURIComponent(device)}`)).json;
      return { rule: decision.rule, note: exempt?.note ?? null, isHeld: heldIn !== null };
    };
    assert.deepEqual(await decidedAfter('exempt', { device, until, note: 'phone of the fair' }), {
      rule: 'Exempt',
      note: 'phone of the fair',
      isHeld: false,
    });
    const { counts } = (await ask(`${API}/overview`)).json;
    assert.deepEqual([counts.exempt, counts.held], [1, 3]);
    const named = { organization: 'exchange', mailbox: 'anna@contoso.example', easId: ANNAS_PHONE.deviceId };
    assert.deepEqual(await decidedAfter('unexempt', named), { rule: 'Not managed', note: null, isHeld: true });
    for (const wrong of [{ device }, { device, until, note: '' }, { device: 'none', until, note: 'x' }])
      assert.equal((await act('exempt', wrong)).status, 400);
    assert.equal((await act('unexempt', { device })).json.error.code, 'ERR_INPUT_INVALID');
  });

  it('try a device: which rule decides, what would change, and the same with its exemption, in the language that is asked for', async () => {
    await start();
    await sync();
    const [{ key: device }] = (await ask(`${API}/devices?text=anna`)).json.devices;
    const tried = async (more = ''): Promise<Answer['json']> =>
      (await ask(`${API}/try?key=${encodeURIComponent(device)}${more}`)).json.device;
    const before = await tried();
    assert.deepEqual(
      [before['action'].code, before['rule'].name, before['reason'].code, before['would']],
      [
        'block',
        'Not managed',
        'not-enrolled',
        { changes: true, text: 'Would put the EAS ID on the blocked list of the mailbox: allowed → blocked.' },
      ],
    );
    assert.match(before['rule'].sentence, /^Not managed: if the record is “EAS only”.*then block the device\.$/);
    const german = await tried('&language=de');
    assert.match(german['rule'].sentence, /dann das Gerät sperren/);
    assert.equal(
      german['would'].text,
      'Würde im Postfach die EAS-ID auf die Liste der gesperrten setzen: zugelassen → gesperrt.',
    );
    assert.equal(german['reason'].text, 'Kein registriertes Gerät dieses Benutzers passt.');
    const until = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
    await act('exempt', { device, until, note: 'phone of the fair' });
    const exempt = await tried();
    const exemptInGerman = await tried('&language=de');
    assert.equal(exemptInGerman['rule'].name, 'Ausgenommen');
    assert.match(
      exemptInGerman['reason'].text,
      /^Ausgenommen bis .*: „phone of the fair“\. Sonst: sperren\. Kein registriertes Gerät dieses Benutzers passt\.$/,
    );
    assert.deepEqual(
      [exempt['action'].code, exempt['rule'].name, exempt['would'].changes],
      ['release', 'Exempt', false],
    );
    assert.match(exempt['reason'].text, /phone of the fair.*Without that: block\./);
    assert.equal(
      (await ask(`${API}/try?key=${encodeURIComponent(device.replace(/:[^:]+$/, ':gone'))}`)).json.device,
      null,
    );
    assert.equal((await ask(`${API}/try?key=none`)).json.error.code, 'ERR_CONFIG_MISSING');
    assert.equal((await ask(`${API}/try?key=none&language=fr`)).json.error.code, 'ERR_INPUT_INVALID');
  });

  it('remove a partnership only where the access switch lets a person do it, and keep from where it was asked for', async () => {
    await start();
    await sync();
    const [{ key: device }] = (await ask(`${API}/devices?text=anna`)).json.devices;
    const one = async (): Promise<Answer['json']> =>
      (await ask(`${API}/device?key=${encodeURIComponent(device)}`)).json;
    assert.equal((await one()).mayBeRemoved, false);
    const refused = await act('remove', { device });
    assert.deepEqual([refused.status, refused.json.error.code], [400, 'ERR_INPUT_INVALID']);
    await stopFlow();
    ({ flow, sync, ask, act } = await startConsole(lab, {
      switch: { name: 'Gate', brakeCount: 1, brakePercent: 0, removeByHand: true },
    }));
    await sync();
    assert.equal((await one()).mayBeRemoved, true);
    assert.deepEqual((await act('remove', { device, note: 'lost' })).json, { state: 'ended', node: 'Gate' });
    assert.equal(lab.organization.partnership('anna@contoso.example', ANNAS_PHONE.deviceId), null);
    const { entries } = (await ask(`${API}/audit?organization=exchange`)).json;
    assert.deepEqual(
      entries.map((entry: Answer['json']) => [entry.what.code, entry.who, entry.approvedBy]),
      [
        ['remove', 'Gate', 'editor (127.0.0.1)'],
        ['ask-remove', 'editor (127.0.0.1)', null],
      ],
    );
  });

  it('have both sides read for a dry run, which writes nothing and says what it would change', async () => {
    await start();
    assert.equal((await act('dry-run', { organization: 'other' })).json.error.code, 'ERR_CONFIG_MISSING');
    assert.equal((await ask(`${API}/overview`)).json.dryRun, null);
    assert.equal((await act('dry-run', { organization: 'exchange' })).status, 200);
    const wouldHold = (): boolean =>
      flow.messages('switchReport').some(({ payload }) => (payload as SyncReport).counts.held === 4);
    await flow.until(wouldHold, 'both sides were read, and the switch has reported');
    const { dryRun, counts, plans } = (await ask(`${API}/overview`)).json;
    assert.deepEqual(
      [dryRun.blocked, dryRun.allowed, dryRun.held, counts.blocked, counts.waiting, plans],
      [0, 0, 4, 0, 0, []],
    );
  });

  it('take no action from a page of another site, nor from a form', async () => {
    await start();
    const body = { organization: 'exchange' };
    const { host } = new URL(flow.url);
    for (const [headers, status] of [
      [{ origin: `http://${host}` }, 200],
      [{ origin: 'https://evil.example' }, 400],
      [{ origin: 'null' }, 400],
      [{ 'content-type': 'text/plain' }, 400],
    ] as const)
      assert.equal((await act('retry', body, headers)).status, status, JSON.stringify(headers));
  });

  it('hand out files that a spreadsheet opens without running what phones call themselves', async () => {
    lab.organization.addMailbox({ alias: 'eve', displayName: '=HYPERLINK("https://evil.example")' });
    lab.organization.syncPhone({ ...ANNAS_PHONE, deviceId: 'EVE', model: '@SUM(1)', mailbox: 'eve@contoso.example' });
    await start();
    await sync();
    const { headers, text } = await ask(`${API}/devices.csv?text=eve`);
    assert.match(headers.get('content-type') ?? '', /^text\/csv/);
    assert.match(headers.get('content-disposition') ?? '', /^attachment; filename="exchange-connector-devices-/);
    const lines = text.trimEnd().split('\r\n');
    assert.equal(lines.length, 2);
    assert.ok(
      lines[1]?.startsWith(`"'=HYPERLINK(""https://evil.example"")",eve@contoso.example,EVE,'@SUM(1),`),
      lines[1],
    );
    assert.match((await ask(`${API}/audit.csv`)).text, /^\ufeff?At,Who,Approved by,/);
  });

  it('hand out measures to who has the token of the monitoring, and to nobody else', async () => {
    await start({ metricsToken: TOKEN });
    await sync();
    const scrape = (token: string | null): Promise<Answer> =>
      ask('/exchange-connector/metrics', token === null ? {} : { headers: { authorization: `Bearer ${token}` } });
    assert.deepEqual([(await scrape(null)).status, (await scrape('another')).status], [401, 401]);
    const { status, headers, text } = await scrape(TOKEN);
    assert.equal(status, 200, text);
    assert.equal(headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    assert.match(
      text,
      /^exchange_connector_held_changes\{store="The store",organization="Contoso",reason="ERR_BRAKE"\} 4$/m,
    );
    assert.ok(text.endsWith('# EOF\n'));
    assert.equal(text.includes(TOKEN), false);
  });

  it('tell how Autodiscover is by what each check has seen last, in the language that is asked for', async () => {
    await start({ metricsToken: TOKEN });
    const health = async (language = 'en'): Promise<unknown[]> =>
      (await ask(`${API}/overview?language=${language}`)).json.health
        .filter(({ part }: { part: string }) => part === 'autodiscover')
        .map((one: Answer['json']) => [one.name, one.verdict, one.code, one.text]);
    assert.deepEqual(await health(), [
      ['Autodiscover', 'unknown', 'never-checked', 'no check was made within 30 days'],
    ]);
    const { checks } = await (helper.getNode('store') as unknown as { store(): Promise<Store> }).store();
    const put = (target: string, overall: KeptCheck['overall'], daysAgo: number): Promise<void> =>
      checks.put({
        node: 'check',
        target,
        name: 'Inside',
        domain: target || 'contoso.example',
        at: new Date(Date.now() - daysAgo * 86_400_000).toISOString(),
        overall,
        verdict: null,
        texts: { en: 'It works.', de: 'Es geht.' },
      });
    await put('', 'healthy', 0);
    await put('a.example', 'warning', 1);
    await put('b.example', 'healthy', 3);
    await put('c.example', 'broken', 4);
    await put('d.example', 'unknown', 5);
    assert.deepEqual(await health('de'), [
      ['Inside, contoso.example', 'ready', 'autodiscover-healthy', 'Es geht.'],
      ['Inside, a.example', 'ready', 'autodiscover-warning', 'Es geht.'],
      ['Inside, b.example', 'unknown', 'check-old', 'die letzte Prüfung ist zu alt, um etwas zu sagen'],
      ['Inside, c.example', 'failed', 'autodiscover-broken', 'Es geht.'],
      ['Inside, d.example', 'unknown', 'autodiscover-unknown', 'Es geht.'],
    ]);
    const { needs } = (await ask(`${API}/overview`)).json;
    assert.deepEqual(
      needs
        .map(({ code, about }: Answer['json']) => [code, about])
        .filter(([code]: string[]) => code === 'autodiscover'),
      [['autodiscover', 'Inside']],
    );
    const { text } = await ask('/exchange-connector/metrics', { headers: { authorization: `Bearer ${TOKEN}` } });
    assert.match(
      text,
      /^exchange_connector_autodiscover_ok\{store="The store",check="Inside",domain="contoso.example"\} 1$/m,
    );
    assert.match(text, /^exchange_connector_autodiscover_ok\{.*domain="c.example"\} 0$/m);
    assert.match(text, /^exchange_connector_autodiscover_age_seconds\{.*domain="c.example"\} 3456\d\d$/m);
  });

  it('take no token that is short enough to be tried out', async () => {
    await start({ metricsToken: 'short' });
    assert.equal(
      (await ask('/exchange-connector/metrics', { headers: { authorization: 'Bearer short' } })).status,
      404,
    );
    assert.match(flow.logged().join('\n'), /is shorter than 16 characters/);
  });

  it('take no token that is the name of a variable that there is not, which the flow shows', async () => {
    await start({ metricsToken: '${CONNECTOR_TEST_GONE}' });
    await sync();
    const headers = { authorization: 'Bearer ${CONNECTOR_TEST_GONE}' };
    assert.equal((await ask('/exchange-connector/metrics', { headers })).status, 404);
    assert.ok(flow.words().includes('There is no environment variable CONNECTOR_TEST_GONE.'));
    assert.match(flow.logged().join('\n'), /“connector-store.field.metricsToken”/);
  });

  it('take a metrics token of several words, and one that came with a line break from a file', async () => {
    await start({ metricsToken: 'some words of a token\n' });
    const scrape = async (token: string): Promise<number> =>
      (await ask('/exchange-connector/metrics', { headers: { authorization: `Bearer ${token}` } })).status;
    assert.deepEqual(
      [await scrape('some words of a token'), await scrape('some'), await scrape('some words of a  token')],
      [200, 401, 401],
    );
  });

  it('hand out no measures where no store has a token', async () => {
    await start();
    const headers = { authorization: 'Bearer ' };
    assert.equal((await ask('/exchange-connector/metrics', { headers })).status, 404);
  });
});
