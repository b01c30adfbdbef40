/** What speaks for switching an access switch to enforce, and what against it. Pure: facts in, lines of a checklist out. */
import type { MailVerdict } from './mail-first.ts';

/** `ok`: nothing to do. `warn`: to be known. `no`: to be mended first. `unknown`: nobody has looked yet, or not lately. */
export type LineState = 'ok' | 'warn' | 'no' | 'unknown';

/** What is looked at, in the order of the checklist. */
export const LINES = [
  'sides',
  'reading',
  'mail',
  'link',
  'enrollment-page',
  'help-desk',
  'blocks',
  'brake',
  'compliance',
] as const;

export type LineId = (typeof LINES)[number];

/** Values of a text: numbers, names, addresses, times. */
export type SeenValues = Readonly<Record<string, string | number>>;

/** One line of the checklist. */
export interface ReadinessLine {
  readonly id: LineId;
  /** Which source, or which link address; null: there is one of its kind. */
  readonly about: string | null;
  readonly state: LineState;
  /** What was seen; with the line's id it names the words for it and for the remedy. */
  readonly seen: { readonly code: string; readonly values: SeenValues };
  /** The address that a person may confirm; absent: there is nothing to confirm. */
  readonly confirms?: string;
}

/** One reading that a sync would go by. */
export interface ReadingFacts {
  readonly source: 'eas' | 'mdm';
  readonly name: string;
  /** Of the last whole reading; null: it was never read to its end. */
  readonly ageSeconds: number | null;
  readonly records: number;
  readonly isFresh: boolean;
  /** Code of what the guard of a sync finds wrong; null: nothing. */
  readonly doubt: string | null;
  /** Code of why the last try to read came to nothing; null: it came to its end. */
  readonly failed: string | null;
  /** Since when no node reads its source, ISO 8601 UTC; null: one does. */
  readonly goneAt: string | null;
  /** Objects that the server could not give. */
  readonly gaps: number;
}

/** An address that mails lead to. */
export interface LinkFacts {
  /** Empty: none is entered. */
  readonly address: string;
  /** Who said when that it can be reached from outside; null: nobody, of this address. */
  readonly confirmed: { readonly by: string; readonly at: string } | null;
  /** The address that somebody said it of before; null: of none. */
  readonly before: string | null;
}

/** A node that tells users where to go: a notifier in its mails, an activation link on its page. */
export interface GuideFacts {
  readonly name: string;
  readonly hasEnrollmentPage: boolean;
  readonly hasHelpDesk: boolean;
}

/** The last dry run about every device. */
export interface DryRunFacts {
  readonly ageSeconds: number;
  /** It was made with the settings that are looked at. */
  readonly isOfSettings: boolean;
  /** Phones that it would block, by the code of the reason. */
  readonly blocks: Readonly<Record<string, number>>;
  /** Changes that it would hold, and why; null: none. */
  readonly held: { readonly code: string; readonly count: number } | null;
  /** Merged devices of which the compliance is unknown; null: an older version made it and did not count. */
  readonly complianceUnknown: number | null;
}

/** Everything that is looked at. */
export interface ReadinessFacts {
  readonly exchange: 'real' | 'simulated';
  /** The deployed MDM sources; `fed`: by a flow. */
  readonly mdms: readonly { readonly name: string; readonly kind: 'real' | 'simulated' | 'fed' }[];
  readonly readings: readonly ReadingFacts[];
  readonly mail: { readonly verdict: MailVerdict; readonly said: string };
  readonly links: readonly LinkFacts[];
  readonly guides: readonly GuideFacts[];
  /** Names of the notifiers and activation links that have another store, where none has that of the switch. */
  readonly elsewhere: { readonly notifiers: readonly string[]; readonly pages: readonly string[] };
  /** Null: there was none. */
  readonly dryRun: DryRunFacts | null;
  readonly brake: { readonly percent: number; readonly count: number };
}

/** So long a dry run says what the next sync would do, in seconds. */
const DRY_RUN_SECONDS = 24 * 3_600;

/** The checklist. */
export function readiness(facts: ReadinessFacts): ReadinessLine[] {
  return [
    sides(facts),
    ...facts.readings.map(reading),
    mail(facts),
    ...(facts.links.length === 0 ? [line('link', 'warn', 'no-notifier')] : facts.links.map(link)),
    ...pageElsewhere(facts),
    guides('enrollment-page', facts, ({ hasEnrollmentPage }) => hasEnrollmentPage),
    guides('help-desk', facts, ({ hasHelpDesk }) => hasHelpDesk),
    blocks(facts),
    brake(facts),
    compliance(facts),
  ];
}

