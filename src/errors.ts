/**
 * Every error this package raises on purpose: a stable code, what was seen, what to check.
 * Flows switch on `code`; people read the message. Codes are never renamed or reused.
 */

import { redact } from './log.ts';

/** code → what the administrator should check. The message of an error says what was seen; this says what to do. */
export const ERROR_HELP = {
  // configuration
  ERR_CONFIG_MISSING:
    'Open the node that reports this and choose the configuration; if one is chosen, check that it is not disabled.',
  ERR_CONFIG_INVALID: 'Open the node named in the message and correct the field it names.',
  ERR_ENGINE_UNSUPPORTED: 'Run Node-RED on Node.js 22.13 or later.',
  ERR_DEPENDENCY_MISSING:
    'Install the package in the user directory of Node-RED with the command in the message, then restart Node-RED.',
  ERR_ABORTED: 'The node was closed or the run was cancelled. Start it again.',
  ERR_INPUT_INVALID: 'Check the message that was sent to the node against its help page.',
  ERR_INTERNAL: 'This should not happen. Please report it with the message and the time.',
  // http and TLS, any far end
  ERR_HTTP_UNREACHABLE: 'Check the address, DNS, the firewall and whether the server is running.',
  ERR_HTTP_TIMEOUT: 'The server did not answer in time. Check its load and the network between.',
  ERR_HTTP_RESET: 'The connection broke. Check load balancers and proxies between.',
  ERR_HTTP_TLS_UNTRUSTED:
    'The certificate is not signed by an authority this host trusts. Add the CA to the TLS configuration of the node.',
  ERR_HTTP_TLS_NAME: 'The certificate is for another name. Use a name that is on the certificate.',
  ERR_HTTP_TLS_EXPIRED: 'The certificate is outside its validity. Renew it, or correct the clock.',
  ERR_HTTP_TLS: 'The TLS handshake failed. Check the port, and the TLS versions both sides allow.',
  ERR_HTTP_AUTH:
    'The server refused the credentials. Check user name, password, lock-out and the rights of the account.',
  ERR_HTTP_AUTH_METHOD:
    'The server does not offer the chosen sign-in method. Choose one it offers, or enable the method on the server.',
  ERR_HTTP_KERBEROS_TICKET:
    'Kerberos has no valid ticket here to sign in with. Set KRB5_CLIENT_KTNAME to the keytab of the account for the Node-RED process, keep a ticket cache fresh (KRB5CCNAME, kinit), or enter "User" and "Password"; keytab and cache must be readable by it, and be of the account that is entered. docs/kerberos.md has it step by step.',
  ERR_HTTP_KERBEROS_ACCOUNT:
    'The domain controller does not take the account or its key. Check user name and "Realm", the password, and whether the account is locked, disabled or expired. A keytab that was made before the last change of the password must be made anew.',
  ERR_HTTP_KERBEROS_KDC:
    'No domain controller answered as KDC. Check realm and controllers in krb5.conf, DNS (_kerberos._tcp), and port 88 in the firewall.',
  ERR_HTTP_KERBEROS_SPN:
    'The service name is unknown or belongs to another account. Check it with "setspn -Q HTTP/name", register it on the account that Exchange uses (behind a balancer the alternate service account, on every server), or enter the right one in "Service name".',
  ERR_HTTP_KERBEROS_CLOCK:
    'The clocks of this host, of the domain controller or of the Exchange server differ by more than five minutes. Set all of them by the domain (NTP).',
  ERR_HTTP_KERBEROS_REFUSED:
    'The ticket is good for the domain controller, and the server refuses it. Check that its service name is registered once, on the account that every server behind this name uses ("setspn -Q HTTP/name", "setspn -X"), that the server has the present key of it, its clock, and its security log.',
  ERR_HTTP_KERBEROS_SETUP:
    'Kerberos does not work as it is set up here. Check krb5.conf (KRB5_CONFIG), and whether account, service and domain controller have an encryption type in common (AES: msDS-SupportedEncryptionTypes; an old account gets AES keys with its next password).',
  ERR_HTTP_STATUS: 'The server answered with an unexpected status. Check the address and the server log.',
  ERR_HTTP_NOT_EXPECTED:
    'Something else answered at this address (a web page?). Check the address and any proxy in front.',
  ERR_HTTP_REDIRECT: 'The server sent us somewhere we do not follow. Check the address; enter the final one.',
  ERR_HTTP_TOO_LARGE: 'The answer was larger than allowed. Check the address.',
  ERR_HTTP_INSECURE: 'Credentials are sent over https only. Use an https address.',
  // WSMan and PowerShell Remoting
  ERR_XML_INVALID: 'The answer is not well-formed XML. Check proxies between.',
  ERR_CLIXML_INVALID: 'The server sent an object this package cannot read. Please report it.',
  ERR_CLIXML_LIMIT:
    'The server sent an object beyond the safety limits. Run again; if it comes back, please report it with the cmdlet.',
  ERR_PSRP_FRAGMENT: 'The PowerShell Remoting stream is damaged. Run again; check proxies between.',
  ERR_PSRP_MESSAGE: 'The PowerShell Remoting stream is damaged. Run again; check proxies between.',
  ERR_PSRP_STATE: 'The PowerShell session is not in a state that allows this. Run again.',
  ERR_PSRP_VERSION:
    'The server speaks a PowerShell Remoting version this package does not. Check that the address is of an Exchange 2016, 2019 or Subscription Edition.',
  ERR_WSMAN_INVALID:
    'The answer is not a WS-Management message. Check the address: it must be the PowerShell virtual directory.',
  ERR_WSMAN_FAULT: 'The server refused the request. See the fault text.',
  ERR_WSMAN_QUOTA:
    'Too many requests or shells for this account. Use an account of its own, fewer sessions, or a throttling policy. The sessions of a process that was killed end by themselves after 15 minutes.',
  ERR_WSMAN_SHELL_LOST: 'The server forgot the session. It is opened again on the next run.',
  ERR_WSMAN_AFFINITY:
    'Requests of one session reach different servers, unless one has just restarted. Set session persistence (affinity by cookie or source address) for /PowerShell at the load balancer, or enter the servers by their own names in "Addresses".',
  ERR_WSMAN_ACCESS_DENIED:
    'The account may not use remote PowerShell. Check RemotePowerShellEnabled and its management role.',
  // Exchange
  ERR_EXCHANGE_CMDLET:
    'Exchange refused the cmdlet. See the text. A mailbox that was deleted needs nothing: what waits for it is given up after a week. Else check the management role of the account.',
  ERR_EXCHANGE_CMDLET_UNKNOWN: 'The account has no right to this cmdlet. Check its management role.',
  ERR_EXCHANGE_CMDLET_REFUSED:
    'This cmdlet or parameter is not in the catalogue, or needs an opt-in. Look at `exchange-connector exchange --help` for what may be sent.',
  ERR_EXCHANGE_IDENTITY:
    'A mailbox or device must be named by GUID or distinguished name. An empty identity would act on everything. Please report it if no message of yours named the object.',
  ERR_EXCHANGE_RECORD:
    'Exchange sent a record without what identifies it. Look at the object that the message names; it may be damaged in Active Directory.',
  ERR_EAS_RECORD:
    'An EAS record that came by message cannot be taken, and its reading is dropped. Correct what the message names, then send the whole reading again; docs/feeds.md has the shape.',
  ERR_EXCHANGE_OUTCOME_UNKNOWN:
    'The connection broke while a change was under way. It is verified by reading before anything else is done.',
  ERR_EXCHANGE_SILENT:
    'The cmdlet was stopped because it yielded nothing for too long. Look at the load of the Exchange server and its domain controllers, and restart the PowerShell application pool if it hangs. If the organization is that slow, raise "Silence limit" of the Exchange server.',
  ERR_EXCHANGE_THROTTLED:
    'Exchange asked us to wait longer than the limit. Use an account of its own or a throttling policy.',
  ERR_EXCHANGE_WARNING: 'Exchange sent a warning. See its text.',
  // Graph and other MDMs
  ERR_GRAPH_AUTH:
    'Microsoft refused the application. Check tenant id, client id and the secret or certificate (expired?).',
  ERR_GRAPH_FORBIDDEN: 'Grant the application permission named in the message, and admin consent.',
  ERR_GRAPH_STATUS: 'Graph answered with an error. See its text.',
  ERR_GRAPH_RESPONSE:
    'Graph answered with something that is not a page of records. Check the addresses of the MDM tenant and any proxy between, then run again.',
  ERR_GRAPH_PAGE_CHAIN:
    'The chain of pages broke before its end. The reading is dropped and nothing is concluded from it. Run it again; if it breaks each time, check proxies between.',
  ERR_GRAPH_EXPORT:
    'Intune did not give its report of all devices, or not whole. Devices are read by pages; set "Report above" to 0 to stop asking for it.',
  ERR_GRAPH_THROTTLED: 'Graph asked us to wait longer than the limit. Try later.',
  ERR_GRAPH_ORIGIN:
    'Graph pointed to another server. It is not followed: check the addresses of the MDM tenant, and any proxy that changes answers.',
  ERR_MDM_MAPPING: 'A record of the MDM could not be mapped. Check the mapping in the node.',
  // matching and switching
  ERR_PAGE_SPLIT:
    'Records travel as arrays. Leave the Split node out (in a csv node choose one message for the whole file), or put a Join node, mode automatic, behind what works on single records.',
  ERR_SNAPSHOT_INCOMPLETE: 'A reading did not reach its end. Nothing is concluded from it; run the sync again.',
  ERR_READING_SECOND:
    'One organization or MDM is read once at a time, and this reading begins no second one: the one under way is matched when it ends. Start it again later, or on the schedule of one instance.',
  ERR_SNAPSHOT_STALE: 'The last complete MDM reading is too old. Run a full sync of the MDM source.',
  ERR_SNAPSHOT_SHRUNKEN: 'Far fewer MDM records than last time. Check the MDM; nothing was blocked.',
  ERR_SNAPSHOT_EMPTY:
    'An MDM was read and has no records. Check licence, scope and mapping; approve only if it really is empty. Nothing was blocked.',
  ERR_SNAPSHOT_CONTENT:
    'The MDM records of a platform say less than before. Check permissions, API version and mapping of the MDM; nothing was blocked that can have come of it.',
  ERR_SNAPSHOT_GAPS:
    'Exchange could not read some of its own objects. The rest was read and decided; devices of their mailboxes stay as they were. The warnings of the EAS source name each object and how to repair it.',
  ERR_SNAPSHOT_OUTSIDE:
    'Mailboxes of other domains were read before and cannot be seen any more. Give the account a role with Set-ADServerSettings and its parameter ViewEntireForest again. If the servers’ own domain is meant to be all, switch "See the whole forest" off in the Exchange server. Until then devices of other domains stay as they were.',
  ERR_SNAPSHOT_FEWER_DEVICES:
    'A full reading of Exchange had far fewer devices than were known, and no error. Check the role scopes of the account, "Only" of the EAS source, and what makes the list. For three days what is missing stays as it was; then it counts as gone.',
  ERR_SOURCE_GONE:
    'An MDM source was taken off the canvas, and what it has read still counts. Put it back or enable it. If it is gone for good, press "Forget its reading" in the overview of the console, or send the merge matcher "forget" with the scope named in the message: its devices count as not enrolled from then on, and a dry run right after it shows whom that blocks. Until then nobody is blocked.',
  ERR_SOURCE_SECOND:
    'Two MDM sources with a mapping would write their records over each other, as both have the same name or preset. Give one of them another name.',
  ERR_COMPLIANCE_UNKNOWN:
    'No record of an MDM tells whether its device is compliant, so phones that were blocked stay blocked after their enrollment. If the MDM knows no compliance, set Compliance of its MDM source to managed is enough.',
  ERR_SIDES_MIXED:
    'One side is simulated and the other is real, so nobody may be blocked or allowed by what they say together. Choose the real Exchange server and the real MDM tenant, or simulate both; delete MDM sources that are left over from trying. The mode Simulate goes on.',
  ERR_ORGANIZATION_CHANGED:
    'Another Exchange organization answers than the one that was read before, or one of another kind; what is planned and waits is the old one\'s. If that was a mistake, put the address back. If you have moved, send the merge matcher "forget" with { organization } as payload: readings, plans and what waits are dropped; our entries and the audit stay.',
  ERR_ORGANIZATION_TWICE:
    'The connector has blocked devices, or another access switch enforces, under another configuration of the same Exchange; what is blocked there counts as an administrator\'s here, so it stays when its user enrolls, and where both enforce a user may get each mail twice. If both enforce, delete one with its Exchange server, or set it to Simulate; else put the configuration with that id back, by importing a copy of the flows, and delete the other one; or switch "Take over list entries that an administrator made" on in the access switch, which counts for all entries, until nobody is named any more.',
  ERR_RULE_INVALID: 'Open the access switch and correct the rule named in the message.',
  ERR_BRAKE: 'More mailboxes would lose access than the brake allows. Look at the plan, then approve or discard it.',
  ERR_SYNC_INCOMPLETE:
    'Pages of a sync did not reach the access switch whole. Nothing is concluded from what was missing, and the next sync is about all devices. If it comes again, look for a node between merge matcher and access switch that drops, repeats or changes pages, and for the error that the access switch gave.',
  ERR_DECISION_STALE:
    'Devices came out otherwise than before though nothing had touched them. They are decided rightly now. Please report it.',
  ERR_ATTEMPTS_UNKNOWN:
    'Exchange did not tell when devices last tried to sync: none of them is taken for one that nobody uses. Give the account the cmdlet Get-MobileDeviceStatistics; what the text names may also end by itself.',
  ERR_PLAN_UNKNOWN:
    'No such plan is held. It may have been replaced by a later sync: take the id that the report or the console shows now.',
  ERR_SWITCH_SECOND:
    'One organization has one access switch that enforces. Remove the other one, set it to Simulate, or wait: this one takes over when that one is gone.',
  ERR_LEASE_LOST:
    'Nothing is lost: who has taken over goes on. If this happens often, check the clock and the load of the store.',
  ERR_REQUEST_KEPT:
    'What was asked for is kept, and goes on by itself when the access switch runs again. Do not ask for it again; its report says what became of it.',
  ERR_REQUEST_EXPIRED:
    'No Node-RED worked for the organization within a day. See why, look at what is held now, and send the message again.',
  ERR_PLAN_FOREIGN:
    'The plan belongs to another Exchange organization. Send the message to the access switch of that organization.',
  ERR_APPLY_FAILED: 'Exchange did not accept the change. It is tried again; see the text.',
  ERR_DIRECTORY_UNREADABLE:
    'Group membership could not be read, so nobody is blocked. Check where the group is read: "Groups from" of the access switch, or "Active Directory" of the Exchange server.',
  // mail
  ERR_MAIL_CONNECT: 'The mail server cannot be reached. Check host, port and security.',
  ERR_MAIL_AUTH:
    'The mail server refused the sign-in. Check user name and password. All mails wait; it is tried again when they change, on topic "retry" at the notifier, or in an hour.',
  ERR_MAIL_NO_SIGN_IN:
    'The mail server wants a sign-in, and the mail account has no user. Enter user and password in the mail account and deploy, or allow this host to send without. The mails wait.',
  ERR_MAIL_STOPPED:
    'One refused sign-in stops the account, so that it is not locked out. Correct user name or password and deploy, or send the notifier topic "retry"; else it is tried once an hour.',
  ERR_MAIL_ATTENTION:
    'A mail could not be sent for a week. It is kept: mend the cause, then send the notifier topic "retry".',
  ERR_MAIL_SENDER: 'The mail server refused the sender. Check that the account may send as its address.',
  ERR_MAIL_RECIPIENT:
    'The mail server refused the recipient. Check the address; what was refused for now is tried again.',
  ERR_MAIL_ADDRESS:
    'Not a single plain mail address. Nothing was sent: correct the address that the message names, in Exchange or in the node.',
  ERR_MAIL_REFUSED: 'The mail server refused the message. See its text.',
  ERR_MAIL_RATE:
    'The mail server asks us to slow down; the mail is sent later. If it happens often, lower "Mails a minute" of the mail account, or raise the limit of the receive connector or the throttling policy.',
  ERR_MAIL_COPY: 'Correct or remove the addresses in "Copy to" of the notifier.',
  ERR_MAIL_BUSY:
    'The mail server takes no mail for now: it starts, moves a mailbox, or lacks disk or memory. The mail is sent later. If it lasts, look at the server.',
  ERR_MAIL_UNANSWERED:
    'Whether the mail arrived is not known. It is sent again with the same Message-ID and date, by which Exchange delivers one of the two; elsewhere the user may have both. If it happens often, look for what delays the answer: a content filter, a proxy, a firewall.',
  ERR_MAIL_QUOTA: 'The mailbox of the notification account is full. Empty it or raise its quota; the mails wait.',
  ERR_MAIL_DENIED:
    'Exchange Web Services are closed to the account. Check EwsEnabled, EwsApplicationAccessPolicy and EwsBlockList (Get-CASMailbox, Get-OrganizationConfig), and IP filters and client certificates in front.',
  ERR_MAIL_TEMPLATE:
    'The mail template names a field that does not exist, or has a section without an end. Correct the text in the notifier; its preview shows where.',
  ERR_MAIL_FOREIGN_HOST:
    'If the server is yours, add its name to "Redirects to" (allowedRedirects) of the mail account. If not, find out who answers Autodiscover in its name.',
  ERR_MAIL_NOT_READY:
    'No notifier can mail anybody, so blocks wait that nobody would hear about. Send "check" to the notifier and put right what it names; approve "mail-not-ready" at the access switch to block without a mail.',
  ERR_MAIL_NO_MAILBOX:
    'The notification account has no mailbox on this Exchange. Without one no mail goes out: give it one (Enable-Mailbox), or choose another account.',
  // activation
  ERR_TOKEN_INVALID:
    'The link is damaged or mistyped, or was not made by this connector. Open it from the mail again, complete; the notifier sends a new one on "resend".',
  ERR_TOKEN_EXPIRED: 'The link is too old. The button on its page sends a new one while the device is blocked.',
  ERR_TOKEN_FOREIGN:
    'The link belongs to another connector or purpose. Check which store the activation link and the notifier have chosen: it must be the same.',
  ERR_TOKEN_UNKNOWN:
    'The link was not issued from this store, or was withdrawn. Send a new one: "resend" to the notifier, or Mail again in the console.',
  ERR_VISITS_REFUSED:
    'Nobody was activated by them. A few are old or cut links, many are a scanner; if users complain, check that the link secret and the store are the ones the links were made with.',
  // store
  ERR_STORE_OPEN:
    'The store cannot be opened. Check the path of a file, its rights and the disk; of a PostgreSQL the address, the rights of its user, and that it runs.',
  ERR_STORE_VERSION:
    'If the store is newer, update this package. If it is older, deploy a flow with this package once: the connector store updates it.',
  ERR_STORE_BUSY: 'Another process holds the store. Use PostgreSQL for several instances.',
  ERR_STORE_WRITE: 'The store refused a write. Check the disk, its rights, and the room for temporary files.',
  ERR_STORE_REPLACED:
    'Put the file back, or a backup of it, then restart Node-RED. With an empty store, or an old one, phones stay blocked that the connector has blocked and no longer knows of: it takes such an entry for one of an administrator.',
  ERR_STORE_SORTING: 'Lists can be shown once the sync under way is through. Look again in some minutes.',
  ERR_STORE_IN_USE: 'Stop every Node-RED that works with the store, then run the command again.',
  ERR_STORE_NOT_EMPTY: 'Move into a database that holds no store yet, or one that nothing has been written to.',
  ERR_STORE_INCOMPLETE:
    'A move into this store was cut off. Run `exchange-connector store move` again, it begins anew; or choose the store that was to be moved.',
  ERR_STORE_COPY:
    'What was written is not what the store holds. Nothing was taken out of the store. Run the command again; if it fails again, look at `exchange-connector store check`.',
  ERR_FILE_WRITE:
    'Choose a file that does not exist yet, in a folder that you may write to, on a disk with room. Nothing is overwritten.',
  // Autodiscover
  ERR_AUTODISCOVER_DOMAIN: 'Enter a full mail domain or an address in one.',
} as const;

