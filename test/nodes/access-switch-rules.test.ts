/** What decides beside the records: groups, a gentle switch-on; and what the dialog is told. */
import assert from 'node:assert/strict';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import type { Rule } from '../../src/access/rules.ts';
import type { SyncReport } from '../../src/connector/sync/sync-report.ts';
import { stopFlow } from '../support/node-red.ts';
import { codes, easIdOf, SwitchWorld } from '../support/access-switch-world.ts';
import { BASE, group as directoryGroup, groupDn, partition, user } from '../ldap/contoso.ts';
import { bytesOfGuid, directoryDomain } from '../support/directory-domain.ts';
import {
  startDirectoryServer,
  type DirectoryServer,
  type DirectoryServerOptions,
} from '../support/directory-server.ts';

const SECRET = 'D1rectory-Secret!';

const excluding = (...groups: string[]): Rule[] => [
  { name: 'Excluded groups', when: [{ field: 'group', in: groups }], action: 'leave', code: 'excluded-group' },
  ...DEFAULT_RULES.slice(1),
];

describe('the rules of the access switch', () => {
  let world: SwitchWorld;

  beforeEach(async () => {
    world = await SwitchWorld.open();
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
  });
  afterEach(() => world.close());

  const group = (name: string, ...members: string[]) =>
    world.lab.organization.addGroup({
      name,
      address: `${name.toLowerCase()}@contoso.example`,
      members: members.map((alias) => world.lab.organization.mailboxByAddress(`${alias}@contoso.example`)!),
    });

  describe('groups', () => {
    it('leaves the members of an excluded group alone, nested groups included, as Graph has them', async () => {
      const { organization } = world.lab;
      const outer = organization.addGroup({ name: 'Everybody special', members: [group('Board', 'anna')] });
      await world.start({ rules: excluding(outer.id) });
      const { counts } = await world.sync();
      assert.deepEqual([counts.blocked, world.state('anna'), world.state('ben')], [1, 'allowed', 'blocked']);
    });

    it('blocks nobody and says why when the directory cannot be read', async () => {
      const board = group('Board', 'ben');
      await world.start({ rules: excluding(board.id) });
      world.lab.servers.graph.faults.add({
        kind: 'status',
        path: '/groups/',
        status: 403,
        times: Number.POSITIVE_INFINITY,
      } as never);
      const { problems, counts } = await world.sync();
      assert.deepEqual(
        problems?.map(({ code }) => code),
        ['ERR_DIRECTORY_UNREADABLE'],
      );
      assert.deepEqual([counts.blocked, world.writes], [0, 0]);
      assert.ok(codes(world.news('attention')).includes('-: ERR_DIRECTORY_UNREADABLE'));
      world.lab.servers.graph.faults.clear();
      await world.sync();
      assert.deepEqual([world.state('anna'), world.state('ben')], ['blocked', 'allowed']);
    });

    it('reads a group once a sync, and none when no rule names one', async () => {
      const asked = (): number => world.lab.servers.graph.requests.filter(({ url }) => url.includes('/groups/')).length;
      const board = group('Board', 'ben');
      await world.start({ rules: excluding(board.id, board.id.toUpperCase()) });
      await world.sync();
      assert.equal(asked(), 1);
      await stopFlow();
      await world.start();
      await world.sync();
      assert.equal(asked(), 1);
    });
  });

  describe('groups of Active Directory', () => {
    const open: DirectoryServer[] = [];
    afterEach(async () => {
      for (const server of open.splice(0)) await server.close();
    });

    /** A directory with a group that holds Anna through another group; nothing but her GUID tells who she is. */
    async function startWith(server: Partial<DirectoryServerOptions> = {}): Promise<DirectoryServer> {
      const anna = world.lab.organization.mailboxByAddress('anna@contoso.example')!;
      const known = user(1, { objectGUID: [bytesOfGuid(anna.guid)], mail: [], userPrincipalName: [] });
      const objects = [known, directoryGroup(1, 'VIP', [groupDn('Board')]), directoryGroup(2, 'Board', [known.dn])];
      const domain = directoryDomain([...objects, partition('CONTOSO', BASE)]);
      const directory = await startDirectoryServer({ certificate: world.lab.certificate, domain, ...server });
      open.push(directory);
      const credentials = {
        ...world.nodes().credentials['exchange'],
        ldapUser: 'CONTOSO\\reader',
        ldapPassword: SECRET,
      };
      await world.start(
        { rules: excluding('CONTOSO\\VIP') },
        { exchange: { ldapUrl: directory.url } },
        { credentials: { exchange: credentials } },
      );
      return directory;
    }

    it('are read with the account of the Exchange server, and their members are counted', async () => {
      const directory = await startWith();
      const { counts, groups } = await world.sync();
      assert.deepEqual([counts.blocked, world.state('anna'), world.state('ben')], [1, 'allowed', 'blocked']);
      assert.deepEqual([groups, directory.binds], [[{ group: 'CONTOSO\\VIP', members: 1 }], ['CONTOSO\\reader']]);
      const definition = world.nodes({ rules: excluding('CONTOSO\\VIP') }).nodes.find(({ id }) => id === 'switch');
      const { json } = await world.ask('preflight', definition);
      assert.match(JSON.stringify(json), /each read whole: CONTOSO\\\\VIP \(1 member\)/);
    });

    it('block nobody where the directory refuses the account, and say what to check without the password', async () => {
      await startWith({ bindCode: 49 });
      const report = await world.sync();
      assert.deepEqual([report.counts.blocked, world.writes], [0, 0]);
      assert.match(
        report.problems?.[0]?.text ?? '',
        /^Group "CONTOSO\\VIP" could not be read, so nobody is blocked: The directory refused the account \(49\).*Check "Directory account"/,
      );
      assert.equal(JSON.stringify([report, world.news('attention'), world.flow.errors()]).includes(SECRET), false);
    });
  });

  describe('a simulation', () => {
    it('writes nothing and says what it would write, grouped by reason with examples', async () => {
      world.enroll('ben');
      world.addPhone('carla');
      await world.start({ mode: 'simulate', name: 'gate' });
      const { diff, mode, counts } = await world.sync();
      assert.deepEqual([mode, counts.blocked, world.writes], ['simulate', 2, 0]);
      assert.deepEqual(diff, [
        {
          action: 'block',
          reason: 'not-enrolled',
          text: 'No enrolled device of this user fits.',
          rule: 'Not managed',
          count: 2,
          held: 0,
          examples: ['anna', 'carla']
            .map((alias) => ({
              mailbox: `${alias}@contoso.example`,
              easId: easIdOf(alias),
              device: 'iPhone16C1',
              from: 'allowed',
              to: 'blocked',
            }))
            .sort(
              (a, b) =>
                diff[0]!.examples.findIndex(({ easId }) => easId === a.easId) -
                diff[0]!.examples.findIndex(({ easId }) => easId === b.easId),
            ),
        },
      ]);
      assert.ok(world.news('blocked').every(({ change }) => change?.applied === false));
    });

    it('is kept in the store for the dialog, from a dry run of an enforcing switch too', async () => {
      await world.start({ name: 'gate' });
      assert.deepEqual(await world.ask('simulation?server=exchange&store=store'), {
        status: 200,
        json: { simulation: null },
      });
      await world.readOnly('mdm');
      const report = await world.read('eas', { sync: { dryRun: true } });
      assert.equal(world.writes, 0);
      const { json } = await world.ask('simulation?server=exchange&store=store');
      const kept = json['simulation'] as { by: string; report: unknown };
      assert.deepEqual([kept.by, kept.report], ['gate', JSON.parse(JSON.stringify(report))]);
      const german = await world.ask('simulation?server=exchange&store=store&language=de');
      const { diff } = (german.json['simulation'] as { report: SyncReport }).report;
      assert.deepEqual(
        diff.map(({ text }) => text),
        ['Kein registriertes Gerät dieses Benutzers passt.'],
      );
    });
  });

  describe('the dialog', () => {
    it('is offered the default rules and the values of conditions', async () => {
      await world.start();
      const { json } = await world.ask('rules');
      assert.deepEqual(json['defaults'], DEFAULT_RULES);
      assert.ok((json['values'] as { reason: string[] }).reason.includes('needs-activation'));
    });

    it('reads rules back as sentences, or says what is wrong where it is wrong', async () => {
      await world.start();
      const { json } = await world.ask('describe', {
        rules: [
          { name: 'A', when: [{ field: 'platform', is: ['ios'] }], action: 'allow' },
          { name: 'B', when: [{ field: 'mailbox', how: 'regex', patterns: ['('] }], action: 'allow' },
          { name: 'C', when: [{ field: 'mailbox', how: 'regex', patterns: ['^board'] }], action: 'leave' },
          { name: 'D', when: [{ field: 'ageHours', below: '24' }], action: 'leave' },
        ],
      });
      const rules = json['rules'] as { sentence: string | null; problems: { condition: number }[] }[];
      assert.deepEqual(
        rules.map(({ sentence }) => sentence),
        [
          'If the platform is “iOS”, then allow the device.',
          null,
          'If the mailbox matches “^board”, then leave the device as it is.',
          'If the device first synced less than 24 hours ago, then leave the device as it is.',
        ],
      );
      assert.deepEqual(
        rules[1]?.problems.map(({ condition }) => condition),
        [0],
      );
    });

    it('says in German what is wrong with rules where the editor is German', async () => {
      await world.start();
      const { json } = await world.ask('describe', {
        language: 'de',
        rules: [
          { name: '', when: [{ field: 'status', is: ['x'] }], action: 'allow' },
          { name: 'B', when: [{ field: 'mailbox', how: 'regex', patterns: ['('] }], action: 'allow' },
        ],
      });
      assert.deepEqual(
        (json['rules'] as { problems: unknown }[]).map(({ problems }) => problems),
        [
          [
            { condition: null, text: 'Sie hat keinen Namen.' },
            { condition: 0, text: '„status“ ist nie „x“.' },
          ],
          [{ condition: 0, text: 'Das Muster ( hat eine ( ohne ) (bei Zeichen 1).' }],
        ],
      );
    });

    it('reads rules back in German where the editor is German, and in English where it is anything else', async () => {
      await world.start();
      const rules = [{ name: 'A', when: [{ field: 'platform', is: ['ios'] }], action: 'allow' }];
      const sentenceIn = async (language: unknown): Promise<unknown> =>
        ((await world.ask('describe', { rules, language })).json['rules'] as { sentence: string }[])[0]?.sentence;
      assert.deepEqual(
        [await sentenceIn('de-DE'), await sentenceIn('ja'), await sentenceIn({ de: 1 }), await sentenceIn(undefined)],
        [
          'Wenn die Plattform „iOS“ ist, dann das Gerät zulassen.',
          ...Array<string>(3).fill('If the platform is “iOS”, then allow the device.'),
        ],
      );
    });

    it('reads environment values back as they are written, wherever they stand, and finds no fault with them', async () => {
      const secret = 'Kj8Q~very.secret.value';
      process.env['LAB_SECRET'] = secret;
      await world.start({ rules: writtenWith('${LAB_SECRET}') });
      const answer = await world.ask('describe', { id: 'switch', rules: writtenWith('${LAB_SECRET}') });
      delete process.env['LAB_SECRET'];
      assert.equal(JSON.stringify(answer).includes(secret), false);
      assert.deepEqual(answer.json, {
        rules: [
          'If the mailbox matches “${LAB_SECRET}”, then leave the device as it is.',
          'If the platform is “${LAB_SECRET}”, then leave the device as it is.',
          'If the user is a member of ${LAB_SECRET}, then leave the device as it is.',
          'If the device first synced less than ${LAB_SECRET} hours ago, then leave the device as it is.',
          'If the device first synced before ${LAB_SECRET}, then leave the device as it is.',
          '(until ${LAB_SECRET}): always leave the device as it is.',
          'Always leave the device as it is.',
        ].map((sentence) => ({ sentence, problems: [] })),
        problems: [],
      });
    });

    it('tries environment values that the deployed node has in the same place, and shows them as they are written', async () => {
      process.env['BOARD_PATTERN'] = '^anna';
      const rules = [
        { name: 'Board', when: [{ field: 'mailbox', how: 'regex', patterns: ['${BOARD_PATTERN}'] }], action: 'leave' },
        ...DEFAULT_RULES,
      ];
      await world.start({ mode: 'simulate', rules });
      await world.sync();
      const question = { id: 'switch', server: 'exchange', store: 'store', query: 'anna@contoso.example' };
      const answer = await world.ask('try', { ...question, rules });
      assert.deepEqual(
        (answer.json['devices'] as Record<string, unknown>[]).map(({ rule, sentence }) => [rule, sentence]),
        [['Board', 'Board: if the mailbox matches “${BOARD_PATTERN}”, then leave the device as it is.']],
      );
      assert.equal(JSON.stringify(answer).includes('^anna'), false);
      delete process.env['BOARD_PATTERN'];
    });

    it('tries no environment value that the deployed node does not have in this place', async () => {
      process.env['LAB_SECRET'] = 'Kj8Q~very.secret.value';
      process.env['BOARD'] = 'board@contoso.example';
      const rule = (pattern: string) => ({
        name: 'Probe',
        when: [{ field: 'mailbox', how: 'exact', patterns: [pattern] }],
        action: 'leave',
      });
      await world.start({ mode: 'simulate', rules: [rule('${BOARD}')] });
      await world.sync();
      const question = { server: 'exchange', store: 'store', query: 'anna@contoso.example' };
      for (const asked of [
        { id: 'switch', rules: [rule('${LAB_SECRET}')] },
        { id: 'switch', rules: [rule('anna@contoso.example'), rule('${BOARD}')] },
        { id: 'store', rules: [rule('${BOARD}')] },
        { rules: [rule('${BOARD}')] },
      ]) {
        const { status, json } = await world.ask('try', { ...question, ...asked });
        const { code, text } = json['error'] as { code: string; text: string };
        assert.deepEqual([status, code], [400, 'ERR_RULE_INVALID']);
        assert.match(
          text,
          /^The value of \$\{\w+\} is known here once the access switch is deployed with it in this place\./,
        );
      }
      delete process.env['LAB_SECRET'];
      delete process.env['BOARD'];
    });

    it('tries rules on a mailbox or an EAS ID: which rule decides, why, and what would change', async () => {
      world.enroll('ben');
      await world.start({ mode: 'simulate' });
      await world.sync();
      const question = { server: 'exchange', store: 'store', rules: DEFAULT_RULES };
      const { json } = await world.ask('try', { ...question, query: 'ANNA@contoso.example' });
      const [anna, ...others] = json['devices'] as Record<string, unknown>[];
      assert.deepEqual(others, []);
      const { evidence, ...rest } = anna!;
      assert.ok(Array.isArray(evidence));
      assert.deepEqual(rest, {
        mailbox: 'anna@contoso.example',
        easId: easIdOf('anna'),
        device: 'iPhone16C1',
        state: 'allowed',
        stateReason: 'global',
        listed: null,
        listedBy: null,
        status: 'eas',
        mdm: null,
        match: 'No enrolled device of this user fits.',
        action: 'block',
        ruleNumber: 7,
        rule: 'Not managed',
        sentence: rest['sentence'],
        reason: { code: 'not-enrolled', text: 'No enrolled device of this user fits.' },
        would: 'Would put the EAS ID on the blocked list of the mailbox: allowed → blocked.',
        changes: true,
      });
      const german = await world.ask('try', { ...question, query: 'ANNA@contoso.example', language: 'de-AT' });
      const [annaInGerman] = german.json['devices'] as Record<string, unknown>[];
      assert.deepEqual(
        [annaInGerman?.['match'], annaInGerman?.['evidence'], annaInGerman?.['reason'], annaInGerman?.['would']],
        [
          'Kein registriertes Gerät dieses Benutzers passt.',
          [],
          { code: 'not-enrolled', text: 'Kein registriertes Gerät dieses Benutzers passt.' },
          'Würde im Postfach die EAS-ID auf die Liste der gesperrten setzen: zugelassen → gesperrt.',
        ],
      );
      const ben = (await world.ask('try', { ...question, query: easIdOf('ben').toLowerCase() })).json[
        'devices'
      ] as Record<string, unknown>[];
      assert.deepEqual(
        ben.map(({ mdm, action, would }) => [mdm, action, would]),
        [['iPhone of ben', 'allow', 'Nothing would change: Exchange has it as allowed by itself.']],
      );
      const unsaved = await world.ask('try', {
        ...question,
        rules: [{ name: 'All', when: [], action: 'leave' }],
        query: 'anna',
      });
      assert.deepEqual(
        (unsaved.json['devices'] as { rule: string }[]).map(({ rule }) => rule),
        ['All'],
      );
    });

    it('says readably what keeps it from trying', async () => {
      await world.start();
      const question = { server: 'exchange', store: 'store', rules: [], query: 'anna' };
      const error = async (body: unknown): Promise<unknown> => {
        const { status, json } = await world.ask('try', body);
        return [status, (json['error'] as { code: string }).code];
      };
      assert.deepEqual(await error(question), [400, 'ERR_SNAPSHOT_INCOMPLETE']);
      assert.deepEqual(await error({ ...question, store: 'elsewhere' }), [400, 'ERR_CONFIG_MISSING']);
      assert.deepEqual(await error({ ...question, query: ' ' }), [400, 'ERR_INPUT_INVALID']);
      assert.deepEqual(await error({ ...question, rules: [{ name: '', when: [], action: 'allow' }] }), [
        400,
        'ERR_RULE_INVALID',
      ]);
    });
  });
});

/** Rules that have a text in every place where one can stand. */
function writtenWith(text: string): unknown[] {
  const rule = (name: string, condition: Record<string, unknown>) => ({ name, when: [condition], action: 'leave' });
  return [
    rule('pattern', { field: 'mailbox', how: 'regex', patterns: [text] }),
    rule('value', { field: 'platform', is: [text] }),
    rule('group', { field: 'group', in: [text] }),
    rule('hours', { field: 'ageHours', below: text }),
    rule('time', { field: 'firstSyncAt', before: text }),
    { name: 'end', when: [], action: 'leave', until: text },
    { name: text, when: [], action: 'leave' },
  ];
}
