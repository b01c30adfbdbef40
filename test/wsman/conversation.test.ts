import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Action, EXCHANGE_RESOURCE, Signal } from '../../src/wsman/names.ts';
import {
  commandRequest,
  createRequest,
  deleteRequest,
  receiveRequest,
  sendRequest,
  signalRequest,
} from '../../src/wsman/requests.ts';
import type { RequestContext } from '../../src/wsman/requests.ts';
import { parseResponse } from '../../src/wsman/responses.ts';
import {
  commandStartedXml,
  createdXml,
  deletedXml,
  parseRequest,
  receivedXml,
  sentXml,
  signaledXml,
} from '../../src/wsman/server.ts';
import type { AnswerContext } from '../../src/wsman/server.ts';

const SHELL = 'B6710E46-0287-488A-B901-D34F9F19D4DE';
const COMMAND = '5312EA72-F75E-409A-8950-BE4CD921563C';
const MESSAGE = '61C7349F-E317-48C5-BEDA-390BDE79249E';
const SESSION = '5B57EDC4-418B-440C-9D2D-0A9E554ACA3A';
const bytes = Buffer.from('fragments');

function context(overrides: Partial<RequestContext> = {}): RequestContext {
  return {
    to: 'https://mail.example.com/PowerShell/?PSVersion=5.1&a=<b>',
    sessionId: SESSION.toLowerCase(),
    newId: () => MESSAGE.toLowerCase(),
    ...overrides,
  };
}

const answer: AnswerContext = { relatesTo: `uuid:${MESSAGE}`, newId: () => SHELL };

/** The header every request of `context()` has. */
function header(action: string, more: object = {}): object {
  return {
    messageId: `uuid:${MESSAGE}`,
    action,
    to: 'https://mail.example.com/PowerShell/?PSVersion=5.1&a=<b>',
    resourceUri: EXCHANGE_RESOURCE,
    sessionId: `uuid:${SESSION}`,
    operationTimeoutMs: 60_000,
    maxEnvelopeBytes: 153_600,
    locale: 'en-US',
    options: new Map(),
    mustComply: [],
    shellId: SHELL,
    notUnderstood: [],
    ...more,
  };
}