/** The stable code of an error of this package. */
export type ErrorCode = keyof typeof ERROR_HELP;

/** Facts about an error that are safe to show: never a secret, never a whole response body. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** What was seen, in every language that a person may read it in; the message has the English one. */
export interface SeenInEach {
  readonly en: string;
  readonly de: string;
}

/** The one error class of this package. */
export class ConnectorError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly #inEach: SeenInEach | null;

  /**
   * @param code stable code
   * @param seen what was seen, one sentence, no secret; what to check is added from ERROR_HELP
   */
  constructor(code: ErrorCode, seen: string | SeenInEach, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    const text = typeof seen === 'string' ? seen : seen.en;
    super(`${text} ${ERROR_HELP[code]}`, options.cause === undefined ? undefined : { cause: safeCause(options.cause) });
    this.name = 'ConnectorError';
    this.code = code;
    this.details = options.details ?? {};
    this.#inEach = typeof seen === 'string' ? null : seen;
  }

  /** What was seen, in each language; null: it is there in English alone. A method: no property goes into messages. */
  seenInEach(): SeenInEach | null {
    return this.#inEach;
  }
}

const STOPPED: SeenInEach = { en: 'The work was stopped.', de: 'Die Arbeit wurde angehalten.' };

/** How many causes behind one another are kept; a library may make a ring of them. */
const MOST_CAUSES = 5;

