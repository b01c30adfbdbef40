/**
 * A small authoritative DNS server over UDP and TCP [RFC 1035]. Two of them with different zones are the internal and
 * the external view of split DNS. Development only.
 */
import * as dnsPacket from 'dns-packet';
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** The records of one name; a name with no record of the asked type answers NODATA. */
export interface DnsNode {
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  readonly cname?: string;
  readonly srv?: readonly DnsService[];
  readonly txt?: readonly string[];
  /** Seconds, default 300. */
  readonly ttl?: number;
  /** Instead of an answer. */
  readonly fault?: DnsFault;
}

/** One service location [RFC 2782]. */
export interface DnsService {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** What a query gets instead of an answer; `drop` is silence. */
export type DnsFault = 'NXDOMAIN' | 'NODATA' | 'SERVFAIL' | 'REFUSED' | 'drop';

/** Records by name, lower case, without the final dot; `*.contoso.example` is a wildcard. Change it while the server runs. */
export type DnsZone = Record<string, DnsNode>;

export interface DnsServerOptions {
  readonly zone: DnsZone;
  /** Default 0: any free port, the same for UDP and TCP. */
  readonly port?: number;
  readonly host?: string;
  /**
   * The code that goes with an alias whose target does not exist. Resolvers that look further say NXDOMAIN [RFC 6604],
   * servers that only hold the alias say NOERROR. Default NXDOMAIN.
   */
  readonly danglingRcode?: 'NXDOMAIN' | 'NOERROR';
}

/** A running server. */
export interface LabDnsServer {
  readonly host: string;
  readonly port: number;
  /** `host:port`, as a resolver setting takes it. */
  readonly address: string;
  readonly zone: DnsZone;
  /** Applies to every name while set. */
  readonly faults: { every?: DnsFault };
  /** What was asked, as `A autodiscover.contoso.example`. */
  readonly queries: string[];
  close(): Promise<void>;
}

const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, NODATA: 0, REFUSED: 5 } as const;
/** Answers longer than this go over TCP when the client announces no larger size [RFC 1035 4.2.1]. */
const PLAIN_UDP_BYTES = 512;
const MAX_ALIASES = 8;

/** Starts the server on loopback. */
export async function startDnsServer(options: DnsServerOptions): Promise<LabDnsServer> {
  const host = options.host ?? '127.0.0.1';
  const faults: LabDnsServer['faults'] = {};
  const queries: string[] = [];
  const answer = (query: dnsPacket.Packet): dnsPacket.Packet | null => {
    const [question] = query.questions ?? [];
    if (question === undefined) return null;
    queries.push(`${question.type} ${question.name.toLowerCase()}`);
    return respond(options, faults.every, query, question);
  };
  const { udp, tcp, port } = await bindBoth(host, options.port ?? 0, answer);
  return {
    host,
    port,
    address: `${host}:${port}`,
    zone: options.zone,
    faults,
    queries,
    async close() {
      await Promise.all([
        new Promise<void>((done) => udp.close(done)),
        new Promise<void>((done) => tcp.close(() => done())),
      ]);
    },
  };
}

type Answerer = (query: dnsPacket.Packet) => dnsPacket.Packet | null;

async function bindBoth(
  host: string,
  wanted: number,
  answer: Answerer,
): Promise<{ udp: Socket; tcp: Server; port: number }> {
  for (let attempt = 0; ; attempt += 1) {
    const udp = createSocket('udp4');
    udp.on('message', (bytes, from) => answerUdp(udp, bytes, from, answer));
    await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(wanted, host, resolve));
    const { port } = udp.address();
    const tcp = createServer((socket) => {
      let received = Buffer.alloc(0);
      socket.on('error', () => {});
      socket.setTimeout(2_000, () => socket.destroy());
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE()) return;
        const reply = decode(received.subarray(2, 2 + received.readUInt16BE()), answer);
        if (reply === null) return;
        const bytes = dnsPacket.encode(reply);
        const length = Buffer.alloc(2);
        length.writeUInt16BE(bytes.length);
        socket.end(Buffer.concat([length, bytes]));
      });
    });
    try {
      await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(port, host, resolve));
      return { udp, tcp, port: (tcp.address() as AddressInfo).port };
    } catch (error) {
      // Another process may hold the same number for TCP; a free port is simply drawn again.
      await new Promise<void>((done) => udp.close(done));
      if (wanted !== 0 || attempt >= 10) throw error;
    }
  }
}

