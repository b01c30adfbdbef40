/**
 * What the records of a mapped MDM tell of the fields by which access is opened or shut, counted over a reading and compared with
 * the one before. A device of which the MDM says nothing counts as managed, so a column that got another name would let in what
 * the MDM does not manage. Pure.
 */
import { RECORD_SAYINGS_EN } from './record-sayings.ts';
import { foreignText } from './foreign.ts';
import { sayIn } from './sayings.ts';

const say = sayIn(RECORD_SAYINGS_EN);

/** Fields of a mapped record that open or shut access by themselves; a loss of the others is seen in what is merged. */
export const DECIDING_FIELDS = ['managed', 'compliance', 'removal'] as const;
export type DecidingField = (typeof DECIDING_FIELDS)[number];

/** What a mapping reads for each of them: names of a foreign record, with dots between those that lie within each other. */
export type Reads = Readonly<Record<DecidingField, readonly string[]>>;

/** What one reading told. It is kept, so it is flat. */
// oxlint-disable-next-line typescript/consistent-type-definitions
export type ToldFields = {
  /** By which mapping and settings: what another one read says nothing. */
  readonly by: string;
  readonly records: number;
  /** Of what the mapping reads, the columns of the header; absent: there was no header. */
  readonly columns?: readonly string[];
  /** Of what the mapping reads, how many records have a value. */
  readonly had: Readonly<Record<string, number>>;
};

/** What a reading told, and how it may be judged without one before. */
export interface ToldNow extends ToldFields {
  readonly reads: Reads;
  /** The mapping is one of the source's own: a preset may name what its MDM does not give everybody. */
  readonly isOwn: boolean;
  /** The header, as it is spelled; absent: there was none. */
  readonly header?: readonly string[];
}

/** Records from which on none says something. */
const ENOUGH = 10;
const SOME = 2;

/*
 *   what the mapping reads for a deciding field, in the last   in this one                        then
 *   whole reading by the same mapping and Compliance
 *   is a column of its header                                  is none of its header              refused, however few records
 *   has a value in half of the records, ten at least           in none of ten or more             refused
 *   in half of them, two at least                              in none, or none of fewer          taken, with a warning
 *   in fewer                                                   in none                            taken: it is told of some alone
 *
 *   there is no such reading, and the mapping is its own       then
 *   a field reads columns, and the header has none of them     refused
 *   what a field but removal reads is in none of ten           taken, with a warning
 *   records or more
 *
 *   the reading has no records and no header                   taken: an empty list is seen to by the guards
 */

/** What is wrong with a reading; null: nothing. `isRefused`: it may not be taken. */
export interface ToldFault {
  readonly isRefused: boolean;
  readonly text: string;
}

/** @param before the last whole reading; null: there is none */
export function judgeTold(before: ToldFields | null, now: ToldNow): ToldFault | null {
  const known = before?.by === now.by ? before : null;
  const faults = DECIDING_FIELDS.flatMap((field) =>
    known === null
      ? firstFaults(now, field)
      : now.reads[field].flatMap((name) => faultsOf(known, now, { field, name })),
  );
  return faults.find(({ isRefused }) => isRefused) ?? faults[0] ?? null;
}

function faultsOf(
  known: ToldFields,
  now: ToldNow,
  { field, name }: { readonly field: DecidingField; readonly name: string },
): ToldFault[] {
  if (now.columns !== undefined && known.columns?.includes(name) === true && !now.columns.includes(name))
    return [{ isRefused: true, text: say('lost-column', { name: shown(name), field, columns: columnsOf(now) }) }];
  const was = known.had[name] ?? 0;
  const isTold = was >= SOME && was * 2 >= known.records;
  if (!isTold || now.records === 0 || (now.had[name] ?? 0) > 0) return [];
  const isRefused = was >= ENOUGH && now.records >= ENOUGH;
  const values = { name: shown(name), field, count: now.records, few: was, of: known.records };
  return [{ isRefused, text: isRefused ? say('lost-values', values) : say('few-values', values) }];
}

function firstFaults(now: ToldNow, field: DecidingField): ToldFault[] {
  const names = now.reads[field];
  if (!now.isOwn || names.length === 0) return [];
  const values = { name: names.map(shown).join('", "'), field };
  const columns = names.filter((name) => !name.includes('.'));
  if (now.columns !== undefined && columns.length > 0 && !columns.some((name) => now.columns?.includes(name)))
    return [{ isRefused: true, text: say('no-column', { ...values, columns: columnsOf(now) }) }];
  // What an MDM is told to wipe or retire are a few at most.
  if (field === 'removal' || now.records < ENOUGH || names.some((name) => (now.had[name] ?? 0) > 0)) return [];
  return [{ isRefused: false, text: say('no-values', { ...values, count: now.records }) }];
}

/** Columns that an error names, and characters of each. */
const MOST_COLUMNS = 20;
const SHOWN = 40;

function columnsOf({ header = [] }: ToldNow): string {
  const names = header.filter((name) => name !== '').map((name) => `"${shown(name)}"`);
  return `${names.slice(0, MOST_COLUMNS).join(', ')}${names.length > MOST_COLUMNS ? ' …' : ''}`;
}

function shown(name: string): string {
  return (foreignText(name) ?? '').slice(0, SHOWN);
}
