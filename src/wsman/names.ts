/** The names WS-Management gives things: namespaces, actions, signal codes. [MS-WSMV] 2.2.1, 2.2.4; no I/O here. */

/** Namespace URIs. Servers choose their own prefixes, so only these are compared. [MS-WSMV] 2.2.1 */
export const Namespace = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  addressing: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  transfer: 'http://schemas.xmlsoap.org/ws/2004/09/transfer',
  wsman: 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
  wsmanMicrosoft: 'http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd',
  shell: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell',
  fault: 'http://schemas.microsoft.com/wbem/wsman/1/wsmanfault',
  powershell: 'http://schemas.microsoft.com/powershell',
  xml: 'http://www.w3.org/XML/1998/namespace',
} as const;

const SHELL = Namespace.shell;

/** wsa:Action of each request we send or, in the lab, answer; the answer's action is this plus `Response`. [MS-WSMV] 3.1.4 */
export const Action = {
  create: `${Namespace.transfer}/Create`,
  delete: `${Namespace.transfer}/Delete`,
  command: `${SHELL}/Command`,
  send: `${SHELL}/Send`,
  receive: `${SHELL}/Receive`,
  signal: `${SHELL}/Signal`,
} as const;

/** wsa:ReplyTo of a client that reads the answer from its own connection. */
export const ANONYMOUS = `${Namespace.addressing}/role/anonymous`;

/** Resource of an Exchange remote PowerShell endpoint. */
export const EXCHANGE_RESOURCE = `${Namespace.powershell}/Microsoft.Exchange`;

/**
 * Signal codes.
 * `stop` is misspelt on purpose: [MS-PSRP] 3.1.5.3.9 writes `crtl_c`, and Windows' PowerShell plug-in compares ordinally
 * (PowerShell, WSManPlugin.cs, CtrlCSignal). The well-spelt code of [MS-WSMV] 2.2.5.6 closes the command instead.
 */
export const Signal = {
  stop: 'powershell/signal/crtl_c',
  terminate: `${SHELL}/signal/terminate`,
} as const;

/** States of a command in rsp:CommandState. [MS-WSMV] 2.2.4.8 */
export const CommandState = {
  pending: `${SHELL}/CommandState/Pending`,
  running: `${SHELL}/CommandState/Running`,
  done: `${SHELL}/CommandState/Done`,
} as const;

/** State of a command as Receive reports it. */
export type CommandStateName = keyof typeof CommandState;

/** A GUID in text, any case, without braces. */
export const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
