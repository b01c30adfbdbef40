/** "Test" of a dialog: what is entered is tested in the runtime, deployed or not, and told step by step. */
import { seenOf, stepBranch } from '../src/model/check-report.ts';
import type { CheckStep } from '../src/model/check-report.ts';
import { CHECK_WORDS } from '../src/model/check-words.ts';
import { counted, reportLanguageOf, valueInWords } from '../src/model/say.ts';
import type { ReportLanguage } from '../src/model/say.ts';
import { asConnectorError, ConnectorError } from '../src/errors.ts';
import { adminRoutes, bodyOf } from './admin-routes.ts';
import { enteredNode } from './entered-values.ts';
import type { EnteredNode, TestedType } from './entered-values.ts';
import type { Instance, Properties, RED } from './red.ts';
import { textOf } from './red.ts';

/** The nodes of a type that run, of which the runtime knows what the editor does not. */
export interface KnownNodes {
  /** Until the node is closed. */
  add(node: Instance): void;
}

/** One test. */
export interface EnteredTest extends EnteredNode {
  /** What else the request says. */
  readonly body: Properties;
  /** The deployed one; null: there is none. */
  readonly node: Instance | null;
  /** Of the editor that asks, as far as there are reports in it. */
  readonly language: ReportLanguage;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Says a line of the answer, as `nodes/editor/report-tree.js` takes it. */
  readonly tell: (line: Readonly<Record<string, unknown>>) => void;
  /** Says that a step is over. */
  readonly onStep: (step: CheckStep) => void;
  /** Says what is going on, and how much was read; not more often than anybody can see. */
  readonly onProgress: (title: string, count?: number | null) => void;
}

/** Milliseconds between two lines that say how much was read. */
const PROGRESS_MS = 500;

/**
 * Offers the route `<type>/check`; once for the runtime, not for each node. What is tested is what was entered: the request
 * leads to hosts and takes secrets there. So it needs what a deploy needs, `flows.write`: whoever may test may deploy the same,
 * and reach the same.
 *
 * | asked for                                           | answer                                                          |
 * |-----------------------------------------------------|-----------------------------------------------------------------|
 * | without the permission `flows.write`                | 401 by Node-RED                                                 |
 * | a field that cannot be meant                        | 400 ERR_CONFIG_INVALID                                          |
 * | what only deploying makes known (entered-values.ts) | 400 ERR_CONFIG_MISSING                                          |
 * | any other                                           | lines `{ step }` as they end, `{ progress }`, then `{ report }` |
 */
export function offerEnteredChecks(
  RED: RED,
  tested: TestedType,
  check: (test: EnteredTest) => Promise<void>,
): KnownNodes {
  const known = new Map<string, Instance>();
  adminRoutes(RED).tell(`/${tested.type}/check`, 'flows.write', async (request, signal, tell) => {
    const body = bodyOf(request);
    const { id } = body;
    const node = typeof id === 'string' ? (known.get(id) ?? null) : null;
    const language = reportLanguageOf(textOf(body, 'language'));
    const entered = enteredNode(RED, tested, body, node);
    const say = (line: unknown): void => tell(entered.hide(line));
    let toldAt = -Infinity;
    await check({
      ...entered,
      body,
      node,
      language,
      signal,
      tell: say,
      onStep: (step) => say({ step: { ...stepBranch(step, language), children: [] } }),
      onProgress: (title, count = null) => {
        const now = performance.now();
        if (count !== null && now - toldAt < PROGRESS_MS) return;
        toldAt = now;
        say({ progress: count === null ? `${title}…` : `${title}: ${readSoFar(count, language)}…` });
      },
    }).catch((thrown: unknown) => {
      const error = asConnectorError(thrown);
      const seen = entered.hide(error.seenInEach() ?? seenOf(error));
      throw new ConnectorError(error.code, seen, { cause: thrown, details: error.details });
    });
  });
  return {
    add(node) {
      known.set(node.id, node);
      node.on('close', () => {
        if (known.get(node.id) === node) known.delete(node.id);
      });
    },
  };
}

/** "1,200 read". */
function readSoFar(count: number, language: ReportLanguage): string {
  const { read } = CHECK_WORDS[language];
  return `${valueInWords(counted(count), { language, sayings: {} })} ${read}`;
}