/** The worst of them. */
export function worstState(lines: readonly Pick<ReadinessLine, 'state'>[]): LineState {
  const has = (state: LineState): boolean => lines.some((one) => one.state === state);
  return has('no') ? 'no' : has('unknown') ? 'unknown' : has('warn') ? 'warn' : 'ok';
}

/**
 * Phones that the next sync would block, by the code of the reason; null: it is not known, as there was no dry run, or an old
 * one, or one with other settings.
 */
export function knownBlocks({ dryRun }: Pick<ReadinessFacts, 'dryRun'>): Readonly<Record<string, number>> | null {
  return dryRun !== null && whyUnsure(dryRun) === null ? dryRun.blocks : null;
}

function line(
  id: LineId,
  state: LineState,
  code: string,
  more: { readonly about?: string; readonly values?: SeenValues; readonly confirms?: string } = {},
): ReadinessLine {
  const { about = null, values = {}, confirms } = more;
  return { id, about, state, seen: { code, values }, ...(confirms === undefined ? {} : { confirms }) };
}

/*
 *   Exchange    deployed MDM sources       line   seen
 *   any         none                       no     no-mdm
 *   real        one is simulated           no     mixed
 *   simulated   one is real                no     mixed
 *   simulated   any other                  warn   simulated
 *   real        one is fed by the flow     ok     fed: of where its records come from nobody knows
 *   real        all are real               ok     real
 */
function sides({ exchange, mdms }: ReadinessFacts): ReadinessLine {
  if (mdms.length === 0) return line('sides', 'no', 'no-mdm');
  const other = mdms.filter(({ kind }) => kind === (exchange === 'real' ? 'simulated' : 'real'));
  const named = (some: readonly { readonly name: string }[]): SeenValues => ({
    names: some.map(({ name }) => name).join(', '),
  });
  if (other.length > 0) return line('sides', 'no', `mixed-${exchange}`, { values: named(other) });
  if (exchange === 'simulated') return line('sides', 'warn', 'simulated');
  const fed = mdms.filter(({ kind }) => kind === 'fed');
  return fed.length > 0 ? line('sides', 'ok', 'fed', { values: named(fed) }) : line('sides', 'ok', 'real');
}

/*
 * Each reading; the first that holds:
 *
 *   what is known of it                                   line   seen
 *   never read to its end                                 no     never
 *   nothing on the canvas reads it any more               no     gone
 *   the guard of a sync finds something wrong             no     doubted: nobody would be blocked by it
 *   the last whole one is too old                         no     old
 *   the last try came to nothing                          warn   failed
 *   the server could not give some objects                warn   gaps
 *   otherwise                                             ok     whole
 */
function reading(one: ReadingFacts): ReadinessLine {
  const { name: about, ageSeconds, records, isFresh, doubt, failed, goneAt, gaps } = one;
  if (goneAt !== null) return line('reading', 'no', 'gone', { about, values: { records, at: goneAt } });
  if (ageSeconds === null) return line('reading', 'no', 'never', { about });
  const seen = { age: ageSeconds, records };
  if (doubt !== null) return line('reading', 'no', 'doubted', { about, values: { ...seen, code: doubt } });
  if (!isFresh) return line('reading', 'no', 'old', { about, values: seen });
  if (failed !== null) return line('reading', 'warn', 'failed', { about, values: { ...seen, code: failed } });
  if (gaps > 0) return line('reading', 'warn', 'gaps', { about, values: { ...seen, gaps } });
  return line('reading', 'ok', 'whole', { about, values: seen });
}

/*
 *   the notifiers together (mail-first.ts)       line      seen
 *   one is ready                                 ok        heard
 *   none is ready, one is not proven             unknown   unproven
 *   each has proven that none can go out         no        unheard
 *   there is none, but one of another store      warn      elsewhere: blocks do not wait for its mails, and of its links
 *                                                          the switch hears nothing
 *   there is none                                warn      nobody: nobody is to be mailed
 */
const MAIL_STATES: Readonly<Record<MailVerdict, LineState>> = {
  heard: 'ok',
  unproven: 'unknown',
  unheard: 'no',
  nobody: 'warn',
};

function mail({ mail: { verdict, said }, elsewhere: { notifiers } }: ReadinessFacts): ReadinessLine {
  if (verdict === 'nobody' && notifiers.length > 0)
    return line('mail', 'warn', 'elsewhere', { values: { names: notifiers.join(', ') } });
  return line('mail', MAIL_STATES[verdict], verdict, said === '' ? {} : { values: { said } });
}

/*
 * Each link address of the notifiers; without a notifier there is none (warn, no-notifier):
 *
 *   the address                                                    line      seen
 *   is not entered                                                 no        no-address
 *   is not https: no phone gets there                              no        only-here
 *   somebody has said that phones reach it                         ok        confirmed
 *   nobody has of this one; somebody had of another one before     unknown   changed
 *   nobody has                                                     unknown   unconfirmed
 */
