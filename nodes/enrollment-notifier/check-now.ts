/**
 * "Test" of the dialog: everything that a mail needs, with what its fields have now. Account, store and Exchange are those that
 * are deployed: each has a test of its own.
 */
import { randomUUID } from 'node:crypto';
import { checkAccount, checkOfWrongSettings } from '../../src/connector/mails/check-account.ts';
import type { CheckStep, NotifierCheck } from '../../src/connector/mails/check-account.ts';
import { asConnectorError, ERROR_HELP } from '../../src/errors.ts';
import { checkToolsOf, connectionOf } from '../connections.ts';
import { offerEnteredChecks } from '../entered-checks.ts';
import type { EnteredTest, KnownNodes } from '../entered-checks.ts';
import type { RED } from '../red.ts';
import { textOf } from '../red.ts';
import { settingsOf } from './settings.ts';

/** A notifier that runs. */
export interface CheckedNode {
  /** A person has looked at it as it is deployed. */
  take(check: NotifierCheck): Promise<void>;
}

/** Offers the route; once for the runtime, not for each node. On request a mail goes to the account itself, and to nobody else. */
export function offerChecks(RED: RED): KnownNodes {
  const tested = { type: 'enrollment-notifier', credentials: [], goesTo: () => [] };
  return offerEnteredChecks(RED, tested, async (test) => {
    const check = await checkEntered(RED, test);
    // What is not deployed says nothing of the mails that go out.
    if (test.isDeployed() && test.node !== null && isChecked(test.node)) await test.node.take(check);
    test.tell({ report: reportBranch(check) });
  });
}

async function checkEntered(RED: RED, { definition, body, node, signal, tell }: EnteredTest): Promise<NotifierCheck> {
  try {
    const account = connectionOf(RED, definition, 'account', 'mail-account');
    const { check } = await checkAccount({
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
      onStep: (step) => tell({ step: stepBranch(step) }),
    });
    return check;
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return checkOfWrongSettings(asConnectorError(thrown));
  }
}

const SIGNS = { ready: 'ok', unknown: 'unknown', failed: 'error' } as const;
const OVERALL = { ready: 'healthy', unknown: 'unknown', failed: 'broken' } as const;

/**
 * A line of the tree; the dialog puts `step` and `verdict` into the editor's language. Of a failure, what it says to check is
 * the remedy.
 */
function stepBranch({ step, verdict, text, code }: CheckStep): Readonly<Record<string, unknown>> {
  const help = code === undefined ? '' : ERROR_HELP[code];
  const isTold = help !== '' && text.endsWith(help);
  return {
    step,
    verdict,
    status: SIGNS[verdict],
    seen: isTold ? text.slice(0, -help.length).trim() : text,
    ...(code === undefined ? {} : { finding: 'Error', code }),
    ...(isTold ? { remedy: help } : {}),
    children: [],
  };
}

function reportBranch({ verdict, steps }: NotifierCheck): Readonly<Record<string, unknown>> {
  return { verdict, status: OVERALL[verdict], children: steps.map(stepBranch) };
}

function isChecked(node: object): node is CheckedNode {
  return 'take' in node && typeof node.take === 'function';
}
