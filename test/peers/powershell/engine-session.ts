/** Our client's protocol core on the engine without WSMan between them, and what only a test may send: scripts, a console. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { clixmlEnum, clixmlObject, readClixml, writeClixml } from '../../../src/clixml/index.ts';
import type { ClixmlObject, ClixmlValue } from '../../../src/clixml/index.ts';
import {
  Destination,
  encodeMessage,
  Fragmenter,
  MessageType,
  RunspacePool,
  RunspacePoolState,
} from '../../../src/psrp/index.ts';
import type { Pipeline, PsrpEvent, PsrpOutgoing } from '../../../src/psrp/index.ts';
import { encodeSessionCapability } from '../../../src/psrp/server-messages.ts';
import { ENGINE_ASSEMBLY } from './engine-assembly.ts';
import { EngineProcess } from './engine-process.ts';
import { writeSessionFile } from './session-file.ts';
import type { SessionFile } from './session-file.ts';

/** One command of a raw pipeline. */
export interface RawCommand {
  readonly text: string;
  readonly isScript: boolean;
}

/** How a session is opened. */
export interface SessionOptions {
  /** Offer a console, so that the engine asks it; our client has none. */
  readonly hasConsole?: boolean;
  /** What to offer. */
  readonly protocolVersion?: '2.1' | '2.2' | '2.3';
  readonly fragmentBytes?: number;
  /** The shell on the server in place of a session from afar: these cmdlets, and the language to paste them in. */
  readonly shell?: readonly string[];
}

/** Receives events while a pipeline runs; may stop it. */
export type Watch = (event: PsrpEvent, pipeline: Pipeline) => void;

/** See the module. */
export class EngineSession {
  readonly pool: RunspacePool;
  /** Everything that happened before the first pipeline. */
  readonly opening: PsrpEvent[] = [];
  readonly #engine: EngineProcess;
  readonly #file: SessionFile;
  readonly #raw = new Fragmenter();
  #wake: () => void = () => undefined;
  #isGone = false;

  private constructor(file: SessionFile, options: SessionOptions) {
    const { protocolVersion, fragmentBytes } = options;
    this.#file = file;
    this.pool = new RunspacePool({
      newId: randomUUID,
      ...(protocolVersion && { protocolVersion }),
      ...(fragmentBytes !== undefined && { fragmentBytes }),
    });
    this.#engine = new EngineProcess(
      { assembly: ENGINE_ASSEMBLY, session: file.path },
      {
        onData: (pipelineId, bytes) => {
          this.pool.receiveData(bytes, pipelineId);
          this.#wake();
        },
        onExit: () => {
          this.#isGone = true;
          this.#wake();
        },
      },
    );
  }

  /** Starts an engine and opens a pool on it. */
  static async open(options: SessionOptions = {}): Promise<EngineSession> {
    const session = new EngineSession(await sessionFileOf(options), options);
    session.pool.open();
    await session.#pump(options.hasConsole === true);
    await session.#until(() => session.pool.state === RunspacePoolState.OPENED, session.opening);
    return session;
  }

  /** Runs cmdlets through our client and gives everything that happened. */
  async run(name: string, parameters: Readonly<Record<string, ClixmlValue>> = {}, watch?: Watch): Promise<PsrpEvent[]> {
    const list = Object.entries(parameters).map(([parameter, value]) => ({ name: parameter, value }));
    const pipeline = this.pool.createPipeline([{ name, parameters: list }]);
    return this.#follow(pipeline, watch);
  }

  /** The values a cmdlet put out. */
  async values(
    name: string,
    parameters: Readonly<Record<string, ClixmlValue>> = {},
  ): Promise<(PsrpEvent & { kind: 'output' })[]> {
    const events = await this.run(name, parameters);
    return events.filter((event) => event.kind === 'output');
  }

  /** Sends commands our client refuses to make, script text among them. */
  async runRaw(commands: readonly RawCommand[]): Promise<PsrpEvent[]> {
    const pipeline = this.pool.followPipeline(randomUUID());
    const data = writeClixml(rawPipeline(commands));
    const message = {
      destination: Destination.SERVER,
      type: MessageType.CREATE_PIPELINE,
      poolId: this.pool.id,
      pipelineId: pipeline.id,
      data,
    };
    await this.#engine.command(pipeline.id);
    for (const fragment of this.#raw.fragment(encodeMessage(message)))
      await this.#engine.data(pipeline.id, 'Default', fragment);
    return this.#follow(pipeline);
  }

  async close(): Promise<void> {
    this.pool.close();
    const impatient = new AbortController();
    // A command that was left open, by a test that failed, keeps the engine from closing.
    await Promise.race([this.#pump(), sleep(2_000, undefined, { signal: impatient.signal }).catch(() => undefined)]);
    impatient.abort();
    await this.#engine.dispose();
    await this.#file.remove();
  }

  async #follow(pipeline: Pipeline, watch?: Watch): Promise<PsrpEvent[]> {
    const events: PsrpEvent[] = [];
    await this.#pump();
    try {
      await this.#until(
        () => pipeline.ended,
        events,
        (event) => watch?.(event, pipeline),
      );
    } finally {
      pipeline.close();
      await this.#pump();
    }
    return events;
  }

  async #until(isDone: () => boolean, events: PsrpEvent[], watch?: (event: PsrpEvent) => void): Promise<void> {
    while (!isDone()) {
      const event = this.pool.nextEvent();
      if (event === null) {
        if (this.#isGone) throw new Error(`The engine ended. ${this.#engine.errors}`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      events.push(event);
      watch?.(event);
      await this.#pump();
    }
  }

  async #pump(hasConsole = false): Promise<void> {
    for (let outgoing = this.pool.dataToSend(); outgoing !== null; outgoing = this.pool.dataToSend())
      await this.#send(outgoing, hasConsole);
  }

  async #send(outgoing: PsrpOutgoing, hasConsole: boolean): Promise<void> {
    switch (outgoing.kind) {
      case 'open':
        return this.#engine.data(null, 'Default', hasConsole ? openingWithConsole(this.pool) : outgoing.data);
      case 'command':
        await this.#engine.command(outgoing.pipelineId);
        return this.#engine.data(outgoing.pipelineId, 'Default', outgoing.data);
      case 'send':
        return this.#engine.data(
          outgoing.pipelineId,
          outgoing.stream === 'pr' ? 'PromptResponse' : 'Default',
          outgoing.data,
        );
      case 'stop':
        return this.#engine.stop(outgoing.pipelineId);
      case 'terminate':
        return this.#engine.close(outgoing.pipelineId);
      case 'close':
        return this.#engine.close(null);
    }
  }
}

