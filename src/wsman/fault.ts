/** WSMan faults as typed errors that say what to do next. [MS-WSMV] 2.2.4.44; no I/O here. */
import { ConnectorError } from '../errors.ts';
import type { ErrorCode, ErrorDetails } from '../errors.ts';
import { FAILURE_CATEGORIES, FAULT_CODES, FAULT_SUBCODES, FAULT_TEXTS, QUOTA_TEXTS } from './fault-table.ts';
import type { FaultRule, Recovery } from './fault-table.ts';
import { Namespace } from './names.ts';
import { child, childText } from '../xml/find.ts';
import type { XmlElement } from '../xml/read-xml.ts';

export type { Recovery } from './fault-table.ts';

/**
 * Exchange's prefix of a fault text: groups in any number and order, with blanks between or without, as
 * `[ClientAccessServer=…,BackEndServer=…,RequestId=…,TimeStamp=…] [AuthZRequestId=…][FailureCategory=…] text`.
 */
export interface ExchangeFaultPrefix {
  readonly clientAccessServer: string | null;
  /** Also the `Server` of the older form `[Server=…,RequestId=…,TimeStamp=…]`. */
  readonly backEndServer: string | null;
  /** AuthZRequestId where there is no RequestId. */
  readonly requestId: string | null;
  readonly timeStamp: string | null;
  /** `WSMan-InvalidShellID`, `AuthZ-CmdletAccessDeniedException`, … */
  readonly failureCategory: string | null;
}

/** What a fault says. */
export interface FaultFacts {
  /** Code of WSManFault as unsigned 32-bit number, or null. */
  readonly wsmanCode: number | null;
  /** Code of the innermost WSManFault if it differs. */
  readonly providerCode: number | null;
  /** Local names of the SOAP code and subcode: `Sender`, `InvalidSelectors`. */
  readonly soapCode: string | null;
  readonly subcode: string | null;
  readonly machine: string | null;
  /** Plug-in that refused, from ProviderFault. */
  readonly provider: string | null;
  /** The most telling text, Exchange's prefix removed. */
  readonly text: string;
  readonly exchange: ExchangeFaultPrefix | null;
}

/** What a fault is made of. */
export interface WsmanFaultOptions {
  readonly recovery: Recovery;
  readonly waitMs?: number;
  /** Default: true, unless `recovery` says that the request may have been begun with. */
  readonly isRefusal?: boolean;
  readonly facts?: FaultFacts;
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

/**
 * A refused request. Switch on `recovery`, which `details` repeats for people; `waitMs` is what the server asks for,
 * with `wait` and `retry-read`, else 0.
 */
export class WsmanFault extends ConnectorError {
  readonly recovery: Recovery;
  readonly waitMs: number;
  /** True if the server says that it has not begun with the request: it may be sent again, whatever it does. */
  readonly isRefusal: boolean;
  readonly facts: FaultFacts;

  constructor(code: ErrorCode, seen: string, options: WsmanFaultOptions) {
    const { recovery, waitMs = 0, facts = NO_FACTS } = options;
    super(code, seen, { cause: options.cause, details: { ...options.details, recovery, waitMs } });
    this.name = 'WsmanFault';
    this.recovery = recovery;
    this.waitMs = waitMs;
    this.isRefusal = options.isRefusal ?? (recovery !== 'retry-read' && recovery !== 'nothing-yet');
    this.facts = facts;
  }
}

const NO_FACTS: FaultFacts = {
  wsmanCode: null,
  providerCode: null,
  soapCode: null,
  subcode: null,
  machine: null,
  provider: null,
  text: '',
  exchange: null,
};

/** Characters of a fault's text that are kept: some servers send a whole stack. */
const MAX_TEXT = 1000;
// The server's own wish, bounded: nobody waits longer than an hour for one request.
const MAX_WAIT_MS = 3_600_000;
const GROUP = /\s*\[([A-Za-z]\w*=[^\]]*)\]/y;
const PREFIX_FIELDS: ReadonlySet<string> = new Set([
  'ClientAccessServer',
  'BackEndServer',
  'Server',
  'RequestId',
  'TimeStamp',
  'AuthZRequestId',
  'FailureCategory',
]);
const WAIT = /\b(?:wait|wait for|at least)\s+(\d{1,12}(?:\.\d{1,3})?)\s*(milliseconds?|ms|seconds?|s|minutes?)\b/i;

