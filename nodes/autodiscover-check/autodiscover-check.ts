import { saysIt, sayingOf } from '../../src/autodiscover/changes.ts';
import { reportText } from '../../src/autodiscover/describe-report.ts';
import type { AutodiscoverReport } from '../../src/autodiscover/report.ts';
import { REPORT_LANGUAGES } from '../../src/autodiscover/words/say.ts';
import type { Handler, Outcome } from '../on-input.ts';
import { onInput } from '../on-input.ts';
import type { Msg, RED } from '../red.ts';
import { choiceOf, flagOf, registerNode } from '../red.ts';
import { askedCheck, namedIn } from './asked-check.ts';
import { CHECK_CREDENTIALS, goesTo, offerChecks } from './check-now.ts';
import { forgetWhenRemoved, keepResult } from './kept-result.ts';
import { keepSaid, readLastSaid } from './last-said.ts';
import { watchReferences } from '../watch-references.ts';

/** Checks from where Node-RED stands whether Autodiscover works for a mail domain, and says what to fix. */
export default function autodiscoverCheck(RED: RED): void {
  const checks = offerChecks(RED);
  registerNode(
    RED,
    'autodiscover-check',
    (node, definition) => {
      const language = choiceOf(definition, 'language', REPORT_LANGUAGES, 'en');
      const changesOnly = flagOf(definition, 'changesOnly', false);
      const checkNode = { RED, definition, credentials: node.credentials ?? {} };
      const check: Handler = async (msg, run) => {
        run.progress('checking');
        const report = await askedCheck(checkNode, msg, { signal: run.signal });
        const [target, saying] = [namedIn(msg), sayingOf(report)];
        if (!run.signal.aborted) await keepResult({ RED, node, definition }, target, report);
        const last = changesOnly ? await readLastSaid(node) : [];
        if (saysIt(changesOnly, last, { target, saying })) {
          const text = reportText(report, language);
          const answer = { ...msg, topic: 'autodiscover', payload: report, text } as Msg;
          run.send(works(report) ? [answer, null] : [null, answer]);
          // A node that is stopped sends nothing, so it has said nothing.
          if (changesOnly && !run.signal.aborted) await keepSaid(node, target, saying);
        }
        return outcomeOf(report);
      };
      onInput(RED, node, 'coalesce', check, (waiting, newer) => (askTheSame(waiting, newer) ? newer : null));
      watchReferences(RED, node, definition);
      checks.add(node);
      forgetWhenRemoved(RED, node, definition);
    },
    CHECK_CREDENTIALS,
    goesTo,
  );
}

/** Two starts about one domain are one check; about two domains they are two. */
function askTheSame(one: Msg, other: Msg): boolean {
  return one['domain'] === other['domain'] && one['address'] === other['address'];
}

/** What leaves by the first output: clients find their way, whatever there is to look at. */
function works({ overall }: AutodiscoverReport): boolean {
  return overall === 'healthy' || overall === 'warning';
}

const FILLS = { healthy: 'green', warning: 'yellow', broken: 'red', unknown: 'yellow' } as const;

function outcomeOf({ overall, verdict }: AutodiscoverReport): Outcome {
  // A dot leads down in a catalogue.
  const key = overall === 'healthy' || verdict === undefined ? overall : `verdict.${verdict.replaceAll('.', '-')}`;
  return { fill: FILLS[overall], key };
}
