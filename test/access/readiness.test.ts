/** The checklist before an access switch enforces: its tables, walked line by line, and the words for every line. */
import assert from 'node:assert/strict';
import { knownBlocks, LINES, readiness, worstState } from '../../src/access/readiness.ts';
import type { LineId, LineState, ReadinessFacts, ReadingFacts } from '../../src/access/readiness.ts';
import { READINESS_WORDS } from '../../src/connector/sentences/readiness-words.ts';

const DAY = 86_400;

const READ: ReadingFacts = {
  source: 'eas',
  name: 'Exchange',
  ageSeconds: 3_600,
  records: 40,
  isFresh: true,
  doubt: null,
  failed: null,
  goneAt: null,
  gaps: 0,
};

const DRY_RUN: NonNullable<ReadinessFacts['dryRun']> = {
  ageSeconds: 600,
  isOfSettings: true,
  blocks: {},
  held: null,
  complianceUnknown: 0,
};

const LINK = {
  address: 'https://go.example/activate',
  confirmed: { by: 'ann', at: '2026-06-01T08:00:00.000Z' },
  before: null,
};

/** Nothing is to be done. */
const GOOD: ReadinessFacts = {
  exchange: 'real',
  mdms: [{ name: 'Intune', kind: 'real' }],
  readings: [READ, { ...READ, source: 'mdm', name: 'Intune' }],
  mail: { verdict: 'heard', said: '' },
  links: [LINK],
  guides: [{ name: 'notifier', hasEnrollmentPage: true, hasHelpDesk: true }],
  elsewhere: { notifiers: [], pages: [] },
  dryRun: DRY_RUN,
  brake: { percent: 10, count: 10 },
};

const reading = (changes: Partial<ReadingFacts>): Partial<ReadinessFacts> => ({ readings: [{ ...READ, ...changes }] });
const dryRun = (changes: Partial<typeof DRY_RUN>): Partial<ReadinessFacts> => ({ dryRun: { ...DRY_RUN, ...changes } });
const guides = (hasEnrollmentPage: boolean, hasHelpDesk: boolean): Partial<ReadinessFacts> => ({
  guides: [...GOOD.guides, { name: 'page', hasEnrollmentPage, hasHelpDesk }],
});
const mdms = (...kinds: readonly ('real' | 'simulated' | 'fed')[]): Pick<ReadinessFacts, 'mdms'> => ({
  mdms: kinds.map((kind) => ({ name: kind, kind })),
});

type Row = readonly [facts: Partial<ReadinessFacts>, line: LineId, state: LineState, seen: string, values?: object];