/** The `Name=value` pairs of the groups a text begins with, and where they end. A comma may stand in a value. */
function leadingGroups(text: string): { fields: ReadonlyMap<string, string>; end: number } {
  const fields = new Map<string, string>();
  const group = new RegExp(GROUP);
  let end = 0;
  for (let match = group.exec(text); match !== null; match = group.exec(text)) {
    end = group.lastIndex;
    for (const field of (match[1] ?? '').split(/,\s*(?=[A-Za-z]\w*=)/)) {
      const equals = field.indexOf('=');
      fields.set(field.slice(0, equals), field.slice(equals + 1).trim());
    }
  }
  return { fields, end };
}

/** Splits Exchange's prefix off a fault text; null if there is none. Source: learn KB 2898571, techcommunity 604504. */
export function splitExchangePrefix(text: string): { prefix: ExchangeFaultPrefix | null; text: string } {
  const { fields, end } = leadingGroups(text);
  if (![...fields.keys()].some((name) => PREFIX_FIELDS.has(name))) return { prefix: null, text: text.trim() };
  const get = (name: string): string | null => fields.get(name) ?? null;
  return {
    prefix: {
      clientAccessServer: get('ClientAccessServer'),
      backEndServer: get('BackEndServer') ?? get('Server'),
      requestId: get('RequestId') ?? get('AuthZRequestId'),
      timeStamp: get('TimeStamp'),
      failureCategory: get('FailureCategory') || null,
    },
    text: text.slice(end).trim(),
  };
}

/**
 * Milliseconds a quota text asks for ("… will not be approved for at least 12345 milliseconds", "Please wait for 2
 * seconds"), an hour at most; null if it names no time.
 */
export function statedWaitMs(text: string): number | null {
  const [, number, unit] = WAIT.exec(text) ?? [];
  if (number === undefined || unit === undefined) return null;
  const longUnitMs = /^m/i.test(unit) ? 60_000 : 1_000;
  return Math.min(Number(number) * (/^(?:ms|milli)/i.test(unit) ? 1 : longUnitMs), MAX_WAIT_MS);
}

function localName(qualified: string | null): string | null {
  return qualified === null ? null : qualified.slice(qualified.indexOf(':') + 1);
}

/** WinRM prints codes unsigned, PowerShell's messages signed: both are the same 32 bits. */
function faultCode(text: string | undefined): number | null {
  return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) >>> 0 : null;
}

interface Layer {
  readonly code: number | null;
  readonly machine: string | null;
  readonly provider: string | null;
  readonly text: string;
}

/** WSManFault → Message → ProviderFault → WSManFault → …, outermost first. */
function layersOf(detail: XmlElement | undefined): Layer[] {
  const layers: Layer[] = [];
  let fault = child(detail, Namespace.fault, 'WSManFault');
  while (fault !== undefined) {
    const message = child(fault, Namespace.fault, 'Message');
    const provider = child(message, Namespace.fault, 'ProviderFault');
    layers.push({
      code: faultCode(fault.attributes.get('Code')),
      machine: fault.attributes.get('Machine') ?? null,
      provider: provider?.attributes.get('provider') ?? null,
      text: provider?.text.trim() || message?.text.trim() || '',
    });
    fault = child(provider, Namespace.fault, 'WSManFault');
  }
  return layers;
}

/** Reads a soap:Fault element. */
export function readFault(fault: XmlElement): FaultFacts {
  const code = child(fault, Namespace.soap, 'Code');
  const reason = childText(child(fault, Namespace.soap, 'Reason'), Namespace.soap, 'Text') ?? '';
  const layers = layersOf(child(fault, Namespace.soap, 'Detail'));
  const outer = layers[0];
  const inner = layers.at(-1);
  const told = layers.findLast((layer) => layer.text !== '')?.text ?? reason;
  const { prefix, text } = splitExchangePrefix(told.slice(0, 16 * MAX_TEXT));
  return {
    wsmanCode: outer?.code ?? null,
    providerCode: inner !== undefined && inner.code !== outer?.code ? inner.code : null,
    soapCode: localName(childText(code, Namespace.soap, 'Value')),
    subcode: localName(childText(child(code, Namespace.soap, 'Subcode'), Namespace.soap, 'Value')),
    machine: outer?.machine ?? null,
    provider: layers.find((layer) => layer.provider !== null)?.provider ?? null,
    text: text.slice(0, MAX_TEXT),
    exchange: prefix,
  };
}