/**
 * What an error says of its cause: a Catch node shows it, so it carries no more than name, code and redacted texts.
 * Libraries put whole answers, requests and their headers into the properties of an error.
 */
function safeCause(cause: unknown, depth = 1): unknown {
  if (cause instanceof ConnectorError) return cause;
  if (!(cause instanceof Error)) return redact(String(cause));
  const { cause: deeper, code } = cause as { cause?: unknown; code?: unknown };
  const copy = new Error(
    redact(cause.message),
    deeper === undefined || depth >= MOST_CAUSES ? undefined : { cause: safeCause(deeper, depth + 1) },
  );
  Object.defineProperty(copy, 'name', { value: cause.name });
  if (cause.stack !== undefined) copy.stack = redact(cause.stack);
  return typeof code === 'string' || typeof code === 'number' ? Object.assign(copy, { code }) : copy;
}

/** True if `error` is one of ours, optionally with that code. */
export function isConnectorError(error: unknown, code?: ErrorCode): error is ConnectorError {
  return error instanceof ConnectorError && (code === undefined || error.code === code);
}

/** Makes any thrown value a ConnectorError; ours pass through unchanged. An AbortError becomes ERR_ABORTED. */
export function asConnectorError(error: unknown, code: ErrorCode = 'ERR_INTERNAL', seen?: string): ConnectorError {
  if (error instanceof ConnectorError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new ConnectorError('ERR_ABORTED', STOPPED, { cause: error });
  }
  const text = redact(error instanceof Error ? error.message : String(error));
  return new ConnectorError(code, seen ?? `${text}.`, { cause: error });
}

/** Throws ERR_ABORTED if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ConnectorError('ERR_ABORTED', STOPPED, { cause: signal.reason });
}
