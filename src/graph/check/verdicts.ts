/**
 * What can be found out about an MDM tenant, how bad it is, and what to do: one table. Commands are of the Azure CLI, to be run
 * by an administrator; `{client}` is checked where a finding is made (judge-permissions.ts).
 */
import type { VerdictEntry } from '../../model/check-report.ts';

const GIVE_ANOTHER_SECRET = 'az ad app credential reset --id {client} --append';
const SHOW_APPLICATION = 'az ad app show --id {client} --query "{name:displayName, tenant:publisherDomain}"';
const CONSENT = 'az ad app permission admin-consent --id {client}';

/** Verdict → seriousness, words and remedy. The first part of a name is the step. Names are stable. */
export const VERDICTS = {
  // sign-in
  'sign-in.done': { status: 'ok', says: 'signed in' },
  'sign-in.expiring': {
    status: 'warning',
    says: 'the certificate expires soon',
    remedy: 'Make a new certificate, add it to the application, then enter it here. Both count side by side.',
    command: 'az ad app credential list --id {client} --cert',
  },
  'sign-in.secret-wrong': {
    status: 'error',
    says: 'the secret is wrong',
    remedy: 'Enter the value of the secret, not its id. It is shown once, when it is made; else make another one.',
    command: GIVE_ANOTHER_SECRET,
  },
  'sign-in.secret-expired': {
    status: 'error',
    says: 'the secret has expired',
    remedy: 'Make a new secret and enter it, or sign in with a certificate.',
    command: GIVE_ANOTHER_SECRET,
  },
  'sign-in.no-credential': {
    status: 'error',
    says: 'neither secret nor certificate came',
    remedy: 'Enter the secret, or certificate and private key. A proxy may have changed the request.',
  },
  'sign-in.certificate': {
    status: 'error',
    says: 'the certificate is not one of the application',
    remedy: 'Add this certificate to the application: Certificates & secrets. Is the client the right one?',
    command: 'az ad app credential list --id {client} --cert',
  },
  'sign-in.clock': {
    status: 'error',
    says: 'the sign-in is outside its time',
    remedy:
      'Correct the clock of this host; a sign-in with a certificate counts for minutes. Has the certificate expired?',
    command: 'timedatectl set-ntp true    # where Node-RED runs',
  },
  'sign-in.tenant-name': {
    status: 'error',
    says: 'the tenant is neither an id nor a domain',
    remedy: 'Enter the id of the tenant or one of its domain names.',
    command: 'az account show --query tenantId',
  },
  'sign-in.tenant-unknown': {
    status: 'error',
    says: 'there is no such tenant',
    remedy: 'Check the id of the tenant, and the cloud: each cloud knows its own tenants.',
    command: 'az account show --query tenantId',
  },
  'sign-in.application-unknown': {
    status: 'error',
    says: 'the tenant does not know the application',
    remedy: 'Check client and tenant: the application is in another tenant, or its client id has a slip.',
    command: SHOW_APPLICATION,
  },
  'sign-in.application-disabled': {
    status: 'error',
    says: 'the application is disabled',
    remedy: 'Enable it in Entra: Enterprise applications, the application, Properties, Enabled for users to sign in.',
    command: 'az ad sp update --id {client} --set accountEnabled=true',
  },
  'sign-in.consent': {
    status: 'error',
    says: 'nobody has consented to the application',
    remedy: 'An administrator consents to its permissions once for the tenant.',
    command: CONSENT,
  },
  'sign-in.conditional-access': {
    status: 'error',
    says: 'conditional access blocks the application',
    remedy: 'Let it in from where Node-RED runs: the policy for workload identities, or its list of places.',
  },
  'sign-in.cloud': {
    status: 'error',
    says: 'this tenant has no Graph at this address',
    remedy: 'Choose the cloud that the tenant is in.',
  },
  'sign-in.refused': {
    status: 'error',
    says: 'refused',
    remedy: 'The number says why: https://login.microsoftonline.com/error?code={number}',
  },
  'sign-in.failed': { status: 'error', says: 'not to be had', remedy: '{help}' },
  // permissions: of all, then of one
  'permissions.all': { status: 'ok', says: 'all that are used' },
  'permissions.enough': { status: 'ok', says: 'all that are needed' },
  'permissions.more': {
    status: 'warning',
    says: 'more than are needed',
    remedy: 'The connector only reads. Take away what lets the application change things; each is named below.',
  },
  'permissions.missing': {
    status: 'error',
    says: 'a needed one is missing',
    remedy: 'Give it to the application as an application permission, and consent. It counts from the next sign-in on.',
    command: '{command}',
  },
  'permissions.none': {
    status: 'error',
    says: 'none: given or consented to by nobody',
    remedy:
      'Give the application the permission as an application permission, not a delegated one, and consent. If it is listed, only the consent is missing.',
    command: '{command}',
  },
  'permissions.delegated': {
    status: 'error',
    says: 'delegated ones, where application permissions are needed',
    remedy: 'Add the permission as an application permission, and consent. Delegated ones need somebody who signs in.',
    command: '{command}',
  },
  'permissions.untold': { status: 'unknown', says: 'not told', remedy: 'What is read below shows those for reading.' },
  'permission.given': { status: 'ok', says: 'given' },
  'permission.wider': {
    status: 'ok',
    says: 'given by a wider one',
    remedy: 'This one is enough. Give it and take the wider one away:',
    command: '{command}',
  },
  'permission.missing': { status: 'error', says: 'missing', remedy: 'Needed to {use}.', command: '{command}' },
  'permission.absent': { status: 'skipped', says: 'not given', remedy: 'Only to {use}.', command: '{command}' },
  'permission.unused': { status: 'ok', says: 'not used' },
  'permission.writes': {
    status: 'warning',
    says: 'more than is needed',
    remedy:
      'Take it away: in Entra, Enterprise applications, the application, Permissions, then revoke it; and in its registration, API permissions.',
  },
  // intune
  'intune.answers': { status: 'ok', says: 'it answers' },
  'intune.no-licence': {
    status: 'error',
    says: 'this tenant has no Intune',
    remedy:
      'Graph answers so for a tenant without an Intune licence. Is it the right tenant? Then it needs a licence with Intune, and Intune as MDM authority.',
    command:
      'az rest --url "https://graph.microsoft.com/v1.0/subscribedSkus?\\$select=skuPartNumber,capabilityStatus,servicePlans"',
  },
  'intune.forbidden': {
    status: 'error',
    says: 'it refuses the application',
    remedy:
      'If the token carries the permission, consent was given just now: wait a few minutes and test again. Else give it, and consent.',
    command: CONSENT,
  },
  'intune.throttled': {
    status: 'warning',
    says: 'it asks to wait',
    remedy: 'Others use the quota of the tenant or of this application. Test again later; readings wait by themselves.',
  },
  'intune.failed': { status: 'error', says: 'cannot be read', remedy: '{help}' },
  // devices
  'devices.agree': { status: 'ok', says: 'the list has as many as the overview counts' },
  'devices.none': {
    status: 'warning',
    says: 'no device',
    remedy: 'Is it the right tenant? In Intune’s admin center: Devices, Overview.',
  },
  'devices.hidden': {
    status: 'error',
    says: 'devices are there, none is seen',
    remedy:
      'Intune counts devices and lists none. Scope tags hide them: in Intune’s admin center, Tenant administration, Roles, look for an assignment to this application whose scope tags leave devices out.',
  },
  'devices.fewer': {
    status: 'warning',
    says: 'far fewer are seen than there are',
    remedy:
      'Scope tags may hide the others: in Intune’s admin center, Tenant administration, Roles, look for an assignment to this application whose scope tags leave devices out. Phones that are hidden count as not enrolled.',
  },
  'devices.untold': {
    status: 'unknown',
    says: 'the overview cannot be read',
    remedy: 'Without it nobody notices devices that are hidden from the application.',
  },
  // clock
  'clock.same': { status: 'ok', says: 'they agree' },
  'clock.apart': {
    status: 'warning',
    says: 'they differ',
    remedy: 'Times of Intune are corrected by it. Have the clock of this host set by a time server.',
    command: 'timedatectl set-ntp true    # where Node-RED runs',
  },
  'clock.far': {
    status: 'error',
    says: 'they differ by more than five minutes',
    remedy: 'Tokens and certificates seem to have expired or not to be valid yet. Correct the clock of this host.',
    command: 'timedatectl set-ntp true    # where Node-RED runs',
  },
  'clock.untold': { status: 'unknown', says: 'not told' },
  // any step
  'does-not-apply': { status: 'skipped', says: 'does not apply' },
  'not-reached': { status: 'skipped', says: 'not reached' },
} as const satisfies Readonly<Record<string, VerdictEntry>>;

/** Name of a finding. */
export type Verdict = keyof typeof VERDICTS;

/** The entry of a verdict. */
export function entryOf(verdict: Verdict): VerdictEntry {
  return VERDICTS[verdict];
}
