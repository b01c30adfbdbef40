/** Recorded conversations as pypsrp keeps them: one YAML file each, a list of requests with what the server said. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Namespace } from '../../src/wsman/names.ts';
import { child, childText } from '../../src/xml/find.ts';
import { readXml } from '../../src/xml/read-xml.ts';
import type { XmlElement } from '../../src/xml/read-xml.ts';

/** One exchange; `response` is null where the connection failed. */
export interface RecordedExchange {
  readonly request: string;
  readonly response: string | null;
}

/** Reads a recording. @throws Error if the file is not of the format */
export function readRecording(file: string): RecordedExchange[] {
  const document: unknown = parse(readFileSync(file, 'utf8'));
  const messages = isRecord(document) ? document['messages'] : undefined;
  if (!Array.isArray(messages)) throw new Error('no list named messages');
  return messages.map((message: unknown, index) => {
    if (!isRecord(message) || typeof message['request'] !== 'string')
      throw new Error(`message ${index + 1} has no request`);
    return { request: message['request'], response: envelopeOrNull(message['response'], message['transport_error']) };
  });
}

/** A failed exchange may have no answer, or one that is no envelope (a proxy's page, plain text). */
function envelopeOrNull(response: unknown, failure: unknown): string | null {
  if (typeof response !== 'string' || response.trim() === '') return null;
  const isEnvelope = /^\s*<(?:[\w.-]+:)?Envelope[\s>]/.test(response.replace(/^\uFEFF?\s*<\?xml[^>]*\?>/, ''));
  return isRecord(failure) && !isEnvelope ? null : response;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Header and body of an envelope, whatever it is about. @throws ConnectorError ERR_XML_INVALID; Error if it is none */
export function readEnvelope(xml: string): {
  action: string;
  messageId: string;
  resourceUri: string;
  body: XmlElement;
} {
  const envelope = readXml(xml);
  const header = child(envelope, Namespace.soap, 'Header');
  const body = child(envelope, Namespace.soap, 'Body');
  const action = childText(header, Namespace.addressing, 'Action');
  if (envelope.name !== 'Envelope' || body === undefined || action === null)
    throw new Error('not a WS-Management envelope');
  return {
    action,
    messageId: childText(header, Namespace.addressing, 'MessageID') ?? '',
    resourceUri: childText(header, Namespace.wsman, 'ResourceURI') ?? '',
    body,
  };
}

/** True if the conversation is with a PowerShell endpoint: requests go to a resource of that name. */
export function isAboutPsrp(exchanges: readonly RecordedExchange[]): boolean {
  return exchanges.some(({ request }) => readEnvelope(request).resourceUri.startsWith(`${Namespace.powershell}/`));
}
