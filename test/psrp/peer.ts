/** The far end of a conversation, for tests: writes what a server writes. */
import {
  Destination,
  Fragmenter,
  MessageType,
  NO_GUID,
  PipelineState,
  RunspacePool,
  RunspacePoolState,
  encodeMessage,
} from '../../src/psrp/index.ts';
import type { PsrpEvent, PsrpOutgoing } from '../../src/psrp/index.ts';
import {
  encodeApplicationPrivateData,
  encodePipelineState,
  encodeRunspacePoolState,
  encodeSessionCapability,
} from '../../src/psrp/server-messages.ts';

/** Ids in a fixed order: 00000001-…, 00000002-…. */
export function countingIds(): () => string {
  let last = 0;
  return () => `${(++last).toString(16).padStart(8, '0')}-aaaa-4bbb-8ccc-ddddeeeeffff`;
}

/** Encodes server messages of one pool as fragments. */
export class Peer {
  readonly fragmenter: Fragmenter;
  readonly #poolId: string;

  constructor(poolId: string, fragmentBytes = 32 * 1024) {
    this.#poolId = poolId;
    this.fragmenter = new Fragmenter(fragmentBytes);
  }

  message(type: number, pipelineId: string | null, data: string): Buffer {
    const bytes = encodeMessage({
      destination: Destination.CLIENT,
      type,
      poolId: this.#poolId,
      pipelineId,
      data: `\uFEFF${data}`,
    });
    return Buffer.concat(this.fragmenter.fragment(bytes));
  }

  /** What follows a Create. */
  opening(protocolVersion = '2.3'): Buffer {
    const capability = encodeSessionCapability({ protocolVersion, psVersion: '2.0', serializationVersion: '1.1.0.1' });
    const first = encodeMessage({
      destination: Destination.CLIENT,
      type: MessageType.SESSION_CAPABILITY,
      poolId: NO_GUID,
      pipelineId: null,
      data: capability,
    });
    return Buffer.concat([
      ...this.fragmenter.fragment(first),
      this.message(
        MessageType.APPLICATION_PRIVATE_DATA,
        null,
        encodeApplicationPrivateData({ psVersion: '5.1.14393.2248' }),
      ),
      this.message(MessageType.RUNSPACEPOOL_STATE, null, encodeRunspacePoolState(RunspacePoolState.OPENED)),
    ]);
  }

  completed(pipelineId: string): Buffer {
    return this.message(MessageType.PIPELINE_STATE, pipelineId, encodePipelineState(PipelineState.COMPLETED));
  }
}

/** Everything a pool has to send, taken from it. */
export function takeOutgoing(pool: RunspacePool): PsrpOutgoing[] {
  const all: PsrpOutgoing[] = [];
  for (let next = pool.dataToSend(); next !== null; next = pool.dataToSend()) all.push(next);
  return all;
}

/** Every event a pool has, taken from it. */
export function takeEvents(pool: RunspacePool): PsrpEvent[] {
  const all: PsrpEvent[] = [];
  for (let next = pool.nextEvent(); next !== null; next = pool.nextEvent()) all.push(next);
  return all;
}

/** A pool that is open, and its peer. */
export function openPool(options: Partial<ConstructorParameters<typeof RunspacePool>[0]> = {}): {
  pool: RunspacePool;
  peer: Peer;
} {
  const pool = new RunspacePool({ newId: countingIds(), ...options });
  const peer = new Peer(pool.id);
  pool.open();
  takeOutgoing(pool);
  pool.receiveData(peer.opening());
  takeEvents(pool);
  return { pool, peer };
}