const UNKNOWN_FAULT: FaultRule = { name: 'unknown', recovery: 'fatal', error: 'ERR_WSMAN_FAULT', source: '' };

function byPattern(
  rules: readonly (readonly [RegExp, FaultRule])[],
  text: string | null | undefined,
): FaultRule | undefined {
  if (text === null || text === undefined) return undefined;
  return rules.find(([pattern]) => pattern.test(text))?.[1];
}

/** The row of the taxonomy for a fault: quotas by their text, Exchange's category, number, text, SOAP subcode; unknown is fatal. */
export function classifyFault(facts: FaultFacts): FaultRule {
  return (
    byPattern(QUOTA_TEXTS, facts.text) ??
    byPattern(FAILURE_CATEGORIES, facts.exchange?.failureCategory) ??
    FAULT_CODES.get(facts.wsmanCode ?? -1) ??
    FAULT_CODES.get(facts.providerCode ?? -1) ??
    byPattern(FAULT_TEXTS, facts.text) ??
    FAULT_SUBCODES.get(facts.subcode ?? '') ??
    UNKNOWN_FAULT
  );
}

function detailsOf(facts: FaultFacts, rule: FaultRule): ErrorDetails {
  return {
    fault: rule.name,
    wsmanCode: facts.wsmanCode,
    subcode: facts.subcode,
    text: facts.text,
    machine: facts.machine,
    provider: facts.provider,
    clientAccessServer: facts.exchange?.clientAccessServer ?? null,
    backEndServer: facts.exchange?.backEndServer ?? null,
    requestId: facts.exchange?.requestId ?? null,
    failureCategory: facts.exchange?.failureCategory ?? null,
  };
}

/** Makes the error of a fault. */
export function toWsmanFault(facts: FaultFacts): WsmanFault {
  const rule = classifyFault(facts);
  const waitMs = rule.recovery === 'wait' ? (statedWaitMs(facts.text) ?? rule.waitMs ?? 0) : 0;
  const number = facts.wsmanCode === null ? '' : ` ${facts.wsmanCode}`;
  const category = facts.exchange?.failureCategory;
  const seen = `The server answered with fault${number}${category ? ` (${category})` : ''}: ${facts.text || 'no text'}`;
  const sentence = /[.!?]$/.test(seen) ? seen : `${seen}.`;
  return new WsmanFault(rule.error, rule.hint === undefined ? sentence : `${sentence} ${rule.hint}`, {
    recovery: rule.recovery,
    waitMs,
    facts,
    details: detailsOf(facts, rule),
  });
}

/** True if the taxonomy has a row for this fault. */
export function isKnownFault(fault: WsmanFault): boolean {
  return fault.details['fault'] !== UNKNOWN_FAULT.name;
}

/** The error for a quota that a text speaks of, wherever it stands; null if it speaks of none. */
export function quotaTextFault(text: string): WsmanFault | null {
  const { prefix, text: rest } = splitExchangePrefix(text.slice(0, 16 * MAX_TEXT));
  if (byPattern(QUOTA_TEXTS, rest) === undefined) return null;
  return toWsmanFault({ ...NO_FACTS, exchange: prefix, text: rest.slice(0, MAX_TEXT) });
}

/** The error for a refusal Exchange sends as bare text with its prefix, outside SOAP; null if the text has no such prefix. */
export function exchangeTextFault(body: string): WsmanFault | null {
  const { prefix, text } = splitExchangePrefix(body.slice(0, 16 * MAX_TEXT));
  if (prefix === null) return null;
  return toWsmanFault({ ...NO_FACTS, exchange: prefix, text: text.slice(0, MAX_TEXT) });
}