const TABLE: readonly Row[] = [
  [mdms(), 'sides', 'no', 'no-mdm'],
  [mdms('real', 'simulated'), 'sides', 'no', 'mixed-real', { names: 'simulated' }],
  [{ exchange: 'simulated', ...mdms('real', 'fed') }, 'sides', 'no', 'mixed-simulated', { names: 'real' }],
  [{ exchange: 'simulated', ...mdms('simulated', 'fed') }, 'sides', 'warn', 'simulated'],
  [mdms('real', 'fed'), 'sides', 'ok', 'fed', { names: 'fed' }],
  [mdms('real'), 'sides', 'ok', 'real'],

  [
    reading({ goneAt: '2026-06-01T08:00:00.000Z', doubt: 'ERR_SOURCE_GONE', isFresh: false }),
    'reading',
    'no',
    'gone',
    { records: 40, at: '2026-06-01T08:00:00.000Z' },
  ],
  [reading({ ageSeconds: null, doubt: 'ERR_SNAPSHOT_INCOMPLETE', isFresh: false }), 'reading', 'no', 'never'],
  [
    reading({ doubt: 'ERR_SNAPSHOT_SHRUNKEN', isFresh: false }),
    'reading',
    'no',
    'doubted',
    { age: 3_600, records: 40, code: 'ERR_SNAPSHOT_SHRUNKEN' },
  ],
  [reading({ isFresh: false, failed: 'ERR_HTTP_AUTH' }), 'reading', 'no', 'old', { age: 3_600, records: 40 }],
  [
    reading({ failed: 'ERR_HTTP_AUTH', gaps: 2 }),
    'reading',
    'warn',
    'failed',
    { age: 3_600, records: 40, code: 'ERR_HTTP_AUTH' },
  ],
  [reading({ gaps: 2 }), 'reading', 'warn', 'gaps', { age: 3_600, records: 40, gaps: 2 }],
  [reading({}), 'reading', 'ok', 'whole', { age: 3_600, records: 40 }],

  [{}, 'mail', 'ok', 'heard'],
  [{ mail: { verdict: 'unproven', said: 'n: slow' } }, 'mail', 'unknown', 'unproven', { said: 'n: slow' }],
  [{ mail: { verdict: 'unheard', said: 'n: refused' } }, 'mail', 'no', 'unheard', { said: 'n: refused' }],
  [{ mail: { verdict: 'nobody', said: '' } }, 'mail', 'warn', 'nobody'],
  [
    { mail: { verdict: 'nobody', said: '' }, elsewhere: { notifiers: ['Mails', 'More'], pages: [] } },
    'mail',
    'warn',
    'elsewhere',
    { names: 'Mails, More' },
  ],

  [{ links: [] }, 'link', 'warn', 'no-notifier'],
  [{ links: [{ ...LINK, address: '', confirmed: null }] }, 'link', 'no', 'no-address'],
  [{ links: [{ ...LINK, address: 'http://127.0.0.1:1880/activate' }] }, 'link', 'no', 'only-here'],
  [{}, 'link', 'ok', 'confirmed', LINK.confirmed],
  [
    { links: [{ ...LINK, confirmed: null, before: 'https://old.example/' }] },
    'link',
    'unknown',
    'changed',
    { before: 'https://old.example/' },
  ],
  [{ links: [{ ...LINK, confirmed: null }] }, 'link', 'unknown', 'unconfirmed'],

  [{ links: [], elsewhere: { notifiers: [], pages: ['Page'] } }, 'link', 'warn', 'no-notifier'],
  [
    { elsewhere: { notifiers: [], pages: ['Page', 'Other page'] } },
    'link',
    'warn',
    'page-elsewhere',
    { names: 'Page, Other page' },
  ],

  [{ guides: [] }, 'enrollment-page', 'warn', 'nobody'],
  [guides(false, true), 'enrollment-page', 'no', 'missing', { names: 'page' }],
  [guides(true, false), 'enrollment-page', 'ok', 'set'],
  [{ guides: [] }, 'help-desk', 'warn', 'nobody'],
  [guides(true, false), 'help-desk', 'warn', 'missing', { names: 'page' }],
  [guides(false, true), 'help-desk', 'ok', 'set'],

  [{ dryRun: null }, 'blocks', 'unknown', 'never'],
  [
    dryRun({ isOfSettings: false, ageSeconds: 2 * DAY, blocks: { idle: 3 } }),
    'blocks',
    'unknown',
    'changed',
    { age: 2 * DAY, count: 3 },
  ],
  [dryRun({ ageSeconds: DAY + 1, blocks: { idle: 3 } }), 'blocks', 'unknown', 'old', { age: DAY + 1, count: 3 }],
  [dryRun({ ageSeconds: DAY }), 'blocks', 'ok', 'none', { age: DAY, count: 0 }],
  [dryRun({ blocks: { idle: 3, 'not-enrolled': 4 } }), 'blocks', 'warn', 'some', { age: 600, count: 7 }],

  [
    { ...dryRun({ held: { code: 'ERR_BRAKE', count: 3 } }), brake: { percent: 100, count: 10 } },
    'brake',
    'warn',
    'open',
    { percent: 100, count: 10 },
  ],
  [{ dryRun: null }, 'brake', 'unknown', 'no-dry-run', GOOD.brake],
  [dryRun({ isOfSettings: false }), 'brake', 'unknown', 'no-dry-run', GOOD.brake],
  [dryRun({ ageSeconds: DAY + 1 }), 'brake', 'unknown', 'no-dry-run', GOOD.brake],
  [
    dryRun({ held: { code: 'ERR_BRAKE', count: 3 } }),
    'brake',
    'warn',
    'holds',
    { ...GOOD.brake, held: 3, code: 'ERR_BRAKE' },
  ],
  [
    dryRun({ held: { code: 'ERR_SNAPSHOT_STALE', count: 3 } }),
    'brake',
    'warn',
    'held',
    { ...GOOD.brake, held: 3, code: 'ERR_SNAPSHOT_STALE' },
  ],
  [{}, 'brake', 'ok', 'within', GOOD.brake],

  [{ dryRun: null }, 'compliance', 'unknown', 'no-dry-run'],
  [dryRun({ complianceUnknown: null }), 'compliance', 'unknown', 'no-dry-run'],
  [{}, 'compliance', 'ok', 'none', { count: 0, age: 600 }],
  [dryRun({ complianceUnknown: 5, isOfSettings: false }), 'compliance', 'warn', 'some', { count: 5, age: 600 }],
];