function link({ address, confirmed, before }: LinkFacts): ReadinessLine {
  if (address === '') return line('link', 'no', 'no-address');
  const about = address;
  if (!/^https:/i.test(address)) return line('link', 'no', 'only-here', { about });
  if (confirmed !== null) return line('link', 'ok', 'confirmed', { about, values: { ...confirmed } });
  const confirms = address;
  if (before !== null) return line('link', 'unknown', 'changed', { about, values: { before }, confirms });
  return line('link', 'unknown', 'unconfirmed', { about, confirms });
}

/*
 *   link addresses      activation links that run          line   seen
 *   none                any                                –      there is no link
 *   some                with the store of the switch       –      they answer it
 *   some                none                               –      the page may run on another machine, with the same store
 *   some                with other stores only             warn   page-elsewhere: these refuse it
 */
function pageElsewhere({ links, elsewhere: { pages } }: ReadinessFacts): ReadinessLine[] {
  if (links.length === 0 || pages.length === 0) return [];
  return [line('link', 'warn', 'page-elsewhere', { values: { names: pages.join(', ') } })];
}

/*
 *   notifiers and activation links      enrollment page   help desk   seen
 *   none is deployed                    warn              warn        nobody
 *   one has nothing in the field        no                warn        missing: the mail leads nowhere; nobody to ask
 *   all have                            ok                ok          set
 */
function guides(
  id: 'enrollment-page' | 'help-desk',
  { guides: all }: ReadinessFacts,
  has: (one: GuideFacts) => boolean,
): ReadinessLine {
  if (all.length === 0) return line(id, 'warn', 'nobody');
  const without = all.filter((one) => !has(one)).map(({ name }) => name);
  if (without.length === 0) return line(id, 'ok', 'set');
  return line(id, id === 'help-desk' ? 'warn' : 'no', 'missing', { values: { names: without.join(', ') } });
}

/*
 *   the last dry run about every device         why it does not tell
 *   was made with other settings                changed
 *   is older than a day                         old
 *   otherwise                                   null: it tells
 */
function whyUnsure({ isOfSettings, ageSeconds }: DryRunFacts): 'changed' | 'old' | null {
  if (!isOfSettings) return 'changed';
  return ageSeconds > DRY_RUN_SECONDS ? 'old' : null;
}

/*
 *   the last dry run                   line      seen
 *   there was none                     unknown   never
 *   does not tell (see above)          unknown   changed, old: with the number that it had
 *   blocks nobody                      ok        none
 *   blocks some                        warn      some
 */
function blocks({ dryRun }: ReadinessFacts): ReadinessLine {
  if (dryRun === null) return line('blocks', 'unknown', 'never');
  const count = Object.values(dryRun.blocks).reduce((sum, one) => sum + one, 0);
  const values = { age: dryRun.ageSeconds, count };
  const unsure = whyUnsure(dryRun);
  if (unsure !== null) return line('blocks', 'unknown', unsure, { values });
  return count === 0 ? line('blocks', 'ok', 'none', { values }) : line('blocks', 'warn', 'some', { values });
}

/*
 *   the brake              the last dry run            line      seen
 *   lets all through       any                         warn      open
 *   otherwise              none, or does not tell      unknown   no-dry-run
 *   otherwise              holds by the brake          warn      holds
 *   otherwise              holds for another reason    warn      held: with its code
 *   otherwise              holds nothing               ok        within
 */
function brake({ dryRun, brake: values }: ReadinessFacts): ReadinessLine {
  if (values.percent >= 100) return line('brake', 'warn', 'open', { values });
  if (dryRun === null || whyUnsure(dryRun) !== null) return line('brake', 'unknown', 'no-dry-run', { values });
  const { held } = dryRun;
  if (held === null) return line('brake', 'ok', 'within', { values });
  const seen = { ...values, held: held.count, code: held.code };
  return line('brake', 'warn', held.code === 'ERR_BRAKE' ? 'holds' : 'held', { values: seen });
}

/*
 *   merged devices whose compliance is unknown, by the last dry run      line      seen
 *   there was no dry run, or it did not count them                       unknown   no-dry-run
 *   none                                                                 ok        none
 *   some                                                                 warn      some: they stay as they are
 */
function compliance({ dryRun }: ReadinessFacts): ReadinessLine {
  const count = dryRun?.complianceUnknown ?? null;
  if (dryRun === null || count === null) return line('compliance', 'unknown', 'no-dry-run');
  const values = { count, age: dryRun.ageSeconds };
  return count === 0 ? line('compliance', 'ok', 'none', { values }) : line('compliance', 'warn', 'some', { values });
}
