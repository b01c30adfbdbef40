/** WSMan faults as typed errors that say what to do next. [MS-WSMV] 2.2.4.44; no I/O here. */
import { ConnectorError } from '../errors.ts';
import type { ErrorCode, ErrorDetails } from '../errors.ts';
import { FAILURE_CATEGORIES, FAULT_CODES, FAULT_SUBCODES, FAULT_TEXTS } from './fault-table.ts';
import type { FaultRule, Recovery } from './fault-table.ts';
import { Namespace } from './names.ts';
import { child, childText } from '../xml/find.ts';
import type { XmlElement } from '../xml/read-xml.ts';

export type { Recovery } from './fault-table.ts';

/** Exchange's prefix of a fault text: `[ClientAccessServer=…,BackEndServer=…,RequestId=…,TimeStamp=…] [FailureCategory=…] text`. */
export interface ExchangeFaultPrefix {
  readonly clientAccessServer: string | null;
  /** Also the `Server` of the older form `[Server=…,RequestId=…,TimeStamp=…]`. */
  readonly backEndServer: string | null;
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

/** A refused request. Switch on `recovery`; `waitMs` is above 0 only for `wait`. */
export class WsmanFault extends ConnectorError {
  readonly recovery: Recovery;
  readonly waitMs: number;
  readonly facts: FaultFacts;

  constructor(
    code: ErrorCode,
    seen: string,
    options: { recovery: Recovery; waitMs?: number; facts?: FaultFacts; details?: ErrorDetails; cause?: unknown },
  ) {
    super(code, seen, { cause: options.cause, details: options.details ?? {} });
    this.name = 'WsmanFault';
    this.recovery = options.recovery;
    this.waitMs = options.waitMs ?? 0;
    this.facts = options.facts ?? NO_FACTS;
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

const MAX_TEXT = 1000;
// The server's own wish, bounded: nobody waits longer than an hour for one request.
const MAX_WAIT_MS = 3_600_000;
const PREFIX = /^\s*\[((?:ClientAccessServer|Server|BackEndServer)=[^\]]*)\]\s*(?:\[FailureCategory=([^\]]*)\]\s*)?/;
const WAIT = /\bat least (\d{1,12}) milliseconds\b/i;

/** Splits Exchange's prefix off a fault text; null if there is none. Source: learn KB 2898571, techcommunity 604504. */
export function splitExchangePrefix(text: string): { prefix: ExchangeFaultPrefix | null; text: string } {
  const match = PREFIX.exec(text);
  if (match === null) return { prefix: null, text: text.trim() };
  const fields = new Map<string, string>();
  for (const field of (match[1] ?? '').split(',')) {
    const equals = field.indexOf('=');
    if (equals > 0) fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim());
  }
  const get = (name: string): string | null => fields.get(name) ?? null;
  return {
    prefix: {
      clientAccessServer: get('ClientAccessServer'),
      backEndServer: get('BackEndServer') ?? get('Server'),
      requestId: get('RequestId'),
      timeStamp: get('TimeStamp'),
      failureCategory: match[2]?.trim() || null,
    },
    text: text.slice(match[0].length).trim(),
  };
}

/** Milliseconds a quota text asks for ("… will not be approved for at least 12345 milliseconds"), or null. */
export function statedWaitMs(text: string): number | null {
  const match = WAIT.exec(text);
  return match?.[1] === undefined ? null : Math.min(Number(match[1]), MAX_WAIT_MS);
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

/** The row of the taxonomy for a fault: Exchange's category, then number, SOAP subcode, text; unknown is fatal. */
export function classifyFault(facts: FaultFacts): FaultRule {
  return (
    byPattern(FAILURE_CATEGORIES, facts.exchange?.failureCategory) ??
    FAULT_CODES.get(facts.wsmanCode ?? -1) ??
    FAULT_CODES.get(facts.providerCode ?? -1) ??
    byPattern(FAULT_TEXTS, facts.text) ??
    FAULT_SUBCODES.get(facts.subcode ?? '') ??
    UNKNOWN_FAULT
  );
}

function detailsOf(facts: FaultFacts, rule: FaultRule, waitMs: number): ErrorDetails {
  return {
    fault: rule.name,
    recovery: rule.recovery,
    waitMs,
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
  return new WsmanFault(rule.error, /[.!?]$/.test(seen) ? seen : `${seen}.`, {
    recovery: rule.recovery,
    waitMs,
    facts,
    details: detailsOf(facts, rule, waitMs),
  });
}

/** The error for a refusal Exchange sends as bare text with its prefix, outside SOAP; null if the text has no such prefix. */
export function exchangeTextFault(body: string): WsmanFault | null {
  const { prefix, text } = splitExchangePrefix(body.slice(0, 16 * MAX_TEXT));
  if (prefix === null) return null;
  return toWsmanFault({ ...NO_FACTS, exchange: prefix, text: text.slice(0, MAX_TEXT) });
}
