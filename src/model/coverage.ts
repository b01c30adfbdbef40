/**
 * What a reading of an MDM came to, in the one shape that every reader of one fills, Intune and mapped MDMs alike: whether it was
 * whole, how much of what the far end counts it has, and how many of its records say what. Pure.
 */
import { compareWithOverview, OVERVIEW_WORDS } from './overview.ts';

/** What the far end said of its list, as far as it has been read. */
export interface ListFacts {
  /** Pages that it gave. */
  readonly pages: number;
  /** Rows that came, each once: a row need not be an enrollment. */
  readonly rows: number;
  /** Rows that came again, as they moved between pages. */
  readonly duplicates: number;
  /** How many rows the list has by its own count, or by whoever fed it; null: nobody said. */
  readonly counted: number | null;
  /** How many devices an overview beside the list counts; null: it could not be read. Absent: there is none, or not asked yet. */
  readonly enrolled?: number | null;
}

/** Flat, so that it fits an error's details and a row of the history as it is. */
// oxlint-disable-next-line typescript/consistent-type-definitions
export type ReadingCoverage = {
  /** It came to its end, and nothing that anybody counted is missing. */
  readonly whole: boolean;
  /** Pages of the MDM, or messages of the flow. */
  readonly pages: number;
  /** MDM records that were made. */
  readonly records: number;
  readonly rows: number;
  readonly duplicates: number;
  readonly counted: number | null;
  /** Null: there is no overview, or it could not be read. */
  readonly enrolled: number | null;
  /** Records that have an EAS ID. */
  readonly easIds: number;
  /** Records that name a user. */
  readonly user: number;
  /** Records that tell whether the device is compliant. */
  readonly compliance: number;
  /** Records of devices that are managed. */
  readonly managed: number;
  /** Devices may be hidden from whoever reads, or nobody knows; for a person. Absent: none are. */
  readonly hint?: string;
};

/** Null: no device is hidden, or there is nothing to go by. */
export function hintOf(enrolled: number | null | undefined, rows: number): string | null {
  if (enrolled === undefined) return null;
  const compared = compareWithOverview(enrolled, rows);
  const words = OVERVIEW_WORDS[compared];
  if (words === null) return null;
  if (enrolled === null) return `The overview could not be read. ${words}`;
  return `The overview counts ${enrolled} devices, the list has ${rows}. ${words}`;
}

/** Whether devices seem to be hidden from whoever reads. */
export function hidesDevices({ whole, enrolled, rows }: ReadingCoverage): boolean {
  return whole && ['empty', 'far-below'].includes(compareWithOverview(enrolled, rows));
}

const NUMBERS = ['pages', 'records', 'rows', 'duplicates', 'easIds', 'user', 'compliance', 'managed'] as const;
const OR_NULL = ['counted', 'enrolled'] as const;
/** Characters of a hint. */
const MOST = 300;

/** What a message or a row of the history says; null: it says none. */
export function readCoverage(value: unknown): ReadingCoverage | null {
  if (typeof value !== 'object' || value === null) return null;
  const said = value as Readonly<Record<string, unknown>>;
  const isCount = (one: unknown): one is number => typeof one === 'number' && Number.isSafeInteger(one) && one >= 0;
  if (typeof said['whole'] !== 'boolean' || !NUMBERS.every((name) => isCount(said[name]))) return null;
  if (!OR_NULL.every((name) => said[name] === null || isCount(said[name]))) return null;
  const { hint } = said;
  return {
    whole: said['whole'],
    ...(Object.fromEntries([...NUMBERS, ...OR_NULL].map((name) => [name, said[name]])) as Omit<
      ReadingCoverage,
      'whole' | 'hint'
    >),
    ...(typeof hint === 'string' ? { hint: hint.slice(0, MOST) } : {}),
  };
}

/** For a person: how far a reading came. */
export function coverageWords({ pages, records, easIds, user, compliance }: ReadingCoverage): string {
  const share = (count: number): string => (records === 0 ? '' : ` (${Math.round((count / records) * 100)} %)`);
  return (
    `${pages === 1 ? '1 page' : `${pages} pages`} with ${records === 1 ? '1 record' : `${records} records`} came before; ` +
    `${easIds}${share(easIds)} have an EAS ID, ${user}${share(user)} name a user, ${compliance}${share(compliance)} tell compliance.`
  );
}
