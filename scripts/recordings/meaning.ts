/** What has to be equal between a recorded message and ours, and what is left to either side. */
import assert from 'node:assert/strict';
import { readClixml, writeClixml } from '../../src/clixml/index.ts';
import {
  Defragmenter,
  Fragmenter,
  MessageType,
  decodeMessage,
  encodeMessage,
  messageTypeName,
} from '../../src/psrp/index.ts';
import type { PsrpEvent, PsrpMessage } from '../../src/psrp/index.ts';
import { decodeSessionCapability } from '../../src/psrp/server-messages.ts';
import type { RequestContext, WsmanRequest } from '../../src/wsman/requests.ts';
import { parseRequest } from '../../src/wsman/server.ts';
import type { WsmanServerRequest } from '../../src/wsman/server.ts';

/** Which event each server message must become. */
export const EVENT_KINDS: Readonly<Record<number, PsrpEvent['kind']>> = {
  [MessageType.SESSION_CAPABILITY]: 'capability',
  [MessageType.APPLICATION_PRIVATE_DATA]: 'private-data',
  [MessageType.RUNSPACEPOOL_STATE]: 'pool-state',
  [MessageType.RUNSPACEPOOL_INIT_DATA]: 'pool-connected',
  [MessageType.RUNSPACE_AVAILABILITY]: 'availability',
  [MessageType.RUNSPACEPOOL_HOST_CALL]: 'host-call',
  [MessageType.PIPELINE_OUTPUT]: 'output',
  [MessageType.ERROR_RECORD]: 'error',
  [MessageType.PIPELINE_STATE]: 'pipeline-state',
  [MessageType.DEBUG_RECORD]: 'debug',
  [MessageType.VERBOSE_RECORD]: 'verbose',
  [MessageType.WARNING_RECORD]: 'warning',
  [MessageType.PROGRESS_RECORD]: 'progress',
  [MessageType.INFORMATION_RECORD]: 'information',
  [MessageType.PIPELINE_HOST_CALL]: 'host-call',
};

/** Options a server acts on; the others are the recorded client's choice. */
const REQUIRED_OPTIONS = ['protocolversion', 'WSMAN_CMDSHELL_OPTION_KEEPALIVE'];

/** Action, resource, selector and ids are the same, and so are the options that count. */
export function compareEnvelopes(ours: WsmanRequest, recorded: WsmanServerRequest): void {
  const request = parseRequest(ours.xml);
  assert.equal(request.kind, recorded.kind);
  assert.equal(request.header.action, recorded.header.action);
  assert.equal(request.header.resourceUri, recorded.header.resourceUri);
  assert.equal(request.header.shellId, recorded.header.shellId);
  assert.equal(request.header.messageId, recorded.header.messageId);
  for (const name of REQUIRED_OPTIONS) {
    assert.equal(request.header.options.has(name), recorded.header.options.has(name), `option ${name}`);
  }
}

/** The context in which our request builders give the ids of the recorded request. */
export function contextOf({ header }: WsmanServerRequest): RequestContext {
  return {
    to: header.to,
    sessionId: (header.sessionId ?? '').replace(/^uuid:/, ''),
    newId: () => header.messageId.replace(/^uuid:/, ''),
    resourceUri: header.resourceUri,
  };
}

/** What a message says, without what a client may choose: type, ids, and for a capability its version. */
export function meaning(message: PsrpMessage): unknown {
  const { destination, type, poolId, pipelineId, data } = message;
  const content =
    type === MessageType.SESSION_CAPABILITY
      ? decodeSessionCapability(data)
      : type === MessageType.INIT_RUNSPACEPOOL
        ? null
        : data === ''
          ? null
          : readClixml(data);
  return { destination, type: messageTypeName(type), poolId, pipelineId, content };
}

/** A message read and written anew by our codecs, over small fragments. */
export function recode(message: PsrpMessage): PsrpMessage {
  const data = message.data === '' ? '' : writeClixml(readClixml(message.data));
  const fragments = new Fragmenter(300).fragment(encodeMessage({ ...message, data }));
  const [bytes] = new Defragmenter().receive(Buffer.concat(fragments));
  assert.ok(bytes !== undefined);
  return decodeMessage(bytes);
}

/** The specification's name of a message's type. */
export function typeName(message: PsrpMessage): string {
  return messageTypeName(message.type);
}
