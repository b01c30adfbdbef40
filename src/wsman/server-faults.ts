/** The faults an Exchange front end answers with, ready for the lab to send. Texts as admins quote them; sources at each. */
import { Namespace } from './names.ts';
import type { FaultAnswer } from './server.ts';

/** What Exchange puts before its texts. */
export interface ExchangeOrigin {
  readonly clientAccessServer: string;
  readonly backEndServer: string;
  readonly requestId: string;
  readonly timeStamp: string;
}

const FAULT_DETAIL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail';
const PLUGIN = { name: 'Microsoft.Exchange', path: 'C:\\Windows\\system32\\pwrshplugin.dll' };

/** `[ClientAccessServer=…,BackEndServer=…,RequestId=…,TimeStamp=…] [FailureCategory=…] ` Source: techcommunity 604504 */
export function exchangePrefix(origin: ExchangeOrigin, failureCategory: string): string {
  const { clientAccessServer, backEndServer, requestId, timeStamp } = origin;
  return (
    `[ClientAccessServer=${clientAccessServer},BackEndServer=${backEndServer},RequestId=${requestId},TimeStamp=${timeStamp}] ` +
    `[FailureCategory=${failureCategory}] `
  );
}

/** How a refusal by Exchange's authorization plug-in is dressed. */
export interface RunspaceRefusalForm {
  /**
   * The groups before the text: server and request, then the plug-in's two (`parted` by blanks, or `joined`); the older
   * server group, joined; the plug-in's two alone (`bare`); none. Default parted. Seen in Microsoft365DSC issues 359 and
   * 799, and in quotes of Exchange Online's refusals.
   */
  readonly groups?: 'parted' | 'joined' | 'older' | 'bare' | 'none';
  /** Default AuthZ-AuthorizationException. */
  readonly category?: string;
  /** Number in WSManFault. The one of Exchange on-premises is not published; default that of other refusals by AuthZ. */
  readonly wsmanCode?: number;
}

function refusalGroups(origin: ExchangeOrigin, form: RunspaceRefusalForm): string {
  const { clientAccessServer, backEndServer, requestId, timeStamp } = origin;
  const rest = `RequestId=${requestId},TimeStamp=${timeStamp}`;
  const server = `[ClientAccessServer=${clientAccessServer},BackEndServer=${backEndServer},${rest}]`;
  const plugin = [
    `[AuthZRequestId=${requestId}]`,
    `[FailureCategory=${form.category ?? 'AuthZ-AuthorizationException'}]`,
  ];
  switch (form.groups ?? 'parted') {
    case 'parted':
      return `${[server, ...plugin].join(' ')} `;
    case 'joined':
      return `${[server, ...plugin].join('')} `;
    case 'older':
      return [`[Server=${backEndServer},${rest}]`, ...plugin].join('');
    case 'bare':
      return `${plugin.join('')} `;
    default:
      return '';
  }
}

function runspaceRefusal(origin: ExchangeOrigin, form: RunspaceRefusalForm, text: string): FaultAnswer {
  return {
    subcode: 'InternalError',
    // KB 2898571 has "Access is denied" of the same plug-in under this number.
    wsmanCode: form.wsmanCode ?? 2150858819,
    reason: 'The WS-Management service cannot process the request. ',
    message: `${refusalGroups(origin, form)}${text}`,
    machine: origin.clientAccessServer,
    provider: PLUGIN,
  };
}

/** Too many runspaces of one user, Exchange 2013 and later. Text: Microsoft365DSC issues 359 and 799; windowspro.de on throttling */
export function runspaceLimitFault(
  origin: ExchangeOrigin,
  limit: { readonly maximum?: number; readonly party?: string } & RunspaceRefusalForm = {},
): FaultAnswer {
  const { maximum = 18, party = 'MaxConcurrency' } = limit;
  return runspaceRefusal(
    origin,
    limit,
    `Fail to create a runspace because you have exceeded the maximum number of connections allowed : ${maximum} for the policy party : ${party}. ` +
      'Please close existing runspace and try again.\nPolicy: CN=GlobalThrottlingPolicy,CN=Global Settings;',
  );
}

/** Too many runspaces in too short a time, Exchange 2013 and later. Text: quotes of Exchange Online's refusals */
export function runspaceBudgetFault(
  origin: ExchangeOrigin,
  budget: { readonly wait?: string } & RunspaceRefusalForm = {},
): FaultAnswer {
  return runspaceRefusal(
    origin,
    budget,
    `Fail to create runspace because you have exceeded your budget to create runspace. Please wait for ${budget.wait ?? '2 seconds'}.\n` +
      'Policy: CN=GlobalThrottlingPolicy,CN=Global Settings;',
  );
}

