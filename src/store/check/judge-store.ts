/** What is said of a file, of a database, and of the store in it. Pure. */
import type { ErrorCode } from '../../errors.ts';
import type { Blanks } from '../../model/check-report.ts';
import { counted, english, given } from '../../model/say.ts';
import type { Said } from '../../model/say.ts';
import type { Finding } from './report.ts';
import type { Verdict } from './verdicts.ts';
import { said } from './words/words.ts';

/** What marks a database. */
export interface StoreMarks {
  /** How many tables there are, of whomever. */
  readonly tables: number;
  /** The table `meta` is there. */
  readonly isOurs: boolean;
  /** Null: the mark is missing or damaged. */
  readonly version: number | null;
  readonly isIncomplete: boolean;
}

/**
 * | tables | `meta` | of a move that did not end | version | verdict          |
 * |--------|--------|----------------------------|---------|------------------|
 * | none   |        |                            |         | store.none       |
 * | some   | no     |                            |         | store.foreign    |
 * | some   | yes    | yes                        |         | store.incomplete |
 * | some   | yes    | no                         | no mark | store.unreadable |
 * | some   | yes    | no                         | newer   | store.newer      |
 * | some   | yes    | no                         | older   | store.older      |
 * | some   | yes    | no                         | ours    | store.ours       |
 * @param known the version that this package writes
 * @param isShared the database may have tables of others too, as in PostgreSQL
 */
export function judgeMarks(marks: StoreMarks, known: number, isShared: boolean): Finding {
  const { tables, isOurs, version, isIncomplete } = marks;
  if (tables === 0 || (isShared && !isOurs)) return { verdict: 'store.none', seen: said('store.none') };
  if (!isOurs) return { verdict: 'store.foreign', seen: said('store.foreign', { n: tables }), code: 'ERR_STORE_OPEN' };
  if (isIncomplete)
    return {
      verdict: 'store.incomplete',
      seen: said('store.incomplete'),
      code: 'ERR_STORE_INCOMPLETE',
    };
  if (version === null) return failed('store.unreadable', said('store.mark'), 'ERR_STORE_OPEN');
  const seen = said('store.version', { version, known });
  if (version > known) return { verdict: 'store.newer', seen, code: 'ERR_STORE_VERSION' };
  return { verdict: version < known ? 'store.older' : 'store.ours', seen };
}

const MIB = 1024 * 1024;

/**
 * | free              | verdict      |
 * |-------------------|--------------|
 * | less than 50 MiB  | space.none   |
 * | less than 1 GiB   | space.little |
 * | more              | space.enough |
 */
export function judgeSpace(freeBytes: number, blanks: Blanks): Finding {
  const seen = said('space.free', { mib: counted(Math.floor(freeBytes / MIB)) });
  if (freeBytes < 50 * MIB) return { verdict: 'space.none', seen, code: 'ERR_STORE_WRITE', blanks };
  return { verdict: freeBytes < 1024 * MIB ? 'space.little' : 'space.enough', seen, blanks };
}

/** File systems over a network, by their number in Linux: statfs(2), linux/magic.h. */
const NETWORK: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB',
  0x00c36400: 'Ceph',
  0x01021997: '9P',
};

/** @param type of the file system that the folder is on; null: not known */
export function judgeFolder(folder: string, type: number | null): Finding {
  const network = type === null ? undefined : NETWORK[type >>> 0];
  const blanks = { folder };
  if (network === undefined) return { verdict: 'folder.there', seen: said('folder.there', { folder }), blanks };
  return { verdict: 'folder.network', seen: said('folder.network', { folder, network }), blanks };
}

/** What is told of a connection to PostgreSQL. */
export interface ConnectionFacts {
  /** True: over a socket, or within this host. */
  readonly isHere: boolean;
  /** Null: not told. */
  readonly tls: { readonly isOn: boolean; readonly version: string | null; readonly cipher: string | null } | null;
}

/**
 * | TLS      | server     | verdict    |
 * |----------|------------|------------|
 * | on       |            | tls.on     |
 * | off      | this host  | tls.here   |
 * | off      | another    | tls.off    |
 * | not told | this host  | tls.here   |
 * | not told | another    | tls.untold |
 */
export function judgeTls({ isHere, tls }: ConnectionFacts): Finding {
  if (tls?.isOn === true)
    return {
      verdict: 'tls.on',
      seen: said('tls.on', { version: tls.version ?? 'TLS', cipher: tls.cipher ?? said('tls.no-cipher') }),
    };
  if (isHere) return { verdict: 'tls.here', seen: said('tls.here') };
  if (tls === null) return { verdict: 'tls.untold', seen: said('tls.untold') };
  return {
    verdict: 'tls.off',
    seen: said('tls.off'),
  };
}

/** What a user may do in a database. */
export interface RightsFacts {
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  /** Null: there is none that tables could be made in. */
  readonly schema: string | null;
  readonly mayCreate: boolean;
  /** Tables of the store that the user may not read, add to, change and delete from. */
  readonly closed: readonly string[];
  /** Whose tables these are; null: there are none. */
  readonly owner: string | null;
  /** The user is the owner, or a member. */
  readonly ownsTables: boolean;
}