describe('a WSMan conversation', () => {
  it('opens a shell with its pool id, the protocol version and the creation fragments', () => {
    const request = createRequest(context(), { poolId: SHELL.toLowerCase(), creation: bytes });
    assert.deepEqual(parseRequest(request.xml), {
      header: header(Action.create, {
        shellId: null,
        options: new Map([['protocolversion', '2.3']]),
        mustComply: ['protocolversion'],
      }),
      kind: 'create',
      poolId: SHELL,
      inputStreams: 'stdin pr',
      outputStreams: 'stdout',
      idleTimeoutMs: null,
      creation: bytes,
    });
    assert.equal(request.messageId, `uuid:${MESSAGE}`);
  });

  it('never asks for compression or a longer idle time', () => {
    const { xml } = createRequest(context(), { poolId: SHELL, creation: bytes });
    assert.doesNotMatch(xml, /CompressionType|IdleTimeOut/);
  });

  it('asks for the output of the shell and of a command, each with its own wait', () => {
    const options = new Map([['WSMAN_CMDSHELL_OPTION_KEEPALIVE', 'True']]);
    assert.deepEqual(parseRequest(receiveRequest(context(), { shellId: SHELL }).xml), {
      header: header(Action.receive, { options }),
      kind: 'receive',
      commandId: null,
      streams: 'stdout',
    });
    const request = receiveRequest(context(), { shellId: SHELL, commandId: COMMAND, operationTimeoutMs: 500 });
    assert.deepEqual(parseRequest(request.xml), {
      header: header(Action.receive, { options, operationTimeoutMs: 500 }),
      kind: 'receive',
      commandId: COMMAND,
      streams: 'stdout',
    });
    assert.equal(request.operationTimeoutMs, 500);
  });

  it('starts a pipeline with one fragment in Arguments and an empty Command', () => {
    const { xml } = commandRequest(context(), { shellId: SHELL, commandId: COMMAND.toLowerCase(), fragment: bytes });
    assert.deepEqual(parseRequest(xml), {
      header: header(Action.command, { options: new Map([['WINRS_SKIP_CMD_SHELL', 'False']]) }),
      kind: 'command',
      commandId: COMMAND,
      command: '',
      arguments: [bytes.toString('base64')],
      fragment: bytes,
    });
  });

  it('sends further fragments on stdin, and host answers on pr', () => {
    assert.deepEqual(
      parseRequest(sendRequest(context(), { shellId: SHELL, commandId: COMMAND, fragments: bytes }).xml),
      { header: header(Action.send), kind: 'send', streams: [{ name: 'stdin', commandId: COMMAND, bytes }] },
    );
    assert.deepEqual(parseRequest(sendRequest(context(), { shellId: SHELL, stream: 'pr', fragments: bytes }).xml), {
      header: header(Action.send),
      kind: 'send',
      streams: [{ name: 'pr', commandId: null, bytes }],
    });
  });

  it('stops a pipeline with the misspelt code servers compare with', () => {
    assert.equal(Signal.stop, 'powershell/signal/crtl_c');
    const { xml } = signalRequest(context(), { shellId: SHELL, commandId: COMMAND, signal: 'stop' });
    assert.match(xml, /<rsp:Code>powershell\/signal\/crtl_c<\/rsp:Code>/);
    assert.deepEqual(parseRequest(xml), {
      header: header(Action.signal),
      kind: 'signal',
      commandId: COMMAND,
      code: 'powershell/signal/crtl_c',
    });
  });

  it('frees a finished command with terminate', () => {
    const { xml } = signalRequest(context(), { shellId: SHELL, commandId: COMMAND, signal: 'terminate' });
    assert.match(
      xml,
      /<rsp:Code>http:\/\/schemas\.microsoft\.com\/wbem\/wsman\/1\/windows\/shell\/signal\/terminate<\/rsp:Code>/,
    );
  });

  it('closes the shell', () => {
    assert.deepEqual(parseRequest(deleteRequest(context(), { shellId: SHELL }).xml), {
      header: header(Action.delete),
      kind: 'delete',
    });
  });

  it('reads what the server answers to each request', () => {
    const created = createdXml(answer, {
      shellId: SHELL,
      to: 'https://mail.example.com/PowerShell/',
      owner: 'EXAMPLE\\<svc>',
      clientIp: '::1',
    });
    assert.deepEqual(parseResponse(created, `uuid:${MESSAGE}`), {
      kind: 'created',
      shellId: SHELL,
      owner: 'EXAMPLE\\<svc>',
      idleTimeoutMs: 900_000,
    });
    assert.deepEqual(parseResponse(commandStartedXml(answer, COMMAND), `uuid:${MESSAGE}`), {
      kind: 'commandStarted',
      commandId: COMMAND,
    });
    for (const [build, action] of [
      [sentXml, Action.send],
      [signaledXml, Action.signal],
      [deletedXml, Action.delete],
    ] as const) {
      assert.deepEqual(parseResponse(build(answer), `uuid:${MESSAGE}`), { kind: 'ok', action: `${action}Response` });
    }
  });

  it('reads several pieces of output and the end of the command from one answer', () => {
    const xml = receivedXml(answer, {
      streams: [
        { bytes: Buffer.from([0, 1, 2]), commandId: COMMAND },
        { bytes: Buffer.from([]), commandId: COMMAND },
      ],
      commandId: COMMAND,
      commandState: 'done',
    });
    assert.deepEqual(parseResponse(xml, `uuid:${MESSAGE.toLowerCase()}`), {
      kind: 'received',
      streams: [
        { name: 'stdout', commandId: COMMAND, bytes: Buffer.from([0, 1, 2]), end: false },
        { name: 'stdout', commandId: COMMAND, bytes: Buffer.from([]), end: false },
      ],
      commandId: COMMAND,
      commandState: 'done',
    });
    assert.deepEqual(parseResponse(receivedXml(answer, { streams: [] }), `uuid:${MESSAGE}`), {
      kind: 'received',
      streams: [],
      commandId: null,
      commandState: null,
    });
  });

  it('carries any bytes unchanged both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (data) => {
        const sent = parseRequest(
          commandRequest(context(), { shellId: SHELL, commandId: COMMAND, fragment: data }).xml,
        );
        assert.deepEqual(sent.kind === 'command' && Buffer.from(sent.fragment), Buffer.from(data));
        const got = parseResponse(receivedXml(answer, { streams: [{ bytes: data }] }), `uuid:${MESSAGE}`);
        assert.deepEqual(got.kind === 'received' && Buffer.from(got.streams[0]?.bytes ?? []), Buffer.from(data));
      }),
      { numRuns: 50 },
    );
  });

  it('lets no text break out of its element', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const id = text.trim() === '' ? 'x' : text;
        const parsed = parseRequest(deleteRequest(context(), { shellId: id }).xml);
        // What XML 1.0 cannot carry becomes U+FFFD; everything else arrives.
        // eslint-disable-next-line no-control-regex
        const expected = id.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd').trim();
        assert.equal(parsed.header.shellId, expected);
      }),
    );
  });
});