/** A Receive that outlasted OperationTimeout. Recorded from Windows servers. */
export function operationTimeoutFault(machine: string): FaultAnswer {
  const reason =
    'The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ';
  return { soapCode: 'Receiver', subcode: 'TimedOut', wsmanCode: 2150858793, reason, machine };
}

/** A shell this server does not know. Reason recorded; Exchange's text and category: techcommunity 604504. */
export function invalidShellFault(origin: ExchangeOrigin, shellId: string): FaultAnswer {
  return {
    subcode: 'InvalidSelectors',
    wsmanCode: 2150858843,
    reason:
      'The WS-Management service cannot process the request because the request contained invalid selectors for the resource. ',
    message:
      `${exchangePrefix(origin, 'WSMan-InvalidShellID')}The request for the Windows Remote Shell with ShellId ${shellId} failed because the shell ` +
      'was not found on the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the server. ' +
      'Provide the correct ShellId or create a new shell and retry the operation.',
    machine: origin.clientAccessServer,
    faultDetail: `${FAULT_DETAIL}/UnexpectedSelectors`,
  };
}

/** A command this shell does not know. Recorded from Windows servers. */
export function invalidCommandFault(machine: string): FaultAnswer {
  return {
    subcode: 'InvalidSelectors',
    wsmanCode: 2150858843,
    reason:
      'The WS-Management service cannot process the request because the request contained invalid selectors for the resource. ',
    message:
      'The Windows Remote Shell received a request to perform an operation on a command identifier that does not exist. Either the command ' +
      'has completed execution or the client specified an invalid command identifier. ',
    machine,
    faultDetail: `${FAULT_DETAIL}/UnexpectedSelectors`,
  };
}

/** Too many shells of one user (PowerShellMaxConcurrency, 18 by default). Source: New-ThrottlingPolicy, c7solutions 2010-01 */
export function shellQuotaFault(origin: ExchangeOrigin, maximum: number): FaultAnswer {
  const reason =
    `The WS-Management service cannot process the request. This user is allowed a maximum number of ${maximum} concurrent shells, which has been ` +
    'exceeded. Close existing shells or raise the quota for this user. ';
  return {
    subcode: 'QuotaLimit',
    wsmanCode: 2150859173,
    reason,
    message: reason,
    machine: origin.clientAccessServer,
    provider: PLUGIN,
  };
}

/** Too many requests of one user; the wait is the server's. Source: New-ThrottlingPolicy, c7solutions 2010-01 */
export function userQuotaFault(
  origin: ExchangeOrigin,
  quota: { requests: number; seconds: number; waitMs: number },
): FaultAnswer {
  const reason =
    `The WS-Management service cannot process the request. The user load quota of ${quota.requests} requests per ${quota.seconds} seconds has been ` +
    `exceeded. Send future requests at a slower rate or raise the quota for this user. The next request from this user will not be approved for at ` +
    `least ${quota.waitMs} milliseconds. `;
  return { subcode: 'QuotaLimit', wsmanCode: 2150859175, reason, machine: origin.clientAccessServer };
}

/** The account may not use remote PowerShell or has no management role. Source: learn KB 2898571 */
export function accessDeniedFault(origin: ExchangeOrigin, user: string): FaultAnswer {
  return {
    subcode: 'AccessDenied',
    wsmanCode: 5,
    reason: 'Access is denied. ',
    message: `${exchangePrefix(origin, 'AuthZ-CmdletAccessDeniedException')}The user "${user}" isn't assigned to any management roles.`,
    machine: origin.clientAccessServer,
    provider: PLUGIN,
  };
}

/** Another resource than Exchange's was asked for. */
export function resourceUriFault(machine: string): FaultAnswer {
  const reason =
    'The WS-Management service cannot process the request. The resource URI is missing or it has an incorrect format. Check the documentation or use ' +
    'the following command for information on how to construct a resource URI: "winrm help uris". ';
  return { subcode: 'InvalidResourceURI', wsmanCode: 2150858811, reason, machine };
}

/** The shell wants another protocol version than 2.x. [MS-PSRP] 3.2.5.3.1 */
export function protocolVersionFault(machine: string): FaultAnswer {
  const reason =
    'The WS-Management service cannot process the request because the options are not valid: protocolversion. ';
  return {
    subcode: 'InvalidOptions',
    wsmanCode: 2150858809,
    reason,
    machine,
    faultDetail: `${FAULT_DETAIL}/InvalidValue`,
  };
}

/** An action nobody serves. [DSP0226] wsa:ActionNotSupported */
export function unsupportedActionFault(machine: string): FaultAnswer {
  const reason = 'The WS-Management service cannot process the request because the action is not supported. ';
  return {
    subcode: 'UnsupportedFeature',
    wsmanCode: 2150858818,
    reason,
    machine,
    faultDetail: `${Namespace.wsman}/faultDetail/OperationMode`,
  };
}
