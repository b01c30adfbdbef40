import assert from 'node:assert/strict';
import { judgeStore } from '../../../src/connector/care/judge-store.ts';
import type { ContentFacts, StoreFacts } from '../../../src/store/care/store-facts.ts';

const NOW = Date.parse('2026-06-02T10:00:00.000Z');

const CONTENT: ContentFacts = {
  unguarded: [],
  openReadings: [],
  snapshots: [{ scope: 'contoso', count: 4, found: 4, whole: true }],
  outbox: {},
  mails: 0,
  mailsInNeed: 0,
  announcements: 0,
  oldestAnnouncement: null,
  heldPlans: [],
  leases: [],
  entries: { owned: 2 },
  leftSettings: [],
};
const FACTS: StoreFacts = {
  engine: 'sqlite',
  engineVersion: 'SQLite 3.50.4',
  version: 3,
  knownVersion: 3,
  hasId: true,
  hasLinkSecret: true,
  isIncomplete: false,
  bytes: 217_088,
  freeBytes: 0,
  journalBytes: 0,
  fileMode: 0o600,
  damage: [],
  tables: [{ name: 'audit', rows: 3, duplicates: 0, unreadable: 0, firstUnreadable: null, failure: null }],
  content: CONTENT,
};
const table = (changes: Partial<StoreFacts['tables'][number]>): Partial<StoreFacts> => ({
  tables: [{ ...FACTS.tables[0]!, ...changes }],
});
const content = (changes: Partial<ContentFacts>): Partial<StoreFacts> => ({ content: { ...CONTENT, ...changes } });

const judged = (changes: Partial<StoreFacts>) => judgeStore({ ...FACTS, ...changes }, NOW);

