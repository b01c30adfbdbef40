/** "Test" of the dialog: the check as its fields have it now, step by step, and the whole report as a tree. */
import { stepBranch, treeOf } from '../../src/autodiscover/describe-report.ts';
import { REPORT_LANGUAGES } from '../../src/autodiscover/words/say.ts';
import { offerEnteredChecks } from '../entered-checks.ts';
import type { KnownNodes } from '../entered-checks.ts';
import type { EnteredNode } from '../entered-values.ts';
import type { Properties, RED } from '../red.ts';
import { choiceOf, flagOf, listOf, textOf } from '../red.ts';
import { askedCheck, isDomainOf } from './asked-check.ts';
import type { Target } from './asked-check.ts';

/** The credentials of the node. */
export const CHECK_CREDENTIALS = { ldapUser: { type: 'text' }, ldapPassword: { type: 'password' } } as const;

/** Offers the route; once for the runtime, not for each node. No message goes out. */
export function offerChecks(RED: RED): KnownNodes {
  const tested = { type: 'autodiscover-check', credentials: Object.keys(CHECK_CREDENTIALS), goesTo };
  return offerEnteredChecks(RED, tested, async (test) => {
    const { definition, credentials, signal, tell } = test;
    const language = choiceOf(definition, 'language', REPORT_LANGUAGES, 'en');
    let isLeftOut = false;
    const mayUse = (target: Target, account: string): boolean => {
      isLeftOut = !mayLead(test, target, account);
      return !isLeftOut;
    };
    const report = await askedCheck(
      { RED, definition, credentials },
      {},
      {
        signal,
        mayUse,
        onStep: (step) => {
          // Parts of a step that have no title of their own are shown with it.
          if (step.title !== '') tell({ step: { ...stepBranch(step, language), children: [] } });
        },
      },
    );
    const tree = treeOf(report, language);
    tell({ report: isLeftOut ? { ...tree, children: [...tree.children, NOT_SIGNED_IN[language]] } : tree });
  });
}

/** The directory, and nothing else. */
export function goesTo(_credential: string, definition: Properties): string[] {
  const url = textOf(definition, 'ldapUrl').replace(/\/$/, '').toLowerCase();
  return url === '' ? [] : [url];
}

/**
 * Whether the account's password, which is stored, may go where the fields lead it.
 *
 * | fields that lead it        | what is checked       | redirects         | Basic                  | it signs in |
 * |----------------------------|-----------------------|-------------------|------------------------|-------------|
 * | as the deployed node's     |                       |                   |                        | yes         |
 * | another                    | the account's domain  | none, or deployed | off, or deployed as on | yes         |
 * | another                    | any other             |                   |                        | no          |
 */
function mayLead({ definition, isDeployed }: EnteredNode, target: Target, account: string): boolean {
  if (isDeployed(['account', 'domain', 'address', 'allowedRedirects', 'allowBasic'])) return true;
  return (
    isDomainOf(account, target) &&
    (listOf(definition, 'allowedRedirects').length === 0 || isDeployed(['account', 'allowedRedirects'])) &&
    (!flagOf(definition, 'allowBasic', false) || isDeployed(['account', 'allowBasic']))
  );
}

const LEFT_OUT = { status: 'skipped', children: [] } as const;

const NOT_SIGNED_IN = {
  en: {
    ...LEFT_OUT,
    word: 'left out',
    title: 'Sign-in of the mail account',
    seen: 'The account has a password that is stored. It goes where the deployed check leads it, or to the domain of the account; these fields lead it elsewhere.',
    remedy: 'Deploy, then test again.',
  },
  de: {
    ...LEFT_OUT,
    word: 'ausgelassen',
    title: 'Anmeldung des Mailkontos',
    seen: 'Das Konto hat ein gespeichertes Kennwort. Es geht dorthin, wohin die übernommene Prüfung führt, oder zur Domäne des Kontos; diese Felder führen es woandershin.',
    remedy: 'Übernehmen, dann noch einmal testen.',
  },
} as const;
