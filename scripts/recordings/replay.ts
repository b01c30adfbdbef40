/**
 * A recorded conversation, held again by the protocol core: ids come from the recording, our requests must mean what the
 * recorded ones mean, and the recorded answers must lead to the recorded end.
 */
import assert from 'node:assert/strict';
import { readClixml, writeClixml } from '../../src/clixml/index.ts';
import {
  Defragmenter,
  MessageType,
  PipelineState,
  RunspacePool,
  RunspacePoolState,
  decodeMessage,
} from '../../src/psrp/index.ts';
import type { Pipeline, PsrpEvent, PsrpMessage, PsrpOutgoing } from '../../src/psrp/index.ts';
import { decodeCreatePipeline, decodeHostResponse, decodeSessionCapability } from '../../src/psrp/server-messages.ts';
import type { ReceivedCommand } from '../../src/psrp/server-messages.ts';
import { WsmanFault } from '../../src/wsman/fault.ts';
import { Namespace } from '../../src/wsman/names.ts';
import {
  commandRequest,
  createRequest,
  deleteRequest,
  receiveRequest,
  sendRequest,
  signalRequest,
} from '../../src/wsman/requests.ts';
import { parseResponse } from '../../src/wsman/responses.ts';
import type { WsmanResponse } from '../../src/wsman/responses.ts';
import { parseRequest } from '../../src/wsman/server.ts';
import type { WsmanServerRequest } from '../../src/wsman/server.ts';
import { decodeBase64 } from '../../src/wsman/encodings.ts';
import { EVENT_KINDS, compareEnvelopes, contextOf, meaning, recode, typeName } from './meaning.ts';
import { readEnvelope } from './recording.ts';
import type { RecordedExchange } from './recording.ts';
import { scriptPipelineContent } from './script-pipeline.ts';

/** What a replay went through. */
export interface ReplayReport {
  readonly requests: number;
  readonly events: number;
  readonly pipelines: number;
  readonly faults: number;
  /** Streams of commands that are not part of the conversation. */
  readonly dropped: number;
}

/** One shell of the recording, and our side of it. */
interface Conversation {
  readonly pool: RunspacePool;
  /** Ids our pool will ask for, from the recording. */
  readonly ids: string[];
  readonly pipelines: Map<string, Pipeline>;
  /** Puts the recorded client's messages together, over Command and Send. */
  readonly recordedRequests: Defragmenter;
  readonly recordedAnswers: Map<string, Defragmenter>;
  /** Host calls we have refused, by call id, until the recorded answer comes by. */
  readonly refused: Map<bigint, number>;
}

/**
 * Replays one conversation.
 * @throws AssertionError where we mean something else than the recording, ConnectorError where we cannot read it
 */
