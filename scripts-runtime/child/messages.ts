/** What the platform tells a child, and what a child says; the platform checks the latter before it believes it. */

export interface RunLimits {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly heapMb: number;
  readonly consoleBytes: number;
  readonly calls: number;
  readonly outputChars: number;
}

export interface RunMessage {
  readonly type: 'run';
  readonly id: string;
  readonly shape: 'classic' | 'typed';
  readonly code: string;
  /** JSON texts. */
  readonly input: string;
  readonly secrets: string;
  /** Hexadecimal. */
  readonly seed: string;
  readonly at: number;
  readonly effects: readonly string[];
  readonly durable: boolean;
  /** Members of the event that nobody knows any more. */
  readonly absent: readonly string[];
  readonly limits: RunLimits;
}

export interface CompileMessage {
  readonly type: 'compile';
  readonly id: string;
  readonly source: string;
  /** Which of the modules this source may import. */
  readonly modules: readonly string[];
  readonly limits: RunLimits;
}

export interface AnswerMessage {
  readonly type: 'answer';
  readonly id: string;
  readonly n: number;
  readonly at: number;
  readonly ok: boolean;
  readonly json: string;
}

export interface InitMessage {
  readonly type: 'init';
  /** The program that runs in each isolate before a script does. */
  readonly guest: string;
  /** Sources by name, for `require`. */
  readonly libraries: Readonly<Record<string, string>>;
  /** What a typed script may import: each exports `defineScript`. */
  readonly modules: readonly string[];
  /** What a run has unless it says otherwise. Megabytes. */
  readonly heapMb: number;
  /** How much more memory a run may take than its heap. Megabytes. */
  readonly slackMb: number;
}

/** Ends a run whose result is known without it. */
export interface StopMessage {
  readonly type: 'stop';
  readonly id: string;
}

export type ToChild = InitMessage | RunMessage | CompileMessage | AnswerMessage | StopMessage;

export type ChildFault = 'exception' | 'timeout' | 'memory' | 'cpu' | 'limit';

export type FromChild =
  | { readonly type: 'ready' }
  /** There is an isolate for the run: what the process dies of from now on may be the script's doing. */
  | { readonly type: 'begun'; readonly id: string }
  | {
      readonly type: 'call';
      readonly id: string;
      readonly n: number;
      readonly call: string;
      /** JSON. */
      readonly request: string;
    }
  /** A scope that the script does not let the application have. */
  | { readonly type: 'refused'; readonly id: string; readonly scope: string }
  | { readonly type: 'log'; readonly id: string; readonly level: string; readonly text: string }
  | {
      readonly type: 'done';
      readonly id: string;
      /** JSON of what the script came to, as the guest says it. */
      readonly outcome: string;
      readonly cpuMs: number;
    }
  | {
      readonly type: 'fault';
      readonly id: string;
      readonly fault: ChildFault;
      readonly message: string;
      readonly stack: string;
      readonly cpuMs: number;
      /** An isolate of this process may still run: it is good for nothing else. */
      readonly spent: boolean;
    }
  | { readonly type: 'stopped'; readonly id: string; readonly cpuMs: number }
  | { readonly type: 'compiled'; readonly id: string; readonly result: CompiledSource };

export type CompiledSource =
  | {
      readonly kind: 'ok';
      readonly shape: 'classic' | 'typed';
      readonly code: string;
      /** JSON of what a typed script says about itself. */
      readonly manifest: string;
    }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly line?: number;
      readonly column?: number;
    };
