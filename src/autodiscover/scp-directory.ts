/** Reading the service connection points of an Active Directory. */
import {
  DirectoryFailure,
  shown,
  textsOf,
  withDirectory,
  type DirectoryDoor,
  type DirectoryFault,
  type DirectoryOptions,
  type DirectorySession,
  type Ldap,
} from '../ldap/connection.ts';
import { judged, type Finding } from './report.ts';
import { quoted, said, type Said, type Value } from './words/say.ts';
import { POINTER_KEYWORD, URL_KEYWORD, type ScpEntry } from './scp-rules.ts';

/** Where the directory is, who asks, and from which site. */
export interface ScpOptions extends DirectoryDoor {
  /** Name of the Active Directory site that clients are in; missing: not known. */
  readonly site?: string;
}

/** The entries, or why there are none. */
export type DirectoryReading = { readonly entries: readonly ScpEntry[] } | { readonly finding: Finding };

/** Far above what any organization has: one for each Exchange server. */
const MAX_ENTRIES = 500;
const FILTER = `(&(objectClass=serviceConnectionPoint)(|(keywords=${POINTER_KEYWORD})(keywords=${URL_KEYWORD})))`;

const VERDICTS = {
  package: 'scp.ldap',
  address: 'scp.ldap',
  time: 'scp.ldap',
  answer: 'scp.ldap',
  content: 'scp.ldap',
  account: 'scp.account',
  tls: 'scp.tls',
} as const satisfies Record<DirectoryFault, string>;

/**
 * Reads the service connection points of one directory. Never rejects.
 * @param load stands for the import of the package
 */
export async function readScps(
  door: DirectoryDoor,
  options: DirectoryOptions,
  load?: () => Promise<Ldap | null>,
): Promise<DirectoryReading> {
  try {
    return { entries: await withDirectory(door, options, search, load) };
  } catch (error) {
    const failure = error as DirectoryFailure;
    const { seen, why } = wordsOf(failure);
    return { finding: judged(VERDICTS[failure.about], seen, { why }) };
  }
}

/**
 * | reason                 | seen                    | why                          |
 * |------------------------|-------------------------|------------------------------|
 * | scheme, no-account     | it was not read         | its own sentence             |
 * | missing, old           | the package             | its own sentence             |
 * | late                   | no answer in time       | its own sentence             |
 * | start-tls, refused-…   | the code of the refusal | its own sentence             |
 * | text, about `content`  | no partition            | its own sentence             |
 * | text, about TLS        | TLS failed, as it was said | as it was said            |
 * | text, about the answer | not read, as it was said | as it was said              |
 */
function wordsOf({ about, reason, why, code }: DirectoryFailure): { readonly seen: Said; readonly why: Value } {
  const refused = { code: code ?? '' };
  if (reason === 'scheme' || reason === 'no-account')
    return { seen: said('ldap.not-read'), why: said(`ldap.why.${reason}`) };
  if (reason === 'missing' || reason === 'old')
    return { seen: said(`ldap.${reason}`), why: said(`ldap.why.${reason}`) };
  if (reason === 'late') return { seen: said('http.late'), why: said('ldap.why.late') };
  if (reason === 'start-tls') return { seen: said('ldap.start-tls', refused), why: said('ldap.why.start-tls') };
  if (reason !== 'text') return { seen: said('ldap.refused', refused), why: said(`ldap.why.${reason}`) };
  if (about === 'content') return { seen: said('ldap.no-partition'), why: said('ldap.why.no-partition') };
  const text = quoted(why);
  return { seen: said(about === 'tls' ? 'ldap.tls' : 'ldap.answer', { text }), why: text };
}

async function search(session: DirectorySession): Promise<ScpEntry[]> {
  const [root] = await session.search('', { scope: 'base', attributes: ['configurationNamingContext'] });
  const base = textsOf(root, 'configurationNamingContext')[0];
  if (base === undefined) {
    const why = 'It names no configuration partition, so it is no Active Directory.';
    throw new DirectoryFailure('content', `Not read: ${why}`, why);
  }
  const entries = await session.search(base, {
    scope: 'sub',
    filter: FILTER,
    attributes: ['keywords', 'serviceBindingInformation'],
    sizeLimit: MAX_ENTRIES,
  });
  return entries.map((entry) => ({
    dn: shown(entry.dn),
    keywords: textsOf(entry, 'keywords').map(shown),
    bindings: textsOf(entry, 'serviceBindingInformation').map(shown),
  }));
}