export function replay(exchanges: readonly RecordedExchange[]): ReplayReport {
  const player = new Replay();
  for (const [index, exchange] of exchanges.entries()) {
    try {
      player.play(exchange);
    } catch (error) {
      throw new Error(`request ${index + 1}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  return player.end();
}

class Replay {
  readonly #conversations = new Map<string, Conversation>();
  #report = { requests: 0, events: 0, pipelines: 0, faults: 0, dropped: 0 };

  play({ request: xml, response }: RecordedExchange): void {
    this.#report.requests++;
    const { resourceUri, messageId } = readEnvelope(xml);
    // The client copies files, asks for the configuration and lists shells beside: not about PSRP.
    if (!resourceUri.startsWith(`${Namespace.powershell}/`)) return void this.#answer(messageId, response);
    const request = parseRequest(xml);
    switch (request.kind) {
      case 'create':
        return this.#create(request, response);
      case 'receive':
        return this.#receive(request, response);
      case 'command':
        return this.#command(request, response);
      case 'send':
        return this.#send(request, response);
      case 'signal':
        return this.#signal(request, response);
      case 'delete':
        return this.#delete(request, response);
      case 'unknown':
        return this.#other(xml, response);
      default:
    }
  }

  /** Every pipeline that ended in the recording ended for us; the replay is over. */
  end(): ReplayReport {
    return this.#report;
  }

  #create(request: WsmanServerRequest & { kind: 'create' }, response: string | null): void {
    const recorded = new Defragmenter().receive(request.creation).map(decodeMessage);
    assert.deepEqual(recorded.map(typeName), ['SESSION_CAPABILITY', 'INIT_RUNSPACEPOOL']);
    const conversation = openConversation(recorded);
    const [open, ...more] = takeOutgoing(conversation.pool);
    assert.ok(open?.kind === 'open' && more.length === 0);
    const ours = new Defragmenter().receive(open.data).map(decodeMessage);
    assert.deepEqual(ours.map(meaning), recorded.map(meaning));
    const sent = createRequest(contextOf(request), { poolId: conversation.pool.id, creation: open.data });
    compareEnvelopes(sent, request);
    const answer = this.#answer(request.header.messageId, response);
    if (answer?.kind !== 'created') return;
    this.#conversations.set(answer.shellId.toUpperCase(), conversation);
  }

  #receive(request: WsmanServerRequest & { kind: 'receive' }, response: string | null): void {
    const { commandId, header } = request;
    const shellId = header.shellId ?? '';
    const sent = receiveRequest(contextOf(request), commandId === null ? { shellId } : { shellId, commandId });
    compareEnvelopes(sent, request);
    const answer = this.#answer(header.messageId, response);
    if (answer?.kind !== 'received') return;
    const conversation = this.#conversationOf(request);
    for (const stream of answer.streams) this.#feed(conversation, stream.bytes, stream.commandId);
    if (answer.commandState === 'done' && answer.commandId !== null) {
      const pipeline = conversation.pipelines.get(answer.commandId.toUpperCase());
      assert.ok(
        pipeline === undefined || pipeline.ended,
        `pipeline ${answer.commandId} is done, but has not ended for us`,
      );
    }
  }

  /** Gives the core recorded bytes and checks what it makes of each message. */
  #feed(conversation: Conversation, bytes: Uint8Array, commandId: string | null): void {
    const key = commandId?.toUpperCase() ?? '';
    if (commandId !== null && !conversation.pipelines.has(key))
      return this.#dropForeign(conversation, bytes, commandId);
    const reader = conversation.recordedAnswers.get(key) ?? new Defragmenter();
    conversation.recordedAnswers.set(key, reader);
    const messages = reader.receive(bytes).map(decodeMessage);
    conversation.pool.receiveData(bytes, commandId);
    const events = takeEvents(conversation.pool);
    this.#report.events += events.length;
    // A pool that ends takes its pipelines along: events without a message of their own.
    const own = events.filter((event, index) => index < messages.length || event.kind !== 'pipeline-state');
    assert.deepEqual(
      own.map((event) => event.kind),
      messages.map((message) => EVENT_KINDS[message.type] ?? 'ignored'),
    );
    messages.forEach((message, index) => checkEvent(conversation, message, events[index]));
  }

  /** Data of a command nobody started here (one recording has such a message put in by hand): the core drops it. */
  #dropForeign(conversation: Conversation, bytes: Uint8Array, commandId: string): void {
    conversation.pool.receiveData(bytes, commandId);
    assert.equal(conversation.pool.nextEvent(), null);
    this.#report.dropped++;
  }

  #command(request: WsmanServerRequest & { kind: 'command' }, response: string | null): void {
    const { commandId, header } = request;
    assert.ok(commandId !== null);
    const conversation = this.#conversationOf(request);
    const shellId = header.shellId ?? '';
    compareEnvelopes(commandRequest(contextOf(request), { shellId, commandId, fragment: request.fragment }), request);
    const messages = conversation.recordedRequests.receive(request.fragment).map(decodeMessage);
    for (const message of messages) this.#compareSent(conversation, message, commandId);
    const answer = this.#answer(header.messageId, response);
    if (answer === null) return;
    assert.ok(answer.kind === 'commandStarted');
    this.#follow(conversation, answer.commandId);
  }

  #follow(conversation: Conversation, commandId: string): void {
    const id = commandId.toUpperCase();
    if (conversation.pipelines.has(id)) return;
    conversation.pipelines.set(id, conversation.pool.followPipeline(id));
    this.#report.pipelines++;
  }

  #send(request: WsmanServerRequest & { kind: 'send' }, response: string | null): void {
    const conversation = this.#conversationOf(request);
    const shellId = request.header.shellId ?? '';
    for (const stream of request.streams) {
      assert.ok(stream.name === 'stdin' || stream.name === 'pr');
      const command = stream.commandId === null ? {} : { commandId: stream.commandId };
      const options = { shellId, stream: stream.name, fragments: stream.bytes, ...command } as const;
      compareEnvelopes(sendRequest(contextOf(request), options), request);
      for (const message of conversation.recordedRequests.receive(stream.bytes).map(decodeMessage)) {
        this.#compareSent(conversation, message, stream.commandId);
      }
    }
    this.#answer(request.header.messageId, response);
  }

  /** A message of the recorded client against what our side sends at this point. */
  #compareSent(conversation: Conversation, recorded: PsrpMessage, commandId: string | null): void {
    switch (recorded.type) {
      case MessageType.CREATE_PIPELINE:
        return this.#compareCreatePipeline(conversation, recorded, commandId ?? '');
      case MessageType.PIPELINE_HOST_RESPONSE:
      case MessageType.RUNSPACEPOOL_HOST_RESPONSE: {
        const { callId, method } = decodeHostResponse(recorded.type, recorded.data);
        assert.equal(
          conversation.refused.get(callId),
          method,
          'the host call answered in the recording was not answered',
        );
        conversation.refused.delete(callId);
        return;
      }
      default:
        // Nothing our client ever sends (keys, input, runspace counts, metadata): both codecs must still carry it.
        assert.deepEqual(meaning(recode(recorded)), meaning(recorded));
    }
  }

  #compareCreatePipeline(conversation: Conversation, recorded: PsrpMessage, commandId: string): void {
    const { pool } = conversation;
    const wanted = decodeCreatePipeline(recorded.data);
    // Not the id in the message: some recorded clients wrote it with another byte order than the CommandId.
    const id = commandId.toUpperCase();
    if (pool.state !== RunspacePoolState.OPENED || !wanted.commands.every(isPlainCmdlet)) {
      const content = scriptPipelineContent(wanted.commands, pool.protocolVersion);
      assert.deepEqual(decodeCreatePipeline(content).commands, wanted.commands);
      return;
    }
    conversation.ids.push(id);
    const pipeline = pool.createPipeline(
      wanted.commands.map(({ name, parameters }) => ({
        name,
        parameters: parameters.map((parameter) => ({ name: parameter.name ?? '', value: parameter.value })),
      })),
    );
    assert.equal(pipeline.id, id);
    const reader = new Defragmenter();
    const ours = takeOutgoing(pool).flatMap((item) => ('data' in item ? reader.receive(item.data) : []));
    assert.deepEqual(
      ours.map((bytes) => decodeCreatePipeline(decodeMessage(bytes).data).commands),
      [wanted.commands],
    );
    conversation.pipelines.set(id, pipeline);
    this.#report.pipelines++;
  }

  #signal(request: WsmanServerRequest & { kind: 'signal' }, response: string | null): void {
    const { commandId, code, header } = request;
    const conversation = this.#conversationOf(request);
    // The recorded client spells ctrl-c as WSMV does; both spellings mean stop.
    const signal = /\/(crtl_c|ctrl_c)$/.test(code) ? 'stop' : 'terminate';
    const sent = signalRequest(contextOf(request), {
      shellId: header.shellId ?? '',
      commandId: commandId ?? '',
      signal,
    });
    compareEnvelopes(sent, request);
    const pipeline = conversation.pipelines.get((commandId ?? '').toUpperCase());
    if (pipeline !== undefined) {
      const wasEnded = pipeline.ended;
      if (signal === 'stop') pipeline.stop();
      else pipeline.close();
      const outgoing = takeOutgoing(conversation.pool);
      if (signal === 'terminate' || !wasEnded) assert.deepEqual(outgoing, [{ kind: signal, pipelineId: pipeline.id }]);
      if (signal === 'terminate') conversation.pipelines.delete(pipeline.id);
    }
    this.#answer(header.messageId, response);
  }

  #delete(request: WsmanServerRequest & { kind: 'delete' }, response: string | null): void {
    compareEnvelopes(deleteRequest(contextOf(request), { shellId: request.header.shellId ?? '' }), request);
    const conversation = this.#conversations.get((request.header.shellId ?? '').toUpperCase());
    conversation?.pool.close();
    if (conversation !== undefined) {
      assert.deepEqual([...conversation.refused.keys()], [], 'host calls we answered and the recording did not');
    }
    this.#answer(request.header.messageId, response);
  }

  /** Connect, Disconnect, Reconnect, Enumerate, Get: not ours to send, but what a Connect brings is read. */
  #other(xml: string, response: string | null): void {
    const request = readEnvelope(xml);
    if (response === null) return;
    this.#answer(request.messageId, response);
    if (!request.action.endsWith('/shell/Connect')) return;
    const shell = parseRequest(xml).header.shellId ?? '';
    for (const command of deepElements(request.body, 'Connect')) {
      const commandId = command.attributes.get('CommandId');
      const known = this.#conversations.get(shell.toUpperCase());
      if (commandId !== undefined && known !== undefined) {
        known.pipelines.delete(commandId.toUpperCase());
        this.#follow(known, commandId);
      }
    }
    const connect = deepText(request.body, 'connectXml');
    const connected = deepText(readEnvelope(response).body, 'connectResponseXml');
    if (connect === null || connected === null) return;
    const recorded = new Defragmenter().receive(decodeBase64(connect, 'connectXml')).map(decodeMessage);
    const conversation = openConversation(recorded);
    takeOutgoing(conversation.pool);
    this.#conversations.set(shell.toUpperCase(), conversation);
    this.#feed(conversation, decodeBase64(connected, 'connectResponseXml'), null);
  }

  #conversationOf(request: WsmanServerRequest): Conversation {
    const conversation = this.#conversations.get((request.header.shellId ?? '').toUpperCase());
    assert.ok(conversation !== undefined, `no shell ${request.header.shellId}`);
    return conversation;
  }

  /** The recorded answer; null for a recorded fault or a connection that failed. */
  #answer(messageId: string, response: string | null): WsmanResponse | null {
    if (response === null) return null;
    try {
      return parseResponse(response, messageId);
    } catch (error) {
      if (!(error instanceof WsmanFault)) throw error;
      this.#report.faults++;
      return null;
    }
  }
}

function openConversation(recorded: readonly PsrpMessage[]): Conversation {
  const [capability] = recorded;
  assert.ok(capability !== undefined);
  const ids = [capability.poolId];
  const { protocolVersion } = decodeSessionCapability(capability.data);
  const pool = new RunspacePool({
    newId: () => {
      const id = ids.shift();
      assert.ok(id !== undefined, 'an id nobody recorded');
      return id;
    },
    protocolVersion: protocolVersion as '2.1' | '2.2' | '2.3',
  });
  pool.open();
  return {
    pool,
    ids,
    pipelines: new Map(),
    recordedRequests: new Defragmenter(),
    recordedAnswers: new Map(),
    refused: new Map(),
  };
}

/** The event a message became, against the message. */
function checkEvent(conversation: Conversation, message: PsrpMessage, event: PsrpEvent | undefined): void {
  switch (event?.kind) {
    case 'output':
      assert.equal(event.xml, message.data);
      assert.deepEqual(readClixml(writeClixml(readClixml(message.data))), readClixml(message.data));
      return;
    case 'pipeline-state': {
      assert.ok(message.data.includes(`<I32 N="PipelineState">${event.state}</I32>`));
      if (event.state === PipelineState.FAILED) assert.ok(event.error !== null);
      if (event.state === PipelineState.COMPLETED) assert.equal(event.error, null);
      assert.equal(conversation.pipelines.get(event.pipelineId)?.state, event.state);
      return;
    }
    case 'pool-state':
      assert.equal(conversation.pool.state, event.state);
      return;
    case 'host-call': {
      assert.equal(event.answered, event.call.expectsAnswer);
      if (event.answered) conversation.refused.set(event.call.callId, event.call.method);
      const answers = takeOutgoing(conversation.pool);
      assert.deepEqual(
        [...new Set(answers.map((item) => item.kind === 'send' && item.stream))],
        event.answered ? ['pr'] : [],
      );
      return;
    }
    default:
  }
}

function isPlainCmdlet(command: ReceivedCommand): boolean {
  return (
    !command.isScript &&
    /^[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)?$/.test(command.name) &&
    command.parameters.every(
      ({ name, value }) => name !== null && /^[A-Za-z][A-Za-z0-9]*$/.test(name) && !writeClixml(value).includes('<SBK'),
    )
  );
}

function takeOutgoing(pool: RunspacePool): PsrpOutgoing[] {
  const all: PsrpOutgoing[] = [];
  for (let next = pool.dataToSend(); next !== null; next = pool.dataToSend()) all.push(next);
  return all;
}

function takeEvents(pool: RunspacePool): PsrpEvent[] {
  const all: PsrpEvent[] = [];
  for (let next = pool.nextEvent(); next !== null; next = pool.nextEvent()) all.push(next);
  return all;
}

type Element = ReturnType<typeof readEnvelope>['body'];

function deepElements(element: Element, name: string): Element[] {
  return element.children.flatMap((inner) => [...(inner.name === name ? [inner] : []), ...deepElements(inner, name)]);
}

function deepText(element: Element, name: string): string | null {
  return deepElements(element, name)[0]?.text ?? null;
}
