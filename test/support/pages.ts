/** Pages of records as the sources send them, made by hand. */
import type { EasRecord, MdmRecord } from '../../src/model/records.ts';

export interface PageSync {
  readonly id: string;
  /** Default 0. */
  readonly page?: number;
  /** Default true. */
  readonly last?: boolean;
  readonly kind?: 'full' | 'quick';
  /** Default now. */
  readonly startedAt?: string;
}

function page(
  source: 'eas' | 'mdm',
  organization: string,
  sync: PageSync,
  payload: readonly unknown[],
): Record<string, unknown> {
  const { id, page: index = 0, last = true, kind = 'full', startedAt = new Date().toISOString() } = sync;
  return {
    topic: source,
    payload,
    parts: { id, index, type: 'array', len: payload.length, ...(last ? { count: index + 1 } : {}) },
    sync: { id, source, kind, organization, startedAt, page: index, last },
  };
}

/** A page of the EAS source. */
export function easPage(sync: PageSync, records: readonly EasRecord[]): Record<string, unknown> {
  return page('eas', 'exchange', sync, records);
}

/** A page of the MDM source. */
export function mdmPage(sync: PageSync, records: readonly MdmRecord[]): Record<string, unknown> {
  return page('mdm', 'tenant', sync, records);
}
