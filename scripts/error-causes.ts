/** What has happened, where the help of a code begins with what to do: the message before it says what was seen. */
import type { ErrorCode } from '../src/errors.ts';

export const ERROR_CAUSES: Readonly<Partial<Record<ErrorCode, string>>> = {
  ERR_CONFIG_MISSING: 'A configuration that the node needs is not chosen, disabled or deleted.',
  ERR_CONFIG_INVALID: 'A field holds what cannot be meant, or names an environment variable that is not there.',
  ERR_ENGINE_UNSUPPORTED: 'This Node.js has no SQLite of its own.',
  ERR_DEPENDENCY_MISSING: 'A package that only some use is not installed: `kerberos`, `pg` or `ldapts`.',
  ERR_INPUT_INVALID: 'A message does not have the form that the node expects.',
  ERR_INTERNAL: 'A mistake in this package.',
  ERR_HTTP_UNREACHABLE: 'No connection: the name is unknown, nobody listens, or a firewall is in between.',
  ERR_GRAPH_FORBIDDEN: 'The application lacks a permission, or nobody consented to it.',
  ERR_PAGE_SPLIT: 'A Split node, or a node that sends record by record, stands in the way of pages of records.',
  ERR_RULE_INVALID: 'A rule of the access switch cannot be meant.',
  ERR_SWITCH_SECOND: 'Another access switch enforces for the same organization with the same store.',
  ERR_REQUEST_KEPT: 'A deploy or a stop of Node-RED cut off what a person had asked the access switch for.',
  ERR_LEASE_LOST: 'This Node-RED was late, and another one has taken over the work for the organization.',
  ERR_MAIL_COPY: 'The mail went out, and the mail server refused some of those who were to have a copy.',
  ERR_MAIL_FOREIGN_HOST: 'Autodiscover names a server that is not known to belong to the owner of the mail domain.',
  ERR_VISITS_REFUSED: 'Visits of the activation page with damaged, old or foreign links were refused.',
  ERR_STORE_VERSION: 'The store is of another version of this package.',
  ERR_STORE_REPLACED: 'The store file was deleted, moved, or replaced by another while Node-RED works with it.',
  ERR_STORE_SORTING: 'A list, or a name in the audit, was asked for during the first sync of 20,000 devices or more.',
  ERR_STORE_IN_USE: 'A Node-RED works with the store that a command is to move.',
  ERR_STORE_NOT_EMPTY: 'The database that a command is to move into holds a store that was written to.',
  ERR_FILE_WRITE: 'The file that a command is to write is there already, or cannot be written.',
  ERR_AUTODISCOVER_DOMAIN: 'The check was given no mail domain.',
};
