/**
 * What a mapping makes of one record, for whoever writes it: every field as it would be taken, with what is missing, what is not
 * known and what would be refused. Pure. A reading stops at the first thing that is wrong; here all of them are wanted.
 */
import { ERROR_HELP, isConnectorError } from '../errors.ts';
import { nameOf } from '../model/record-fields.ts';
import type { MdmRecord } from '../model/records.ts';
import { toMdmRecordFromMapped } from './mapped-record.ts';

/** `missing`: matcher or rules would need it; `unknown`: a word that says nothing to us; `wrong`: the record would be refused. */
export type Mark = 'missing' | 'unknown' | 'wrong';

/** One field of our record. */
export interface PreviewedField {
  /** As docs/feeds.md calls it. */
  readonly field: string;
  /** What it would hold; empty: nothing. */
  readonly value: string;
  /** Absent: there is nothing to say. */
  readonly mark?: Mark;
}

/** What merging and deciding go by, and whether the record has it. */
export type Needed = 'easId' | 'user' | 'serial' | 'compliance';

export interface PreviewedRecord {
  readonly fields: readonly PreviewedField[];
  /** Sentences about what would be refused, each with the record's number. */
  readonly problems: readonly string[];
  readonly has: Readonly<Record<Needed, boolean>>;
}

/** Of one record so many problems are looked for. */
const MOST_PROBLEMS = 12;
/** Characters of a value that are shown. */
const SHOWN = 200;

/** The name of a record in the previewed text only. */
const SOURCE = 'preview';

/**
 * Judges what a mapping gave.
 * @param nth which record it is, from 1
 * @param managedIsEnough a managed record whose compliance nothing tells is compliant
 */
export function previewRecord(mapped: unknown, nth: number, managedIsEnough: boolean): PreviewedRecord {
  const wrong = new Map<string, PreviewedField>();
  const problems: string[] = [];
  let rest: unknown = mapped;
  let record: MdmRecord | null = null;
  do {
    try {
      record = toMdmRecordFromMapped(rest, SOURCE, nth, managedIsEnough);
    } catch (thrown) {
      if (!isConnectorError(thrown, 'ERR_MDM_MAPPING')) throw thrown;
      problems.push(thrown.message.replace(` ${ERROR_HELP.ERR_MDM_MAPPING}`, ''));
      const field = String(thrown.details['field']).replace(/\[\d+\]$/, '');
      wrong.set(field, { field, value: shown(valueAt(rest, field)), mark: 'wrong' });
      rest = without(rest, field);
    }
  } while (record === null && rest !== null && problems.length < MOST_PROBLEMS);
  const taken = record === null ? [] : fieldsOf(record).filter(({ field }) => !wrong.has(field));
  return { fields: [...wrong.values(), ...taken], problems, has: whatItHas(record) };
}

function whatItHas(record: MdmRecord | null): Record<Needed, boolean> {
  return {
    easId: (record?.easIds.length ?? 0) > 0,
    user: record !== null && (record.user.upn !== null || record.user.addresses.length > 0),
    serial: (record?.device.serial ?? null) !== null,
    compliance: record !== null && record.compliance !== 'unknown',
  };
}

/*
 *   field             holds                                        mark
 *   easIds            nothing                                      missing
 *   user.upn          nothing, and there is no address             missing
 *                     a name without a domain, and no address      unknown: whose mailbox it is cannot be told
 *   device.serial     nothing                                      missing
 *   device.platform   other                                        unknown
 *   compliance        unknown, and no word of the MDM              missing
 *                     unknown, and the MDM says something          unknown
 *   any               what a reading would refuse                  wrong
 *   any other         nothing                                      is left out
 */

function fieldsOf({ user, device, compliance, complianceReason, ...record }: MdmRecord): PreviewedField[] {
  const hasAddress = user.addresses.length > 0;
  const isBare = user.upn?.includes('@') === false;
  const told = (field: string, value: unknown, mark?: Mark | false): PreviewedField[] => {
    const text = shown(value);
    if (text === '' && !mark) return [];
    return [{ field, value: text, ...(mark ? { mark } : {}) }];
  };
  const unlessThere = (value: unknown): Mark | false => shown(value) === '' && 'missing';
  const saysNothing = compliance === 'unknown' && (complianceReason === null ? 'missing' : 'unknown');
  return [
    ...told('id', record.id),
    ...told('easIds', record.easIds, unlessThere(record.easIds)),
    ...told('user.id', user.id),
    ...told('user.upn', user.upn, !hasAddress && (isBare ? 'unknown' : unlessThere(user.upn))),
    ...told('user.addresses', user.addresses),
    ...told('device.name', device.name),
    ...told('device.platform', device.platform, device.platform === 'other' && 'unknown'),
    ...told('device.os', device.os),
    ...told('device.osVersion', device.osVersion),
    ...told('device.manufacturer', device.manufacturer),
    ...told('device.model', device.model),
    ...told('device.serial', device.serial, unlessThere(device.serial)),
    ...told('device.imeis', device.imeis),
    ...told('managed', record.managed),
    ...told('compliance', compliance, saysNothing),
    ...told('complianceReason', complianceReason),
    ...told('graceUntil', record.graceUntil),
    ...told('removal', record.removal),
    ...told('enrolledAt', record.enrolledAt),
    ...told('lastSeenAt', record.lastSeenAt),
  ];
}

/** A list of texts is shown as they are; of anything else that is no single value only what it is. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value) && value.length <= 20 && value.every((one) => typeof one === 'string'))
    return value.join(', ').slice(0, SHOWN);
  const isSingle = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return (isSingle ? String(value) : nameOf(value)).slice(0, SHOWN);
}

/** Where a field stands: below an object that we know, or in the record itself, whatever its name has in it. */
function placeOf(
  record: unknown,
  field: string,
): { readonly of: Record<string, unknown>; readonly name: string } | null {
  if (typeof record !== 'object' || record === null) return null;
  const of = record as Record<string, unknown>;
  if (Object.hasOwn(of, field)) return { of, name: field };
  const [, parent, name] = /^(user|device)\.([\s\S]*)$/.exec(field) ?? [];
  const below = parent === undefined ? undefined : of[parent];
  if (typeof below !== 'object' || below === null || name === undefined || !Object.hasOwn(below, name)) return null;
  return { of: below as Record<string, unknown>, name };
}

function valueAt(record: unknown, field: string): unknown {
  if (field === 'record') return record;
  const place = placeOf(record, field);
  return place === null ? undefined : place.of[place.name];
}

/** The record with a field as if it were not there; null: there is nothing else to look at. An id it must have. */
function without(record: unknown, field: string): unknown {
  if (field === 'id' && typeof record === 'object') return { ...record, id: '?' };
  const place = placeOf(record, field);
  if (place === null) return null;
  const { [place.name]: _wrong, ...others } = place.of;
  if (place.of === record) return others;
  const [parent = ''] = field.split('.');
  return { ...(record as object), [parent]: others };
}
