/** Reading the service connection points of an Active Directory. */
import {
  type DirectoryFailure,
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
    const { about, seen, why } = error as DirectoryFailure;
    return { finding: judged(VERDICTS[about], seen, { why }) };
  }
}

async function search(session: DirectorySession): Promise<ScpEntry[]> {
  const [root] = await session.search('', { scope: 'base', attributes: ['configurationNamingContext'] });
  const base = textsOf(root, 'configurationNamingContext')[0];
  if (base === undefined) throw new Error('It names no configuration partition, so it is no Active Directory.');
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
