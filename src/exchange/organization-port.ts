/** One Exchange organization as the use cases want it, over any transport. */
import type { ListEdit, PersonalLists } from '../model/personal-lists.ts';
import type { OrganizationIdentity, OrganizationKind } from '../model/organization-identity.ts';
import type { EasRecord } from '../model/records.ts';
import { lastAttemptsOf } from './last-attempts.ts';
import type { LastAttempt } from './last-attempts.ts';
import { OWN_CLOCK } from '../model/server-clock.ts';
import type { ServerClock } from '../model/server-clock.ts';
import { getAcceptedDomain } from './cmdlets/get-accepted-domain.ts';
import type { AcceptedDomain } from './cmdlets/get-accepted-domain.ts';
import { getRecipientByAddress } from './cmdlets/get-recipient.ts';
import type { Recipient } from './cmdlets/get-recipient.ts';
import { getMailboxLanguage } from './cmdlets/get-regional-configuration.ts';
import { readEasRecords } from './eas-records.ts';
import type { EasPage } from './eas-records.ts';
import { scopeOf } from './eas-scope.ts';
import { readGroupMembers } from './group-members.ts';
import { mailboxStateOf } from './mailbox-state.ts';
import type { MailboxState } from './mailbox-state.ts';
import { partnershipsOf, removePartnership } from './partnerships.ts';
import { editMailboxLists, readMailboxLists } from './read-mailbox.ts';
import type { CmdletTransport } from './transport.ts';
import { WhichOrganization } from './which-organization.ts';

/** See {@link organizationPort}. */
export interface OrganizationPort {
  readonly organization: string;
  readonly isSimulated: boolean;
  readonly kind: OrganizationKind;
  whichOrganization(options: { readonly signal: AbortSignal }): Promise<OrganizationIdentity>;
  easPages(reading: {
    readonly kind: 'full' | 'quick';
    readonly pageSize: number;
    readonly since?: string;
    readonly keys?: readonly string[];
    readonly usersKnown?: boolean;
    readonly scope?: unknown;
    readonly signal: AbortSignal;
    onWarning?(text: string): void;
  }): AsyncGenerator<EasPage>;
  readLists(mailboxId: string, options: { signal?: AbortSignal }): Promise<PersonalLists>;
  write(mailboxId: string, edit: ListEdit, options: { signal?: AbortSignal }): Promise<void>;
  lastAttempts(mailboxId: string, options: { signal?: AbortSignal }): Promise<readonly LastAttempt[]>;
  partnerships(mailboxId: string, easId: string, options: { signal?: AbortSignal }): Promise<readonly string[]>;
  removePartnership(id: string, options: { signal?: AbortSignal }): Promise<void>;
  groupMembers(group: string, options: { readonly signal: AbortSignal }): AsyncGenerator<Recipient>;
  recipients(address: string, options: { readonly signal: AbortSignal }): AsyncGenerator<Recipient>;
  mailboxState(mailboxId: string, options: { readonly signal: AbortSignal }): Promise<MailboxState>;
  mailboxLanguage(mailboxId: string, options: { readonly signal: AbortSignal }): Promise<string | null>;
  acceptedDomains(options: { readonly signal: AbortSignal }): AsyncGenerator<AcceptedDomain>;
}

/**
 * @param exchange asked for the transport at each call, so that it is opened when it is needed
 * @param organization names the organization in records and keys
 * @param options.kind how it is reached; default on-premises
 */
export function organizationPort(
  exchange: () => CmdletTransport,
  organization: string,
  { kind = 'on-premises' }: { readonly kind?: OrganizationKind } = {},
): OrganizationPort {
  const which = new WhichOrganization(exchange, kind);
  return {
    organization,
    isSimulated: kind === 'simulated',
    kind,
    whichOrganization: ({ signal }) => which.read(signal),
    easPages: ({ scope, ...reading }): AsyncGenerator<EasPage & { records: EasRecord[] }> => {
      const transport = exchange();
      return withClock(transport, readEasRecords(transport, { ...reading, organization, scope: scopeOf(scope) }));
    },
    readLists: (mailboxId, options) => readMailboxLists(exchange(), mailboxId, options),
    write: async (mailboxId, edit, options) => {
      await which.refuseOther(options.signal);
      // A lost answer is looked into at once, at the next server if the first one broke it.
      await editMailboxLists(exchange(), { mailboxId, ...edit }, options);
    },
    lastAttempts: (mailboxId, options) => lastAttemptsOf(exchange(), mailboxId, options),
    partnerships: (mailboxId, easId, options) => partnershipsOf(exchange(), { mailboxId, easId }, options),
    removePartnership: async (id, options) => {
      await which.refuseOther(options.signal);
      await removePartnership(exchange(), id, options);
    },
    groupMembers: (group, options) => readGroupMembers(exchange(), group, options),
    recipients: (address, options) => getRecipientByAddress(exchange(), address, options),
    mailboxState: (mailboxId, options) => mailboxStateOf(exchange(), mailboxId, options),
    mailboxLanguage: (mailboxId, options) => getMailboxLanguage(exchange(), mailboxId, options),
    acceptedDomains: (options) => getAcceptedDomain(exchange(), options),
  };
}

/** The last page says how the server's clock stands to ours. */
async function* withClock<T extends EasPage>(
  { kind, clock }: CmdletTransport,
  pages: AsyncIterable<T>,
): AsyncGenerator<T & { readonly clock?: ServerClock }> {
  clock?.begin();
  for await (const page of pages) {
    const measured = kind === 'simulated' ? OWN_CLOCK : (clock?.measured ?? null);
    yield page.last && measured !== null ? { ...page, clock: measured } : page;
  }
}
