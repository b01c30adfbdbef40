/**
 * "Test" of the dialog: everything that a mail needs, with what its fields have now. Account, store and Exchange are those that
 * are deployed: each has a test of its own.
 */
import { randomUUID } from 'node:crypto';
import { checkAccount, checkOfWrongSettings } from '../../src/connector/mails/check-account.ts';
import type { CheckReport, CheckStep, NotifierCheck } from '../../src/connector/mails/check-account.ts';
import { PREFLIGHT_SPEECH } from '../../src/connector/mails/check-words.ts';
import { asConnectorError, ERROR_HELP } from '../../src/errors.ts';
import { CHECK_WORDS, HELP_WORDS } from '../../src/model/check-words.ts';
import { valueInWords } from '../../src/model/say.ts';
import type { ReportLanguage, Said } from '../../src/model/say.ts';
import { checkToolsOf, connectionOf } from '../connections.ts';
import { offerEnteredChecks } from '../entered-checks.ts';
import type { EnteredTest, KnownNodes } from '../entered-checks.ts';
import type { RED } from '../red.ts';
import { textOf } from '../red.ts';
import { settingsOf } from './settings.ts';
import { errorSeen } from '../../src/model/check-report.ts';

/** A notifier that runs. */
export interface CheckedNode {
  /** A person has looked at it as it is deployed. */
  take(check: NotifierCheck): Promise<void>;
}

/** Offers the route; once for the runtime, not for each node. On request a mail goes to the account itself, and to nobody else. */
export function offerChecks(RED: RED): KnownNodes {
  const tested = { type: 'enrollment-notifier', credentials: [], goesTo: () => [] };
  return offerEnteredChecks(RED, tested, async (test) => {
    const { check, seen } = await checkEntered(RED, test);
    // What is not deployed says nothing of the mails that go out.
    if (test.isDeployed() && test.node !== null && isChecked(test.node)) await test.node.take(check);
    test.tell({ report: reportBranch(check, seen, test.language) });
  });
}

async function checkEntered(
  RED: RED,
  { definition, body, node, signal, language, tell }: EnteredTest,
): Promise<Pick<CheckReport, 'check' | 'seen'>> {
  try {
    const account = connectionOf(RED, definition, 'account', 'mail-account');
    return await checkAccount({
      ...checkToolsOf(account),
      ...(body['ownMail'] === true ? { ownMail: randomUUID } : {}),
      account,
      settings: settingsOf(definition, account),
      notifier: node?.id ?? '',
      openStore: () => connectionOf(RED, definition, 'store', 'connector-store').store(),
      openExchange: () =>
        textOf(definition, 'server') === '' ? null : connectionOf(RED, definition, 'server', 'exchange-server').port,
      now: Date.now,
      signal,
      onStep: (step, seen) => tell({ step: stepBranch(step, seen, language) }),
    });
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const error = asConnectorError(thrown);
    return { check: checkOfWrongSettings(error), seen: new Map([['settings', errorSeen(error)]]) };
  }
}

const SIGNS = { ready: 'ok', unknown: 'unknown', failed: 'error' } as const;
const OVERALL = { ready: 'healthy', unknown: 'unknown', failed: 'broken' } as const;

/**
 * A line of the tree in the editor's language; `step` and `verdict` the dialog puts into words itself. Of a failure, what it
 * says to check is the remedy.
 */
function stepBranch(
  { step, verdict, text, code }: CheckStep,
  seen: Said,
  language: ReportLanguage,
): Readonly<Record<string, unknown>> {
  const help = code === undefined ? '' : ERROR_HELP[code];
  const isTold = help !== '' && text.endsWith(help);
  return {
    step,
    verdict,
    status: SIGNS[verdict],
    seen: valueInWords(seen, PREFLIGHT_SPEECH[language]),
    ...(code === undefined ? {} : { finding: CHECK_WORDS[language].error, code }),
    ...(isTold && code !== undefined ? { remedy: HELP_WORDS[language][code] } : {}),
    children: [],
  };
}

function reportBranch(
  { verdict, steps }: NotifierCheck,
  seen: CheckReport['seen'],
  language: ReportLanguage,
): Readonly<Record<string, unknown>> {
  const children = steps.map((step) => stepBranch(step, seen.get(step.step)!, language));
  return { verdict, status: OVERALL[verdict], children };
}

function isChecked(node: object): node is CheckedNode {
  return 'take' in node && typeof node.take === 'function';
}
