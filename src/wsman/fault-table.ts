/** What each known WSMan fault means for the caller. Facts only; no I/O here. */
import type { ErrorCode } from '../errors.ts';

/**
 * What to do about a fault:
 * `nothing-yet` ask again at once; `wait` ask again after waitMs; `reopen` the shell is gone, open another (re-run reads only);
 * `retry-read` the request was lost between servers, a read may be sent again, a write is verified by reading; `fatal` asking
 * again does not help.
 */
export type Recovery = 'nothing-yet' | 'wait' | 'reopen' | 'retry-read' | 'fatal';

/** One row of the taxonomy. */
export interface FaultRule {
  readonly name: string;
  readonly recovery: Recovery;
  readonly error: ErrorCode;
  /** Wait when the server names no time, in milliseconds. */
  readonly waitMs?: number;
  readonly source: string;
  /** What to check, where the help of the error code says too little. */
  readonly hint?: string;
}

// Numbers: WsmError.h as published in microsoft/windows-rs, Win32::System::RemoteManagement.
const WSMERROR = 'WsmError.h (windows-rs, Win32::System::RemoteManagement)';

const quota = (name: string, waitMs: number, source = WSMERROR): FaultRule => ({
  name,
  recovery: 'wait',
  error: 'ERR_WSMAN_QUOTA',
  waitMs,
  source,
});
const lost = (name: string, source = WSMERROR): FaultRule => ({
  name,
  recovery: 'reopen',
  error: 'ERR_WSMAN_SHELL_LOST',
  source,
});
const denied = (name: string, source: string): FaultRule => ({
  name,
  recovery: 'fatal',
  error: 'ERR_WSMAN_ACCESS_DENIED',
  source,
});
const passing = (name: string, source = WSMERROR): FaultRule => ({
  name,
  recovery: 'retry-read',
  error: 'ERR_WSMAN_FAULT',
  source,
});
const fatal = (name: string, source = WSMERROR): FaultRule => ({
  name,
  recovery: 'fatal',
  error: 'ERR_WSMAN_FAULT',
  source,
});

/** By the Code of wsmanfault:WSManFault, as unsigned 32-bit number. */
export const FAULT_CODES: ReadonlyMap<number, FaultRule> = new Map([
  [
    2150858793,
    {
      name: 'operation-timeout',
      recovery: 'nothing-yet',
      error: 'ERR_WSMAN_FAULT',
      source: '[MS-WSMV] 3.1.4.14; recorded from Windows servers',
    },
  ],
  // Exchange says so for a shell its back end does not know (idle, recycled, or a request that landed on another server).
  [2150858843, lost('invalid-selectors', 'recorded from Windows servers; techcommunity 604504 WSMan-InvalidShellID')],
  [2150858813, lost('selectors-not-valid')],
  [2150858842, lost('insufficient-selectors')],
  [2150858752, lost('resource-not-found')],
  // A Receive that was waiting when its shell was closed.
  [995, lost('operation-aborted', 'ERROR_WSMAN_OPERATION_ABORTED of PowerShell, WSManNativeAPI.cs')],
  [1115, lost('shutdown-in-progress', 'ERROR_WSMAN_SHUTDOWN_INPROGRESS of PowerShell, WSManNativeAPI.cs')],
  [5, denied('access-denied', 'ERROR_WSMAN_ACCESS_DENIED of PowerShell, WSManNativeAPI.cs')],
  [2147942405, denied('access-denied', 'HRESULT E_ACCESSDENIED')],
  [2150858806, denied('failed-authentication', WSMERROR)],
  [2150859180, denied('remote-shells-not-allowed', WSMERROR)],
  [2150858815, quota('quota-limit', 5_000)],
  // Shells free themselves when others close, or after 15 idle minutes.
  [2150859173, quota('max-shells', 60_000, `${WSMERROR}; New-ThrottlingPolicy PowerShellMaxConcurrency`)],
  [2150859174, quota('max-operations', 5_000)],
  [2150859175, quota('user-load', 30_000, `${WSMERROR}; New-ThrottlingPolicy PowerShellMaxCmdlets`)],
  [2150859176, quota('system-load', 30_000)],
  [2150859179, quota('max-shell-users', 60_000)],
  [2150859236, quota('max-shells-ppq', 60_000)],
  [2150859237, quota('max-users-ppq', 60_000)],
  [2150859238, quota('max-plugin-shells-ppq', 60_000)],
  [2150859239, quota('max-plugin-operations-ppq', 5_000)],
  [2150859240, quota('max-operations-user-ppq', 5_000)],
  [2150859241, quota('max-commands-per-shell-ppq', 5_000)],
  [2150859242, quota('min-requirement-not-available-ppq', 60_000)],
  [
    2150858811,
    {
      ...fatal('resource-uri-not-found', `${WSMERROR}; pypsrp issue 47: the wrong port or directory`),
      hint: 'Something other than Exchange answered: its address is on port 443, directory /PowerShell/.',
    },
  ],
  // The server is short of memory, or does not reach its back end or domain controller: gone a moment later.
  [8, passing('not-enough-memory', 'Win32 ERROR_NOT_ENOUGH_MEMORY')],
  [2147942408, passing('not-enough-memory', 'HRESULT of ERROR_NOT_ENOUGH_MEMORY')],
  [14, passing('out-of-memory', 'Win32 ERROR_OUTOFMEMORY')],
  [2147942414, passing('out-of-memory', 'HRESULT E_OUTOFMEMORY')],
  [1722, passing('rpc-server-unavailable', 'Win32 RPC_S_SERVER_UNAVAILABLE')],
  [2147944122, passing('rpc-server-unavailable', 'HRESULT of RPC_S_SERVER_UNAVAILABLE')],
  [1726, passing('rpc-call-failed', 'Win32 RPC_S_CALL_FAILED')],
  [2147944126, passing('rpc-call-failed', 'HRESULT of RPC_S_CALL_FAILED')],
  [2150858770, passing('cannot-connect')],
  [
    2150859161,
    {
      name: 'redirect-requested',
      recovery: 'fatal',
      error: 'ERR_HTTP_REDIRECT',
      source: 'PowerShell, WSManNativeAPI.cs',
    },
  ],
  [2150859178, { name: 'redirect-not-available', recovery: 'fatal', error: 'ERR_HTTP_REDIRECT', source: WSMERROR }],
  [87, fatal('invalid-parameter', 'Win32 ERROR_INVALID_PARAMETER; recorded from Windows servers')],
]);