/** A session for the tests of one `describe`, opened before and closed after them. */
export function useSession(options: SessionOptions = {}): () => EngineSession {
  let session: EngineSession | null = null;
  before(async () => {
    session = await EngineSession.open(options);
  });
  after(() => session?.close());
  return () => {
    if (session === null) throw new Error('The session is not open yet.');
    return session;
  };
}

/** The value of an output. The engine sends $null as a message without content. */
export function valueOf(output: { readonly xml: string } | undefined): ClixmlValue {
  if (output === undefined) throw new Error('Nothing came.');
  return output.xml === '' ? null : readClixml(output.xml);
}

/** HostInfo (MS-PSRP 2.2.3.14) of a client with a console but without a screen buffer. */
function consoleInfo(): ClixmlObject {
  return clixmlObject({
    members: { _isHostNull: false, _isHostUINull: false, _isHostRawUINull: true, _useRunspaceHost: false },
  });
}

function openingWithConsole(pool: RunspacePool): Uint8Array {
  const capability = encodeSessionCapability({
    protocolVersion: pool.protocolVersion,
    psVersion: '2.0',
    serializationVersion: '1.1.0.1',
  });
  const init = writeClixml(
    clixmlObject({
      members: {
        MinRunspaces: 1,
        MaxRunspaces: 1,
        PSThreadOptions: clixmlEnum('System.Management.Automation.Runspaces.PSThreadOptions', 'Default', 0),
        ApartmentState: clixmlEnum('System.Threading.ApartmentState', 'Unknown', 2),
        HostInfo: consoleInfo(),
        ApplicationArguments: null,
      },
    }),
  );
  const fragmenter = new Fragmenter();
  const fragments = [
    [MessageType.SESSION_CAPABILITY, capability] as const,
    [MessageType.INIT_RUNSPACEPOOL, init] as const,
  ].flatMap(([type, data]) =>
    fragmenter.fragment(
      encodeMessage({ destination: Destination.SERVER, type, poolId: pool.id, pipelineId: null, data }),
    ),
  );
  return Buffer.concat(fragments);
}

/** CREATE_PIPELINE (MS-PSRP 2.2.2.10) written without the checks of src/psrp. */
function rawPipeline(commands: readonly RawCommand[]): ClixmlObject {
  const none = (): ClixmlObject => clixmlEnum('System.Management.Automation.Runspaces.PipelineResultTypes', 'None', 0);
  const list = (items: readonly ClixmlValue[]): ClixmlObject =>
    clixmlObject({ typeNames: ['System.Collections.ArrayList', 'System.Object'], items });
  const content = ({ text, isScript }: RawCommand): ClixmlObject =>
    clixmlObject({
      members: {
        Cmd: text,
        IsScript: isScript,
        UseLocalScope: null,
        MergeMyResult: none(),
        MergeToResult: none(),
        MergePreviousResults: none(),
        Args: list([]),
        MergeError: none(),
        MergeWarning: none(),
        MergeVerbose: none(),
        MergeDebug: none(),
        MergeInformation: none(),
      },
    });
  return clixmlObject({
    members: {
      NoInput: true,
      ApartmentState: clixmlEnum('System.Threading.ApartmentState', 'Unknown', 2),
      RemoteStreamOptions: clixmlEnum('System.Management.Automation.RemoteStreamOptions', '0', 0),
      AddToHistory: false,
      HostInfo: clixmlObject({
        members: { _isHostNull: true, _isHostUINull: true, _isHostRawUINull: true, _useRunspaceHost: true },
      }),
      PowerShell: clixmlObject({
        members: {
          IsNested: false,
          ExtraCmds: null,
          Cmds: list(commands.map(content)),
          History: null,
          RedirectShellErrorOutputPipe: false,
        },
      }),
      IsNested: false,
    },
  });
}

function sessionFileOf({ shell }: SessionOptions): Promise<SessionFile> {
  return shell === undefined
    ? writeSessionFile(ENGINE_ASSEMBLY)
    : writeSessionFile(ENGINE_ASSEMBLY, shell, 'FullLanguage');
}