describe('what is said of a store', () => {
  it('is ok line by line for one that is as it should be', () => {
    assert.deepEqual(
      judged({}).map(({ what, mark, seen, todo }) => [what, mark, seen, todo]),
      [
        ['version', 'ok', '3', ''],
        ['size', 'ok', 'SQLite 3.50.4, 218 kB', ''],
        ['integrity', 'ok', 'SQLite finds no damage', ''],
        ['tables', 'ok', '3 rows', ''],
        ['append-only', 'ok', 'the audit can only be added to', ''],
        ['readings', 'ok', 'none under way', ''],
        ['snapshots', 'ok', 'contoso 4', ''],
        ['changes', 'ok', 'none waits for Exchange', ''],
        ['mails', 'ok', 'none waits', ''],
        ['owed news', 'ok', '0', ''],
        ['held plans', 'ok', 'none', ''],
        ['list entries', 'ok', '2 owned', ''],
        ['leases', 'ok', 'nobody works with it', ''],
      ],
    );
  });

  const lease = { name: 'organization/contoso', holder: 'h', node: 'n', process: 'host/1', fence: 1, until: '' };
  const cases: [string, Partial<StoreFacts>, [string, 'ok' | 'look' | 'bad', RegExp]][] = [
    ['an older version', { version: 2, content: null }, ['version', 'look', /^2; this package works with 3$/]],
    ['a newer version', { version: 4, content: null }, ['version', 'bad', /^4;/]],
    ['a damaged version mark', { version: null, content: null }, ['version', 'bad', /mark is damaged/]],
    ['a move that was cut off', { isIncomplete: true }, ['move', 'bad', /cut off/]],
    ['no id', { hasId: false }, ['marks', 'bad', /the id is missing/]],
    ['no link secret', { hasLinkSecret: false }, ['marks', 'bad', /link secret is missing/]],
    ['a file that others can read', { fileMode: 0o644 }, ['file', 'look', /mode 644/]],
    ['a small file that is mostly free', { bytes: 9e6, freeBytes: 8e6 }, ['size', 'ok', /8.0 MB of them free/]],
    [
      'a large file that is mostly free',
      { bytes: 9e8, freeBytes: 8e8 },
      ['size', 'look', /900.0 MB, 800.0 MB of them/],
    ],
    ['a journal', { journalBytes: 4e6 }, ['size', 'ok', /journal 4.0 MB$/]],
    ['damage', { damage: ['Page 3 is never used'] }, ['integrity', 'bad', /Page 3/]],
    ['a table that cannot be read', table({ failure: 'malformed' }), ['integrity', 'bad', /^audit: malformed$/]],
    ['a PostgreSQL', { engine: 'postgres', damage: null }, ['integrity', 'ok', /all tables can be read/]],
    ['a missing table', table({ rows: null }), ['tables', 'bad', /audit is missing/]],
    ['a missing table in an older version', { ...table({ rows: null }), version: 2 }, ['tables', 'ok', /^0 rows$/]],
    ['a key twice', table({ duplicates: 2 }), ['tables', 'bad', /^audit: 2 keys twice$/]],
    [
      'texts that cannot be read',
      table({ unreadable: 2, firstUnreadable: 'k' }),
      ['tables', 'bad', /2 rows that cannot be read, the first k$/],
    ],
    ['an audit that can be changed', content({ unguarded: ['audit'] }), ['append-only', 'bad', /audit can be changed/]],
    [
      'a reading under way',
      content({ openReadings: [{ scope: 's', touchedAt: '2026-06-02T09:59:00.000Z' }] }),
      ['readings', 'ok', /^1 under way$/],
    ],
    [
      'a reading that was cut off',
      content({ openReadings: [{ scope: 's', touchedAt: '2026-06-02T08:59:00.000Z' }] }),
      ['readings', 'look', /^1 cut off: s$/],
    ],
    [
      'a snapshot without its records',
      content({ snapshots: [{ scope: 's', count: 4, found: 3, whole: true }] }),
      ['snapshots', 'bad', /s has 3 of 4/],
    ],
    ['changes that wait', content({ outbox: { waiting: 2 } }), ['changes', 'ok', /^2 waiting$/]],
    [
      'changes that need a person',
      content({ outbox: { attention: 1, waiting: 2 } }),
      ['changes', 'look', /^1 attention, 2 waiting$/],
    ],
    [
      'blocks that wait for a mail',
      content({ outbox: { 'waiting-for-mail': 2 } }),
      ['changes', 'look', /^2 waiting-for-mail$/],
    ],
    ['mails that wait', content({ mails: 3 }), ['mails', 'ok', /^3 wait$/]],
    [
      'mails that need a person',
      content({ mails: 3, mailsInNeed: 1 }),
      ['mails', 'look', /^3 wait, 1 need attention$/],
    ],
    [
      'news that is owed',
      content({ announcements: 2, oldestAnnouncement: '2026-06-02T09:59:00.000Z' }),
      ['owed news', 'ok', /^2, the oldest of 2026-06-02 09:59$/],
    ],
    [
      'a held plan',
      content({ heldPlans: [{ id: 'p', at: '2026-06-02T09:59:00.000Z', changes: 2 }] }),
      ['held plans', 'look', /^p: 2 changes since 2026-06-02 09:59$/],
    ],
    [
      'unsettled entries while nobody works',
      content({ entries: { adding: 1 } }),
      ['list entries', 'look', /^1 adding$/],
    ],
    [
      'unsettled entries while somebody works',
      content({ entries: { adding: 1 }, leases: [lease] }),
      ['list entries', 'ok', /^1 adding$/],
    ],
    ['a lease', content({ leases: [lease] }), ['leases', 'ok', /^organization\/contoso: node n in host\/1$/]],
    [
      'settings that an update left',
      content({ leftSettings: ['notifier.due.n'] }),
      ['settings', 'look', /notifier.due.n/],
    ],
  ];
  for (const [what, changes, [name, mark, seen]] of cases) {
    it(`is ${mark} for ${what}, and what to do unless it is ok`, () => {
      const findings = judged(changes);
      const found = findings.find((one) => one.what === name);
      assert.equal(found?.mark, mark);
      assert.match(found?.seen ?? '', seen);
      assert.equal(found?.todo === '', mark === 'ok');
      assert.deepEqual(
        findings.filter((one) => one !== found && one.mark === 'bad'),
        [],
      );
    });
  }
});