/** By SOAP subcode (local name), for faults without a known number. [DSP0226] annex, WS-Management fault table */
export const FAULT_SUBCODES: ReadonlyMap<string, FaultRule> = new Map([
  [
    'TimedOut',
    {
      name: 'operation-timeout',
      recovery: 'nothing-yet',
      error: 'ERR_WSMAN_FAULT',
      source: '[DSP0226] wsman:TimedOut',
    },
  ],
  ['AccessDenied', denied('access-denied', '[DSP0226] wsman:AccessDenied')],
  ['QuotaLimit', quota('quota-limit', 30_000, '[DSP0226] wsman:QuotaLimit')],
  ['InvalidSelectors', lost('invalid-selectors', '[DSP0226] wsman:InvalidSelectors')],
  [
    'EndpointUnavailable',
    {
      name: 'endpoint-unavailable',
      recovery: 'retry-read',
      error: 'ERR_WSMAN_FAULT',
      source: '[DSP0226] wsa:EndpointUnavailable',
    },
  ],
]);

/**
 * By Exchange's FailureCategory, first match counts. The front end (Cafe) proxies to a back end, which authorizes (AuthZ)
 * and hosts the shell (WSMan). Sources: techcommunity 604504; learn KB 2898571.
 */
export const FAILURE_CATEGORIES: readonly (readonly [RegExp, FaultRule])[] = [
  [/^WSMan-InvalidShellID$/i, lost('exchange-invalid-shell', 'techcommunity 604504')],
  [/^AuthZ-.*(AccessDenied|NotFound|Authorization)/i, denied('exchange-authorization', 'learn KB 2898571')],
  [
    /^(Cafe|ServiceDiscovery|HttpProxy)-/i,
    { name: 'exchange-front-end', recovery: 'retry-read', error: 'ERR_WSMAN_FAULT', source: 'techcommunity 604504' },
  ],
];

/**
 * By English text, before everything else: Exchange 2013 and later refuse a runspace too many under the category and the
 * number of a missing right. The rule says which quota; see also FAULT_TEXTS.
 */
export const QUOTA_TEXTS: readonly (readonly [RegExp, FaultRule])[] = [
  [/\bload quota of \d+ requests per \d+ seconds\b/i, quota('user-load', 30_000, 'New-ThrottlingPolicy')],
  [/\ballowed a maximum (number )?of \d+ concurrent shells\b/i, quota('max-shells', 60_000, 'New-ThrottlingPolicy')],
  [
    /\bbudget to create (?:a )?(?:new )?runspaces?\b/i,
    quota('user-load', 30_000, 'quotes of Exchange Online; New-ThrottlingPolicy PowerShellMaxRunspaces'),
  ],
  [
    /Max\w*Concurrency\b|\bexceeded the maximum number of (?:connections|runspaces|sessions)\b/i,
    quota('max-shells', 60_000, 'Microsoft365DSC issues 359 and 799; New-ThrottlingPolicy PowerShellMaxConcurrency'),
  ],
];

/** By English text, last resort: Exchange sends some refusals under unrelated numbers (KB 2898571: "Access is denied" as 2150858819). */
export const FAULT_TEXTS: readonly (readonly [RegExp, FaultRule])[] = [
  [/\bAccess is denied\b|isn't assigned to any management roles/i, denied('access-denied-text', 'learn KB 2898571')],
  [/\bthe shell was not found on the server\b/i, lost('shell-not-found-text', 'WinRM message of 2150858843')],
];
