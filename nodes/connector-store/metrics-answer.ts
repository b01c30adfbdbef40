/** The measures of stores, for a monitoring that has a token of its own. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { NameOf } from '../../src/console/answers.ts';
import { familiesOf } from '../../src/console/measure-families.ts';
import type { MeasuredStore } from '../../src/console/measure-families.ts';
import { OPEN_METRICS_TYPE, openMetrics } from '../../src/console/open-metrics.ts';
import { measuresOf } from '../../src/connector/listings/measures.ts';
import type { TextAnswer } from '../admin-routes.ts';
import type { DeployedStore } from './deployed-stores.ts';

/*
 *   stores with a token   the request's bearer token   answer
 *   none                  any                          404: there is nothing here
 *   some                  none, or of no store         401
 *   some                  of one store, or of several  their measures
 */

/** What a scrape is answered. */
export async function metricsAnswer(
  stores: readonly DeployedStore[],
  { authorization = '' }: IncomingHttpHeaders,
  nameOf: NameOf,
): Promise<TextAnswer> {
  const offered = stores.filter(({ metricsToken }) => metricsToken !== null);
  if (offered.length === 0) return plainly(404, 'No connector store has a metrics token.\n');
  const token = /^bearer\s+(.*)$/i.exec(authorization)?.[1]?.trim() ?? '';
  // Each is compared, whatever came of the one before.
  const allowed = offered.map(({ metricsToken }) => isSame(metricsToken ?? '', token));
  const measured: MeasuredStore[] = [];
  for (const [n, one] of offered.entries()) {
    if (allowed[n] !== true) continue;
    const store = await one.store();
    measured.push({
      name: one.name,
      measures: await measuresOf(store, await store.listings.organizations(), Date.now()),
    });
  }
  if (measured.length === 0)
    return plainly(401, 'The metrics token of a connector store is needed.\n', {
      'www-authenticate': 'Bearer realm="exchange-connector"',
    });
  return { headers: { 'content-type': OPEN_METRICS_TYPE }, text: [openMetrics(familiesOf(measured, nameOf))] };
}

/** In a time that does not tell how much of it is right, nor how long it is. */
function isSame(expected: string, given: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(given)) && given !== '';
}

function plainly(status: number, text: string, headers: Readonly<Record<string, string>> = {}): TextAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, text: [text] };
}
