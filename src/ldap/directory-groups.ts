/** The groups of an Active Directory as the use cases want them. */
import { ConnectorError } from '../errors.ts';
import { DirectoryFailure, withDirectory } from './connection.ts';
import type { DirectoryDoor, DirectoryFault, Ldap } from './connection.ts';
import { readMembers } from './group-members.ts';
import type { DirectoryMember } from './group-members.ts';

/** See {@link directoryGroups}. */
export interface DirectoryGroups {
  /** @throws ConnectorError ERR_DIRECTORY_UNREADABLE, ERR_ABORTED */
  groupMembers(group: string, options: { readonly signal: AbortSignal }): AsyncGenerator<DirectoryMember>;
}

/** How groups are read; what tests set. */
export interface DirectoryGroupsOptions {
  /** PEM of authorities that are trusted beside those of this host. */
  readonly ca: readonly string[];
  /** For one group; default ten minutes. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
  /** Stands for the import of the package. */
  readonly load?: () => Promise<Ldap | null>;
}

const TIMEOUT_MS = 600_000;
/** Above the 120 seconds after which Active Directory gives up by itself (MaxQueryDuration). */
const ANSWER_MS = 150_000;
/** A wrong password counts towards a lock-out, which Windows forgets after half an hour or so. */
const REST_MS = 3_600_000;
/** Ports of global catalogs [MS-ADTS]. */
const CATALOG_PORTS = ['3268', '3269'];

/**
 * @param door read at each use. An account that was refused is not tried again for an hour
 */
export function directoryGroups(
  door: DirectoryDoor,
  { ca, timeoutMs = TIMEOUT_MS, now = Date.now, load }: DirectoryGroupsOptions,
): DirectoryGroups {
  let refused: { readonly at: number; readonly why: string } | null = null;
  return {
    async *groupMembers(group, { signal }) {
      if (refused !== null && now() - refused.at < REST_MS) throw unreadable(restText(refused));
      const isCatalog = URL.canParse(door.url) && CATALOG_PORTS.includes(new URL(door.url).port);
      const asked = { ca, signal, timeoutMs, answerMs: Math.min(ANSWER_MS, timeoutMs) };
      try {
        yield* await withDirectory(door, asked, (session) => readMembers(session, group, isCatalog), load);
      } catch (error) {
        if (signal.aborted) throw new ConnectorError('ERR_ABORTED', 'The reading of a group was stopped.');
        if (!(error instanceof DirectoryFailure)) throw error;
        if (error.isRefused) refused = { at: now(), why: error.why };
        throw unreadable(textOf(error));
      }
    },
  };
}

function unreadable(text: string): ConnectorError {
  return new ConnectorError('ERR_DIRECTORY_UNREADABLE', text);
}

function restText({ at, why }: { readonly at: number; readonly why: string }): string {
  const until = new Date(at + REST_MS).toISOString();
  return `The directory refused the account: ${why}. So that it is not locked out, it is not tried again before ${until}. Check "Directory account" and "Directory password" of the Exchange server, and deploy.`;
}

const CHECK = {
  package: 'Install it in the user directory of Node-RED (npm install ldapts), then restart Node-RED.',
  address: 'Check "Active Directory", "Directory account" and "Directory password" of the Exchange server.',
  account: 'Check "Directory account" and "Directory password" of the Exchange server, and what the account may read.',
  tls: 'Choose a TLS configuration that holds the authority of the domain controller, and an address that is on its certificate.',
  time: 'Check the firewall and how busy the domain controller is.',
  answer: 'Check that the domain controller runs; it is asked again with the next sync.',
  content: '',
} as const satisfies Record<DirectoryFault, string>;

/** Result codes [RFC 4511 A.1] that say what to check. */
const CHECK_CODE: Readonly<Record<number, string>> = {
  3: 'The search took longer than the directory allows (MaxQueryDuration).',
  4: 'The directory gives fewer entries than the group has (MaxPageSize, MaxResultSetSize).',
  10: 'It lies on another server, and nobody is sent there with the password. Give the address of a domain controller of its domain, or of a global catalog (ldaps://…:3269).',
  11: 'A limit of the directory was reached; see its LDAP policies.',
};

/** `seen` ends with a full stop; in `why` of an account there is the reason alone. */
function textOf({ about, seen, why, code }: DirectoryFailure): string {
  if (about === 'content') return `${seen} ${why}`;
  const said =
    about === 'account' ? `${seen.replace(/\.$/, '')}: ${why}.` : seen === 'Not read.' ? `Not read: ${why}` : seen;
  return `${said} ${(code === null ? undefined : CHECK_CODE[code]) ?? CHECK[about]}`;
}
