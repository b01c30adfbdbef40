/** Objects that real serializers wrote, read and compared with what the text itself, or the serializer's run, says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  decodeClixmlText,
  readClixml,
  readClixmlDocument,
  readClixmlPlain,
  toPlain,
  writeClixmlDocument,
} from '../../src/clixml/index.ts';
import type { ClixmlValue, PlainValue } from '../../src/clixml/index.ts';

/** Values known from looking at the dumps, by file name: first object's properties. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'E16-Exchange-GetAcceptedDomain.xml': {
    DomainName: 'Solo.com',
    DomainType: 'Authoritative',
    Default: true,
    CatchAllRecipientID: null,
    Guid: '49ef970b-7f97-475c-a415-91e2b7744875',
    ObjectClass: ['top', 'msExchAcceptedDomain'],
    WhenChanged: '2021-10-06T15:24:05-04:00',
    WhenChangedUTC: '2021-10-06T19:24:05Z',
    OrganizationId: '',
  },
  'E16-Exchange-GetExchangeServer.xml': {
    Name: 'SOLO-E16A',
    Fqdn: 'Solo-E16A.Solo.local',
    AdminDisplayVersion: 'Version 15.1 (Build 2375.7)',
    ServerRole: 'Mailbox',
    CurrentDomainControllers: ['Solo-DC1.Solo.local'],
    RemainingTrialPeriod: '00:00:00',
    ObjectState: 'Unchanged',
  },
  'E16-Exchange-GetOrganizationConfig.xml': {
    ObjectVersion: 16222,
    DefaultPublicFolderIssueWarningQuota: 'Unlimited',
    DefaultPublicFolderDeletedItemRetention: '30.00:00:00',
    FocusedInboxOnLastUpdateTime: '0001-01-01T00:00:00',
    ResourceAddressLists: ['\\All Rooms'],
  },
  'E16-Exchange-GetOwaVirtualDirectory.xml': {
    Identity: 'SOLO-E16A\\owa (Default Web Site)',
    InternalAuthenticationMethods: ['Basic', 'Fba'],
    InternalUrl: 'https://solo-e16a.solo.local/owa',
    NotificationInterval: 120,
    ObjectState: 'Changed',
  },
  'E19-Exchange-GetExchangeCertificate.xml': {
    PSComputerName: 'solo-e19a.solo.com',
    RunspaceId: '4f1d6ed3-81ee-4120-9d38-b803867135e5',
  },
};

/** Reads a file as .NET writes it: UTF-8 or UTF-16, by its byte order mark. */
function readText(file: string): string {
  const bytes = readFileSync(file);
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/** Checks one Export-Clixml dump. @returns what was compared @throws AssertionError, ConnectorError */
export function checkDump(file: string): string {
  const xml = readText(file);
  const values = readClixmlDocument(xml);
  const leaves = {
    S: new Map<string, number>(),
    number: new Map<string, number>(),
    ToString: new Map<string, number>(),
  };
  const seen = new Set<ClixmlValue>();
  for (const value of values) collect(value, null, leaves, seen);
  const inText = {
    S: leavesInText(xml, /<S(?: N="([^"]*)")?(?: \/>|>([^<]*)<\/S>)/g),
    number: leavesInText(xml, /<(?:By|SB|U16|I16|U32|I32|Sg|Db)(?: N="([^"]*)")?>([^<]*)<\//g),
    ToString: leavesInText(xml, /<ToString()(?: \/>|>([^<]*)<\/ToString>)/g),
  };
  assert.deepEqual(leaves, inText);
  assert.deepEqual(readClixmlDocument(writeClixmlDocument(values)), values);
  const known = KNOWN[basename(file)];
  const first = values[0] === undefined ? null : toPlain(values[0]);
  if (known !== undefined) {
    for (const [name, value] of Object.entries(known)) {
      assert.deepEqual((first as Readonly<Record<string, PlainValue>>)[name], value, name);
    }
  }
  const total = Object.values(leaves).reduce((sum, map) => sum + [...map.values()].reduce((a, b) => a + b, 0), 0);
  return `${values.length} objects, ${total} texts and numbers compared`;
}

type Leaves = Record<'S' | 'number' | 'ToString', Map<string, number>>;

function add(map: Map<string, number>, name: string | null, text: string): void {
  const key = JSON.stringify([name, text]);
  map.set(key, (map.get(key) ?? 0) + 1);
}

/** Counts each named text of a value once per place it is written at: an object that is referred to is written once. */
function collect(value: ClixmlValue, name: string | null, leaves: Leaves, seen: Set<ClixmlValue>): void {
  if (typeof value === 'string') return add(leaves.S, name, value);
  if (typeof value === 'number') return add(leaves.number, name, String(value));
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array || value.kind !== 'object') return;
  if (seen.has(value)) return;
  seen.add(value);
  if (value.text !== null) add(leaves.ToString, null, value.text);
  if (value.value !== undefined) collect(value.value, null, leaves, seen);
  for (const item of value.items ?? []) collect(item, null, leaves, seen);
  for (const [key, entry] of value.entries ?? []) {
    collect(key, 'Key', leaves, seen);
    collect(entry, 'Value', leaves, seen);
  }
  for (const [field, inner] of value.properties ?? []) collect(inner, field, leaves, seen);
  for (const [field, inner] of value.members ?? []) collect(inner, field, leaves, seen);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Character data as an XML parser and the CLIXML reader would give it. */
function unescapeText(text: string): string {
  const xml = text.replace(/\r\n?/g, '\n').replace(/&(?:(amp|lt|gt|quot|apos)|#x([0-9A-Fa-f]+)|#(\d+));/g, resolve);
  return decodeClixmlText(xml);
}

function resolve(_: string, name?: string, hex?: string, decimal?: string): string {
  if (name !== undefined) return ENTITIES[name] ?? '';
  return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
}

/** The same counts, taken from the text with a pattern: nothing of the reader is in this. */
function leavesInText(xml: string, pattern: RegExp): Map<string, number> {
  const isNumber = pattern.source.includes('I32');
  const counts = new Map<string, number>();
  for (const [, name, text = ''] of xml.matchAll(pattern)) {
    add(
      counts,
      name ? unescapeText(name) : null,
      isNumber ? String(Number(text.replace('INF', 'Infinity'))) : unescapeText(text),
    );
  }
  return counts;
}

interface EngineLine {
  readonly type: string | null;
  readonly text: string | null;
  readonly properties: Readonly<Record<string, string | null>> | null;
  readonly clixml: string;
}

/** Checks a file of engine output, one JSON line a value. @returns what was compared @throws AssertionError, ConnectorError */
export function checkEngineFile(file: string): string {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  let compared = 0;
  for (const line of lines) {
    const { type, text, properties, clixml } = JSON.parse(line) as EngineLine;
    const plain = readClixmlPlain(clixml);
    assert.deepEqual(plain, toPlain(readClixml(clixml)));
    if (properties === null) {
      if (text !== null && isSimple(plain)) assert.equal(comparable(plain, type ?? ''), expectedText(text), type ?? '');
      compared++;
      continue;
    }
    const record = plain as Readonly<Record<string, PlainValue>>;
    assert.deepEqual(Object.keys(record), Object.keys(properties), type ?? '');
    for (const [name, expected] of Object.entries(properties)) {
      const seen = record[name] ?? null;
      assert.equal(
        seen === null ? null : comparable(seen, ''),
        expected === null ? null : expectedText(expected),
        name,
      );
      compared++;
    }
  }
  return `${lines.length} values, ${compared} properties compared`;
}

function isSimple(value: PlainValue): boolean {
  return value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array;
}

/** A value in the invariant text form of .NET that the engine's run wrote beside it. */
function comparable(value: PlainValue, type: string): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value))
    return `[${(value as readonly PlainValue[]).map((item) => comparable(item, '')).join(',')}]`;
  if (value instanceof Uint8Array) return `[${[...value].join(',')}]`;
  if (typeof value === 'object') return JSON.stringify(value);
  if (type === 'System.Xml.XmlDocument') return `[${String(value)}]`;
  const text = String(value);
  if (/^-?P(?:\d+D)?(?:T[\dHMS.]+)?$/.test(text)) return timeSpanText(text);
  // JSON cannot carry a lone surrogate: the lines have U+FFFD instead.
  return expectedText(Buffer.from(text).toString());
}

/** Dates are compared with seven fraction digits, however many were written. */
function expectedText(text: string): string {
  return text.replace(
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?/,
    (_, seconds: string, fraction?: string) => `${seconds}.${(fraction ?? '').padEnd(7, '0')}`,
  );
}

/** `-P3DT2H0.5S` to .NET's `-3.02:00:00.5000000`. */
function timeSpanText(text: string): string {
  const match = /^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?$/.exec(text);
  assert.ok(match !== null, text);
  const [, sign, days, hours, minutes, seconds, fraction] = match;
  const clock = [hours, minutes, seconds].map((part) => (part ?? '').padStart(2, '0')).join(':');
  return `${sign}${days === undefined ? '' : `${days}.`}${clock}${fraction === undefined ? '' : `.${fraction.padEnd(7, '0')}`}`;
}