function decode(bytes: Buffer, answer: Answerer): dnsPacket.Packet | null {
  try {
    return answer(dnsPacket.decode(bytes));
  } catch {
    return null; // not a DNS message: servers stay silent
  }
}

function answerUdp(udp: Socket, bytes: Buffer, from: { address: string; port: number }, answer: Answerer): void {
  const reply = decode(bytes, (query) => {
    const full = answer(query);
    if (full === null || dnsPacket.encode(full).length <= payloadSize(query)) return full;
    return { ...full, flags: (full.flags ?? 0) | dnsPacket.TRUNCATED_RESPONSE, answers: [], authorities: [] };
  });
  if (reply !== null) udp.send(dnsPacket.encode(reply), from.port, from.address, () => {});
}

function payloadSize(query: dnsPacket.Packet): number {
  const opt = query.additionals?.find((record) => record.type === 'OPT') as dnsPacket.OptAnswer | undefined;
  return Math.max(PLAIN_UDP_BYTES, opt?.udpPayloadSize ?? 0);
}

function respond(
  options: DnsServerOptions,
  every: DnsFault | undefined,
  query: dnsPacket.Packet,
  question: dnsPacket.Question,
): dnsPacket.Packet | null {
  const found = lookUp(options, question.name.toLowerCase(), question.type);
  const fault = every ?? found.fault;
  if (fault === 'drop') return null;
  const rcode = fault === undefined ? RCODES[found.rcode] : RCODES[fault];
  const base = dnsPacket.AUTHORITATIVE_ANSWER | dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE;
  return {
    type: 'response',
    ...(query.id === undefined ? {} : { id: query.id }),
    flags: base | rcode,
    questions: [question],
    answers: fault === undefined ? found.answers : [],
    authorities: [],
  };
}

interface Found {
  readonly rcode: 'NOERROR' | 'NXDOMAIN';
  readonly answers: dnsPacket.Answer[];
  readonly fault?: DnsFault;
}

/** The records of a name, through its aliases. */
function lookUp(options: DnsServerOptions, asked: string, type: dnsPacket.RecordType): Found {
  const answers: dnsPacket.Answer[] = [];
  let name = asked;
  for (let hop = 0; hop <= MAX_ALIASES; hop += 1) {
    const node = nodeOf(options.zone, name);
    if (node === null) {
      const dangling = answers.length > 0 ? (options.danglingRcode ?? 'NXDOMAIN') : 'NXDOMAIN';
      return { rcode: dangling, answers };
    }
    if (node.fault !== undefined) return { rcode: 'NOERROR', answers, fault: node.fault };
    if (node.cname === undefined || type === 'CNAME')
      return { rcode: 'NOERROR', answers: [...answers, ...recordsOf(name, node, type)] };
    answers.push(...recordsOf(name, node, 'CNAME'));
    name = node.cname.toLowerCase();
  }
  return { rcode: 'NOERROR', answers };
}

/** The node of a name: its own, an empty one above another name, or the nearest wildcard [RFC 4592]. */
function nodeOf(zone: DnsZone, name: string): DnsNode | null {
  if (Object.hasOwn(zone, name)) return zone[name] ?? null;
  if (Object.keys(zone).some((other) => other.endsWith(`.${name}`))) return {};
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    const parent = name.slice(dot + 1);
    const wildcard = `*.${parent}`;
    if (Object.hasOwn(zone, wildcard)) return zone[wildcard] ?? null;
    if (Object.hasOwn(zone, parent)) return null; // the closest encloser exists and has no wildcard
  }
  return null;
}

function recordsOf(name: string, node: DnsNode, type: dnsPacket.RecordType): dnsPacket.Answer[] {
  const ttl = node.ttl ?? 300;
  if (type === 'A') return (node.a ?? []).map((data) => ({ type: 'A', name, ttl, data }));
  if (type === 'AAAA') return (node.aaaa ?? []).map((data) => ({ type: 'AAAA', name, ttl, data }));
  if (type === 'CNAME') return node.cname === undefined ? [] : [{ type: 'CNAME', name, ttl, data: node.cname }];
  if (type === 'SRV') return (node.srv ?? []).map((data) => ({ type: 'SRV', name, ttl, data }));
  if (type === 'TXT') return (node.txt ?? []).map((data) => ({ type: 'TXT', name, ttl, data }));
  return [];
}
