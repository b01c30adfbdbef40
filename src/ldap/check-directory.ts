/** Whether an Active Directory tells an account what it has, as one line of a report: it signs in once, and reads one entry. */
import { performance } from 'node:perf_hooks';
import { throwIfAborted } from '../errors.ts';
import { redact } from '../log.ts';
import { lineOf } from '../model/check-report.ts';
import { english, given } from '../model/say.ts';
import type { ReportLanguage } from '../model/say.ts';
import type { CheckFinding, CheckStep } from '../model/check-report.ts';
import { DirectoryFailure, textsOf, withDirectory } from './connection.ts';
import type { DirectoryDoor, DirectoryOptions } from './connection.ts';
import { DIRECTORY_WORDS, said } from './check-words.ts';
import { VERDICTS } from './verdicts.ts';
import type { Verdict } from './verdicts.ts';

/** A person waits. */
const TIMEOUT_MS = 20_000;

/**
 * Looks. Never throws for what is wrong with the directory.
 * @throws ERR_ABORTED
 */
export async function checkDirectory(
  door: DirectoryDoor,
  {
    ca,
    signal,
    language,
  }: { readonly ca: readonly string[]; readonly signal: AbortSignal; readonly language: ReportLanguage },
): Promise<CheckStep<'directory', Verdict>> {
  const began = performance.now();
  const finding = await look(door, { ca, signal, timeoutMs: TIMEOUT_MS });
  throwIfAborted(signal);
  const hide = (text: string): string =>
    redact(door.password.length > 3 ? text.replaceAll(door.password, '***') : text);
  const ms = Math.round(performance.now() - began);
  return lineOf({ id: 'directory', title: 'Active Directory', ms }, finding, {
    entryOf: (verdict) => VERDICTS[verdict],
    words: DIRECTORY_WORDS[language],
    redact: hide,
  });
}

async function look(door: DirectoryDoor, options: DirectoryOptions): Promise<CheckFinding<Verdict>> {
  const { hostname: host = '', port = '', protocol = '' } = URL.parse(door.url) ?? {};
  const isPlain = protocol === 'ldap:';
  const blanks = { host, port: port || (isPlain ? '389' : '636'), starttls: isPlain ? '-starttls ldap ' : '' };
  try {
    const base = await withDirectory(door, options, async (session) => {
      const [root] = await session.search('', { scope: 'base', attributes: ['defaultNamingContext'] });
      const [context = ''] = textsOf(root, 'defaultNamingContext');
      const found = context === '' ? [] : await session.search(context, { scope: 'base', attributes: ['objectClass'] });
      if (found.length > 0) return context;
      throw new DirectoryFailure('content', 'Nothing read.', 'the account sees no entry of the domain.');
    });
    return { verdict: 'reads', seen: said('reads', { user: given(door.username), base }), blanks };
  } catch (error) {
    throwIfAborted(options.signal);
    if (!(error instanceof DirectoryFailure)) throw error;
    const { about, seen, why } = error;
    return {
      verdict: about,
      seen: said('failed', { text: english(`${seen.replace(/\.$/, '')}: ${why}`) }),
      code: 'ERR_DIRECTORY_UNREADABLE',
      blanks,
    };
  }
}