/**
 * | standby or read only | may make tables | may use the store's tables | verdict          |
 * |----------------------|-----------------|----------------------------|------------------|
 * | yes                  |                 |                            | rights.read-only |
 * | no                   | no              |                            | rights.create    |
 * | no                   | yes             | no, or is not their owner  | rights.tables    |
 * | no                   | yes             | yes                        | rights.enough    |
 */
export function judgeRights(facts: RightsFacts, blanks: Blanks): Finding {
  const code = 'ERR_STORE_WRITE';
  if (facts.isStandby || facts.isReadOnly) {
    const seen = said(facts.isStandby ? 'rights.standby' : 'rights.read-only');
    return { verdict: 'rights.read-only', seen, code, blanks };
  }
  if (facts.schema === null) return { verdict: 'rights.create', seen: said('rights.no-schema'), code, blanks };
  if (!facts.mayCreate)
    return { verdict: 'rights.create', seen: said('rights.no-tables', { schema: given(facts.schema) }), code, blanks };
  if (facts.closed.length > 0 || !facts.ownsTables) {
    const owner = facts.owner === null ? said('rights.another') : given(facts.owner);
    const tables = facts.closed.slice(0, 5);
    const seen = tables.length === 0 ? said('rights.owner', { owner }) : said('rights.closed', { owner, tables });
    return { verdict: 'rights.tables', seen, code, blanks: { ...blanks, owner: facts.owner ?? '' } };
  }
  return { verdict: 'rights.enough', seen: said('rights.enough', { schema: given(facts.schema) }) };
}

/**
 * SQLSTATE or Node.js' code of a connection that failed → verdict; any other: connection.failed.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const CONNECTION_VERDICTS: Readonly<Record<string, Verdict>> = {
  '28P01': 'connection.refused',
  '28000': 'connection.refused',
  '42501': 'connection.refused',
  '3D000': 'connection.no-database',
  '53300': 'connection.full',
  ENOTFOUND: 'connection.unknown',
  EAI_AGAIN: 'connection.unknown',
  ECONNREFUSED: 'connection.closed',
  ETIMEDOUT: 'connection.closed',
  EHOSTUNREACH: 'connection.closed',
  ENETUNREACH: 'connection.closed',
  ECONNRESET: 'connection.closed',
  ENOENT: 'connection.closed',
  ERR_INVALID_URL: 'connection.address',
};

/** Of a certificate, https://nodejs.org/api/tls.html#x509-certificate-error-codes, or `pg`'s own words of a server without TLS. */
const TLS_CODES = /CERT|SIGNATURE|ERR_TLS|ERR_SSL/;
const NO_TLS = /does not support SSL/i;
const SILENCE = /timeout/i;

/** @param code SQLSTATE or Node.js' code @param text what the server or the package `pg` says; empty: nothing */
export function judgeConnection(code: string, text: string, blanks: Blanks): Finding {
  const isTls = TLS_CODES.test(code) || NO_TLS.test(text);
  const verdict =
    CONNECTION_VERDICTS[code] ??
    (isTls ? 'connection.untrusted' : SILENCE.test(text) ? 'connection.closed' : 'connection.failed');
  return { ...failed(verdict, connectionSeen(verdict, text), 'ERR_STORE_OPEN'), blanks };
}

function connectionSeen(verdict: Verdict, text: string): Said {
  if (verdict === 'connection.address') return said('connection.unread');
  const told = text === '' ? said('connection.no-reason') : english(text.replace(/\.?$/, '.'));
  return said('connection.failed', { text: told });
}

const SECRETS = ['linkSecret', 'metricsToken'] as const;

/** Secrets of a store that no connection needs. Empty: none is entered. */
export type EnteredSecrets = Readonly<Partial<Record<(typeof SECRETS)[number], string>>>;

/** Characters that a secret has at least: what `openStore` and the measures take. */
const SHORTEST = 16;

/**
 * | link secret, metrics token | verdict       |
 * |----------------------------|---------------|
 * | empty                      | secrets.good  |
 * | shorter than 16            | secrets.short |
 * | longer                     | secrets.good  |
 */
export function judgeSecrets(secrets: EnteredSecrets): Finding {
  const [first, second] = SECRETS.filter((name) => {
    const secret = secrets[name] ?? '';
    return secret !== '' && secret.length < SHORTEST;
  }).map((name) => said(`secret.${name}`));
  if (first === undefined) return { verdict: 'secrets.good', seen: said('secrets.good') };
  const seen =
    second === undefined
      ? said('secrets.short', { name: first, n: SHORTEST })
      : said('secrets.short.both', { first, second, n: SHORTEST });
  return { verdict: 'secrets.short', seen, code: 'ERR_CONFIG_INVALID' };
}

/** What an error ended. */
export function failed(verdict: Verdict, seen: Said, code: ErrorCode): Finding {
  return { verdict, seen, code };
}
