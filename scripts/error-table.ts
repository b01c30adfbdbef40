/** `npm run errors`: writes docs/errors.md from the catalogues, so that every code can be looked up without the source. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERROR_CAUSES } from './error-causes.ts';
import { VERDICTS } from '../src/autodiscover/verdicts.ts';
import { ERROR_HELP } from '../src/errors.ts';
import type { ErrorCode } from '../src/errors.ts';
import { SKIP_REASONS } from '../src/notify/decide-notification.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where the table is kept, from the root. */
export const ERROR_TABLE = 'docs/errors.md';

/** Heading → the first words of its codes, after `ERR_`. What fits none of them stands under the last. */
const SECTIONS: readonly (readonly [string, readonly string[]])[] = [
  ['HTTP and TLS, any server', ['HTTP']],
  ['PowerShell Remoting', ['XML', 'CLIXML', 'PSRP', 'WSMAN']],
  ['Exchange', ['EXCHANGE']],
  ['Graph and other MDMs', ['GRAPH', 'MDM']],
  [
    'Readings, rules, changes',
    [
      'PAGE',
      'SNAPSHOT',
      'SOURCE',
      'COMPLIANCE',
      'SIDES',
      'ORGANIZATION',
      'RULE',
      'BRAKE',
      'PLAN',
      'APPLY',
      'DIRECTORY',
      'ATTEMPTS',
    ],
  ],
  ['Mail', ['MAIL']],
  ['Activation link', ['TOKEN']],
  ['Store', ['STORE']],
  ['Autodiscover', ['AUTODISCOVER']],
  ['Configuration and everything else', []],
];

type Texts = Readonly<Record<string, string>>;

/** The whole document, as it has to stand in {@link ERROR_TABLE}. */
export function errorTable(): string {
  const { error } = catalogue('nodes/locales/en-US/shared.json') as { error: Texts };
  const { verdict } = statusOf('autodiscover-check') as unknown as { verdict: Texts };
  const { skipped } = statusOf('enrollment-notifier') as unknown as { skipped: Texts };
  const codes = Object.keys(ERROR_HELP).map((code) => ({
    section: sectionOf(code),
    row: [`\`${code}\``, words(error[code]), ...causeAndRemedy(code as ErrorCode)],
  }));
  const findings = Object.entries(VERDICTS).map(([name, { status, remedy }]) => [
    `\`${name}\``,
    words(verdict[name.replaceAll('.', '-')]),
    status,
    words(remedy),
  ]);
  return [
    '# Codes',
    'Made by `npm run errors`; do not edit. "…" stands for what was seen.',
    'An error says what was seen, in which the cause is named more closely than here, and what to do. `msg.error.code` at a Catch node is stable: codes are never renamed or used for something else.',
    ...SECTIONS.flatMap(([title]) => {
      const rows = codes.filter(({ section }) => section === title).map(({ row }) => row);
      return rows.length === 0
        ? []
        : [`## ${title}`, table(['code', 'status of the node', 'cause', 'what to do'], rows)];
    }),
    '## What the Autodiscover check finds',
    '`verdict` of a step and of the report. An `error` makes the domain `broken`, else what is `unknown` makes it so, else a `warning`; which of several is named first: docs/protocols.md.',
    table(['verdict', 'status of the node', 'how bad', 'what to do'], findings),
    '## Why the notifier sends no mail',
    '`problem.code` on its output 2, where it is no error.',
    table(
      ['reason', 'status of the node'],
      SKIP_REASONS.map((reason) => [`\`${reason}\``, words(skipped[reason])]),
    ),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/**
 * What has happened, and what to do about it: the first sentence of the help and the others, or a cause of its own before a help
 * that begins with what to do. @throws where one of the two is missing
 */
export function causeAndRemedy(code: ErrorCode): readonly [cause: string, remedy: string] {
  const help = ERROR_HELP[code];
  const cause = ERROR_CAUSES[code];
  if (cause !== undefined) return [cause, help];
  const [, first = '', rest = ''] = /^(.+?\.)\s+(?=[A-Z`])(.+)$/.exec(help) ?? [];
  if (rest === '') throw new Error(`The help of ${code} has no cause, or no remedy.`);
  return [first, rest];
}

function catalogue(path: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, unknown>;
}

function statusOf(type: string): Readonly<Record<string, unknown>> {
  const all = catalogue(`nodes/${type}/locales/en-US/${type}.json`) as Record<
    string,
    { status: Record<string, unknown> }
  >;
  return all[type]?.status ?? {};
}

function sectionOf(code: string): string {
  const word = code.split('_')[1] ?? '';
  const found = SECTIONS.find(([, first]) => first.includes(word)) ?? SECTIONS.at(-1);
  return found?.[0] ?? '';
}

/** A text of the catalogue with its blanks as "…", fit for a cell. */
function words(text: string | undefined): string {
  return (text ?? '').replace(/__\w+__|\{\w+\}/g, '…').replaceAll('|', '\\|');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

if (import.meta.main) writeFileSync(join(root, ERROR_TABLE), errorTable());
