/** The last result of a check, as a row of a connector store: for the health of the console, and for a monitoring. */
import { treeOf } from '../../src/autodiscover/describe-report.ts';
import type { AutodiscoverReport } from '../../src/autodiscover/report.ts';
import type { ReportLanguage } from '../../src/autodiscover/words/say.ts';
import { asConnectorError } from '../../src/errors.ts';
import { offeredConnection } from '../connections.ts';
import type { StoreConnection } from '../connections.ts';
import { endClose } from '../on-input.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { refusalOf, runningNodes, textOf } from '../red.ts';

/*
 *   the field *Store*   stores that run   the result is kept
 *   chosen              it does           there
 *   chosen              it does not       nowhere: the check says what it says all the same
 *   empty               one               there
 *   empty               none, or more     nowhere
 */
function storeOf(RED: RED, definition: Definition): StoreConnection | null {
  const chosen = textOf(definition, 'store');
  const ids = chosen === '' ? runningNodes(RED, 'connector-store').map(({ node }) => node.id) : [chosen];
  const found = ids.flatMap((id) => offeredConnection(RED, id, 'connector-store') ?? []);
  const [store] = found;
  return store === undefined || found.length > 1 || refusalOf(store) !== null ? null : store;
}

/**
 * Keeps a result in place of the one before. A store that is away costs the row, not the check.
 * @param target what a message has named; empty: the check is of what the node is set to
 */
export async function keepResult(
  { RED, node, definition }: { readonly RED: RED; readonly node: Instance; readonly definition: Definition },
  target: string,
  report: AutodiscoverReport,
): Promise<void> {
  const connection = storeOf(RED, definition);
  if (connection === null) return;
  try {
    const store = await connection.store();
    await store.checks.put({
      node: node.id,
      target: target.slice(0, LONGEST),
      name: node.name || 'Autodiscover',
      domain: report.domain.slice(0, LONGEST),
      at: new Date().toISOString(),
      overall: report.overall,
      verdict: report.verdict ?? null,
      texts: { en: shortly(report, 'en'), de: shortly(report, 'de') },
    });
  } catch (error) {
    node.warn(`The result of this check could not be kept for the console: ${asConnectorError(error).message}`);
  }
}

/** What was found, and the summary. */
function shortly(report: AutodiscoverReport, language: ReportLanguage): string {
  const { finding, seen } = treeOf({ ...report, steps: [], domains: [] }, language);
  return finding === undefined ? seen : `${finding}. ${seen}`;
}

/** A name of a domain, or an address (RFC 1035 section 2.3.4, RFC 5321 section 4.5.3.1). */
const LONGEST = 320;

/** A node that is taken out of the flows has no result any more. */
export function forgetWhenRemoved(RED: RED, node: Instance, definition: Definition): void {
  node.on('close', (removed: boolean, done: () => void) => {
    const connection = removed ? storeOf(RED, definition) : null;
    if (connection === null) return done();
    const forgotten = Promise.resolve()
      .then(() => connection.store())
      .then((store) => store.checks.forget(node.id));
    connection.during(forgotten);
    // A store that is away keeps it for thirty days.
    endClose(forgotten, done);
  });
}