describe('the checklist before an access switch enforces', () => {
  for (const [facts, id, state, code, values = {}] of TABLE)
    it(`says ${state} of ${id} where it sees “${code}”: ${JSON.stringify(facts).slice(0, 90)}`, () => {
      // A page that refuses the links stands below them.
      const found = readiness({ ...GOOD, ...facts }).findLast((one) => one.id === id);
      assert.deepEqual([found?.state, found?.seen], [state, { code, values }]);
    });

  it('has nothing against it where all is well, one line a thing and a reading', () => {
    const lines = readiness(GOOD);
    assert.deepEqual(
      lines.map(({ id, about, state }) => [id, about, state]),
      [
        ['sides', null, 'ok'],
        ['reading', 'Exchange', 'ok'],
        ['reading', 'Intune', 'ok'],
        ['mail', null, 'ok'],
        ['link', LINK.address, 'ok'],
        ['enrollment-page', null, 'ok'],
        ['help-desk', null, 'ok'],
        ['blocks', null, 'ok'],
        ['brake', null, 'ok'],
        ['compliance', null, 'ok'],
      ],
    );
    assert.equal(worstState(lines), 'ok');
  });

  it('lets a person confirm an https address that nobody has confirmed, and no other', () => {
    const other = { ...LINK, address: 'https://other.example/activate', confirmed: null };
    const here = { ...LINK, address: 'http://localhost/activate', confirmed: null };
    const lines = readiness({ ...GOOD, links: [LINK, other, here] }).filter(({ id }) => id === 'link');
    assert.deepEqual(
      lines.map(({ confirms }) => confirms),
      [undefined, other.address, undefined],
    );
  });

  it('knows how many phones would be blocked only by a dry run of a day with the same settings', () => {
    const blocks = { idle: 3 };
    assert.deepEqual(knownBlocks({ dryRun: { ...DRY_RUN, blocks } }), blocks);
    assert.equal(knownBlocks({ dryRun: { ...DRY_RUN, blocks, isOfSettings: false } }), null);
    assert.equal(knownBlocks({ dryRun: { ...DRY_RUN, blocks, ageSeconds: DAY + 1 } }), null);
    assert.equal(knownBlocks({ dryRun: null }), null);
  });

  it('is as bad as its worst line: missing, then not known, then to be known', () => {
    const all = (...states: readonly LineState[]): LineState => worstState(states.map((state) => ({ state })));
    assert.deepEqual(
      [all('ok', 'no', 'unknown', 'warn'), all('ok', 'unknown', 'warn'), all('warn', 'ok'), all('ok')],
      ['no', 'unknown', 'warn', 'ok'],
    );
  });

  for (const language of ['en', 'de'] as const)
    it(`has words for everything that it can see, a remedy for what is not well, and no others (${language})`, () => {
      for (const id of LINES) {
        const rows = TABLE.filter(([, line]) => line === id);
        const codes = [...new Set(rows.map(([, , , code]) => code))].sort();
        const unwell = [...new Set(rows.filter(([, , state]) => state !== 'ok').map(([, , , code]) => code))].sort();
        const { seen, remedy } = READINESS_WORDS[language].lines[id];
        assert.deepEqual([Object.keys(seen).sort(), Object.keys(remedy).sort()], [codes, unwell], id);
      }
    });
});
