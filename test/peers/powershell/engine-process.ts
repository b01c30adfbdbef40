/**
 * One process of the engine and its line framing: `<Data Stream=… PSGuid=…>base64</Data>`, `<Command/>`, `<Signal/>`,
 * `<Close/>`, each acknowledged before the next one goes out (PowerShell, remoting/fanin/OutOfProcTransportManager.cs).
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** How the engine is started. */
export interface EngineLaunch {
  /** Path of ExchangeEngine.dll. */
  readonly assembly: string;
  /** Session configuration file. */
  readonly session: string;
  /** Size of the organization the cmdlets show; default 12. */
  readonly mailboxes?: number;
  /** How long each device of a bulk reading takes; default 0. */
  readonly delayMs?: number;
  /** Exchange's cmdlets warn of how their parameters were bound. */
  readonly echo?: boolean;
  /** Objects that are odd, each `kind:number`: what the kinds are, engine/Fleet.cs and engine/ExchangeCmdlets.cs say. */
  readonly odd?: readonly string[];
}

/** What the engine says of its own accord. */
export interface EngineListener {
  /** Bytes for the client: whole fragments. `pipelineId` null: about the pool. */
  onData(pipelineId: string | null, bytes: Uint8Array): void;
  /** The process is gone, wanted or not. */
  onExit(): void;
}

const NO_GUID = '00000000-0000-0000-0000-000000000000';
const LINE = /^<(\w+)(?: Stream='(\w+)')? PSGuid='([0-9a-fA-F-]+)'(?:>([^<]*)<\/Data>| ?\/>)$/;
const TICKS_PER_SECOND = 100;

/** Engines that run; they do not outlive us, whatever a test did. */
const running = new Set<EngineProcess>();
process.on('exit', () => {
  for (const engine of running) engine.kill();
});

/** See the module. */
export class EngineProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #listener: EngineListener;
  readonly #lines: Interface;
  /** Acknowledgements due, in order: the name of the element that brings one. */
  readonly #waiting: {
    readonly element: string;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  #last: Promise<void> = Promise.resolve();
  #errors = '';
  #isGone = false;

  constructor(launch: EngineLaunch, listener: EngineListener) {
    this.#listener = listener;
    this.#child = spawn('dotnet', [launch.assembly, launch.session], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Times of kind "local" are the same everywhere; nothing is sent anywhere.
      env: {
        ...process.env,
        TZ: 'UTC',
        POWERSHELL_TELEMETRY_OPTOUT: '1',
        ENGINE_MAILBOXES: String(launch.mailboxes ?? 12),
        ENGINE_DELAY_MS: String(launch.delayMs ?? 0),
        ENGINE_ECHO: launch.echo === true ? '1' : '',
        ENGINE_ODD: (launch.odd ?? []).join(','),
      },
    });
    this.#lines = createInterface({ input: this.#child.stdout }).on('line', (line) => this.#takeLine(line));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    running.add(this);
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', (error) => this.#end(error));
    this.#child.on('close', () => this.#end(new Error(`The engine ended. ${this.#errors}`)));
  }

  /** The last of what the process said beside the protocol, for messages. */
  get errors(): string {
    return this.#errors;
  }

  /** Process id, for measuring. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Seconds of processor time so far; null where the system does not tell (needs Linux's /proc). */
  cpuSeconds(): number | null {
    try {
      const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    } catch {
      return null;
    }
  }

  /** Starts a command; its fragments follow with {@link data}. */
  command(pipelineId: string): Promise<void> {
    return this.#write(`<Command PSGuid='${pipelineId.toLowerCase()}' />`, 'CommandAck');
  }

  /** Hands over fragments. */
  data(pipelineId: string | null, stream: 'Default' | 'PromptResponse', bytes: Uint8Array): Promise<void> {
    const text = Buffer.from(bytes).toString('base64');
    return this.#write(
      `<Data Stream='${stream}' PSGuid='${(pipelineId ?? NO_GUID).toLowerCase()}'>${text}</Data>`,
      'DataAck',
    );
  }

  /** Ctrl-C. */
  stop(pipelineId: string): Promise<void> {
    return this.#write(`<Signal PSGuid='${pipelineId.toLowerCase()}' />`, 'SignalAck');
  }

  /** Frees a command, or with null ends the session; the process ends by itself then. */
  async close(pipelineId: string | null): Promise<void> {
    await this.#write(`<Close PSGuid='${(pipelineId ?? NO_GUID).toLowerCase()}' />`, 'CloseAck');
    if (pipelineId === null) this.#child.stdin.end();
  }

  /** Reads no more until {@link resume}, unless an acknowledgement is due: it would stand behind the data. */
  pause(): void {
    if (this.#waiting.length === 0) this.#lines.pause();
  }

  resume(): void {
    this.#lines.resume();
  }

  /** Ends the process: politely, then not. */
  async dispose(): Promise<void> {
    if (this.#isGone) return;
    const gone = once(this.#child, 'close');
    this.resume();
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
    await gone;
    clearTimeout(timer);
  }

  /** Ends the process at once, as a server that crashes. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #write(line: string, element: string): Promise<void> {
    const send = async (): Promise<void> => {
      if (this.#isGone) throw new Error(`The engine ended. ${this.#errors}`);
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push({ element, resolve, reject });
        this.resume();
        this.#child.stdin.write(`${line}\n`);
      });
    };
    const sent = this.#last.then(send);
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  #takeLine(line: string): void {
    const match = LINE.exec(line);
    if (match === null) {
      if (line.trim() !== '') this.#errors = `${this.#errors}\n${line}`.slice(-4000);
      return;
    }
    const [, element = '', , guid = '', content = ''] = match;
    if (element === 'Data') {
      this.#listener.onData(guid === NO_GUID ? null : guid.toUpperCase(), Buffer.from(content, 'base64'));
      return;
    }
    if (this.#waiting[0]?.element === element) this.#waiting.shift()?.resolve();
    else this.#errors = `${this.#errors}\nunexpected ${line}`.slice(-4000);
  }

  #end(error: Error): void {
    if (this.#isGone) return;
    this.#isGone = true;
    running.delete(this);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.#listener.onExit();
  }
}
