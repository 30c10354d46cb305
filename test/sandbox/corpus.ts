/** Hostile scripts: each tries to get out, to take what it may not have, or to bring down what it runs in. */

/**
 * `escape`: it returns `{ escaped: true }` where it got what it wanted. `bomb`: it takes time or memory without end.
 * `crash`: it ends the process around it.
 */
export interface Hostile {
  readonly name: string;
  readonly aim: 'escape' | 'bomb' | 'crash';
  /** The body of `async function (context)`; `context.host` is an object of the host where that is so careless. */
  readonly body: string;
}

const escape = (name: string, body: string): Hostile => ({ name, aim: 'escape', body });
const bomb = (name: string, body: string): Hostile => ({ name, aim: 'bomb', body });
const crash = (name: string, body: string): Hostile => ({ name, aim: 'crash', body });

/** Whether `f`, a function constructor, makes functions that see the process of the host. */
const viaFunction = (expression: string): string =>
  `const made = (${expression})('return typeof process === "object" ? process : undefined')(); return { escaped: typeof made?.pid === 'number' };`;

export const corpus: readonly Hostile[] = [
  // Ways from an object of the host to its realm.
  escape('context.constructor.constructor', viaFunction('context.constructor.constructor')),
  escape('constructor of a method of the host', viaFunction('context.host.log.constructor')),
  escape(
    'prototype of an object of the host',
    viaFunction('Object.getPrototypeOf(context.host).constructor.constructor'),
  ),
  escape('__proto__ of an object of the host', viaFunction('context.host.__proto__.constructor.constructor')),
  escape('constructor of what a host function returns', viaFunction('context.host.list().constructor.constructor')),
  escape('constructor of a promise of the host', viaFunction('context.host.later().constructor.constructor')),
  escape(
    'constructor of what a host promise gives',
    viaFunction('(await context.host.later()).constructor.constructor'),
  ),
  escape(
    'constructor of an error of the host',
    `try { context.host.fail(); } catch (error) { ${viaFunction('error.constructor.constructor')} } return {};`,
  ),
  escape(
    'constructor of a rejection of the host',
    `try { await context.host.reject(); } catch (error) { ${viaFunction('error.constructor.constructor')} } return {};`,
  ),
  escape(
    'constructor of an async function of the host',
    viaFunction(
      '(() => { const A = context.host.later.constructor; return (code) => () => { let found; A(code)().then; const G = context.host.log.constructor; return G(code)(); }; })()',
    ),
  ),
  escape(
    'constructor of a generator of the host',
    viaFunction(
      'Object.getPrototypeOf(Object.getPrototypeOf(context.host.numbers())).constructor.constructor === undefined ? Function : context.host.numbers.constructor.constructor',
    ),
  ),
  escape(
    'constructor of an iterator result of the host',
    viaFunction('context.host.numbers().next().constructor.constructor'),
  ),
  escape('constructor of a typed array of the host', viaFunction('context.host.bytes.constructor.constructor')),
  escape(
    'constructor of a buffer behind a typed array',
    viaFunction('context.host.bytes.buffer.constructor.constructor'),
  ),
  escape('constructor of a date of the host', viaFunction('context.host.date.constructor.constructor')),
  escape('constructor of a map of the host', viaFunction('context.host.map.constructor.constructor')),
  escape(
    'constructor of a regular expression of the host',
    viaFunction('context.host.pattern.constructor.constructor'),
  ),
  escape(
    'constructor of a symbol of the host',
    viaFunction(
      'Object(context.host.symbol).constructor.constructor === Function ? context.host.log.constructor : Object(context.host.symbol).constructor.constructor',
    ),
  ),
  escape(
    'caller of a callback',
    'let found; context.host.call(function inner() { found = inner.caller ?? arguments.callee.caller; }); return { escaped: typeof found === "function" };',
  ),
  escape(
    'arguments that a callback is given',
    'let found; context.host.call((given) => { found = given; }); ' + viaFunction('found.constructor.constructor'),
  ),
  escape(
    'this of a callback',
    'let found; context.host.call(function () { found = this; }); return { escaped: found !== undefined && found !== globalThis && typeof found.process?.pid === "number" };',
  ),
  escape(
    'a getter that the host reads',
    'let found; context.host.read({ get name() { found = new Error().stack; return "x"; } }); return { escaped: /node:|file:|\\.ts/.test(String(found)) };',
  ),
  escape(
    'a proxy that the host reads',
    'let found; context.host.read(new Proxy({}, { get(target, name, receiver) { found = found ?? context.host.log.constructor; return "x"; } })); ' +
      viaFunction('found'),
  ),
  escape(
    'Symbol.species of a list that the host maps',
    'let found; class Bad extends Array { static get [Symbol.species]() { return function (length) { found = context.host.log.constructor; return new Array(length); }; } } context.host.map2(Bad.from([1])); ' +
      viaFunction('found'),
  ),
  escape(
    'toJSON that the host calls',
    'let found; context.host.json({ toJSON() { found = context.host.log.constructor; return 1; } }); ' +
      viaFunction('found'),
  ),
  escape(
    'Symbol.toPrimitive that the host calls',
    'let found; context.host.text({ [Symbol.toPrimitive]() { found = context.host.log.constructor; return "x"; } }); ' +
      viaFunction('found'),
  ),
  escape(
    'a thenable that the host awaits',
    viaFunction('context.host.wait({ then(resolve) { resolve(1); } }).constructor.constructor'),
  ),

  // Ways through the engine's own hooks.
  escape(
    'Error.prepareStackTrace',
    'let frames = []; Error.prepareStackTrace = (error, sites) => sites; try { frames = new Error().stack; } finally { delete Error.prepareStackTrace; } const names = [...frames].map((site) => String(site.getFileName?.())); return { escaped: names.some((name) => /node:|file:|\\.ts|\\.js/.test(name)) };',
  ),
  escape(
    'getThis of a call site',
    'Error.prepareStackTrace = (error, sites) => sites; const sites = new Error().stack; delete Error.prepareStackTrace; const found = [...sites].map((site) => site.getThis?.()).find((it) => it && typeof it.process?.pid === "number"); context.host.leak?.(); return { escaped: found !== undefined || typeof context.host.global?.process?.pid === "number" };',
  ),
  escape(
    'getFunction of a call site',
    'Error.prepareStackTrace = (error, sites) => sites; let sites; context.host.call(() => { sites = new Error().stack; }); delete Error.prepareStackTrace; const F = [...sites].map((site) => site.getFunction?.()?.constructor).find((one) => one && one !== Function) ?? context.host.log.constructor; ' +
      viaFunction('F'),
  ),
  escape(
    'an overflow of the stack inside of the host',
    'let found; const deep = () => { try { context.host.list(); deep(); } catch (error) { found ??= error; } }; deep(); const F = found?.constructor?.constructor === Function ? context.host.log.constructor : found.constructor.constructor; ' +
      viaFunction('F'),
  ),
  escape(
    'import()',
    'return import("node:fs").then((fs) => ({ escaped: typeof fs.readFileSync === "function" }), () => ({}));',
  ),
  escape(
    'require of a module of the host',
    'return { escaped: typeof require("child_process").spawnSync === "function" };',
  ),
  escape('require of a file', 'return { escaped: require("fs").readFileSync("/etc/passwd").length > 0 };'),
  escape(
    'require of the addon',
    'return { escaped: typeof (require("isolated-vm").Isolate ?? require("isolated-vm").ivm) === "function" };',
  ),
  escape(
    'module.constructor._load',
    'return { escaped: typeof module.constructor._load("fs").readFileSync === "function" };',
  ),
  escape('require.main', 'return { escaped: typeof require.main.require("fs").readFileSync === "function" };'),
  escape('process.binding', 'return { escaped: typeof process.binding("fs") === "object" };'),
  escape(
    'process.mainModule',
    'return { escaped: typeof (process.mainModule ?? process).constructor === "function" && process.pid > 0 };',
  ),
  escape('the environment', 'return { escaped: Object.keys(process.env).length > 0 };'),
  escape(
    'globalThis.process through indirect eval',
    'return { escaped: typeof (0, eval)("this.process").pid === "number" };',
  ),
  escape(
    'this of a sloppy function',
    'const it = (function () { return this; })(); return { escaped: typeof it.process.pid === "number" };',
  ),
  escape(
    'async function constructor',
    'const A = (async () => {}).constructor; const p = await A("return process")(); return { escaped: p.pid > 0 };',
  ),
  escape(
    'generator function constructor',
    'const G = (function* () {}).constructor; return { escaped: G("yield process")().next().value.pid > 0 };',
  ),
  escape(
    'async generator constructor',
    'const G = (async function* () {}).constructor; return { escaped: (await G("yield process")().next()).value.pid > 0 };',
  ),
  escape(
    'return of an async generator with a getter named then',
    'let found; const it = (async function* () {})(); await it.return({ get then() { found = (0, eval)("typeof process"); return undefined; } }); return { escaped: found === "object" };',
  ),
  escape(
    'a rejection nobody handles, read by the host',
    'Promise.prototype.then.call(context.host.later(), () => 0); ' +
      viaFunction('context.host.later().then.constructor'),
  ),
  escape(
    'Promise.prototype.then replaced',
    'let found; const real = Promise.prototype.then; Promise.prototype.then = function (one, other) { found ??= one?.constructor; return real.call(this, one, other); }; await context.host.wait(Promise.resolve(1)); Promise.prototype.then = real; const F = found === Function || !found ? context.host.log.constructor : found; ' +
      viaFunction('F'),
  ),

  // What the host left lying about.
  escape('SharedArrayBuffer', 'return { escaped: new SharedArrayBuffer(8).byteLength === 8 };'),
  escape(
    'Atomics.wait as a clock',
    'return { escaped: Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5) === "timed-out" };',
  ),
  escape(
    'a clock within one step',
    'const before = Date.now(); for (let i = 0; i < 3e6; i++); const after = Date.now(); let spins = 0; while (Date.now() === before && spins++ < 2e6); return { escaped: after > before || Date.now() > before };',
  ),
  escape(
    'a clock below the clock',
    'const now = Object.getOwnPropertyDescriptor(Date, "now").value; const before = now(); for (let i = 0; i < 2e7; i++); return { escaped: now() > before };',
  ),
  escape('performance.now', 'return { escaped: performance.now() > 0 };'),
  escape(
    'WebAssembly',
    'return { escaped: new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) instanceof WebAssembly.Module };',
  ),
  escape('a sight of garbage collection', 'return { escaped: new WeakRef({}).deref() !== undefined };'),
  escape(
    'FinalizationRegistry',
    'return { escaped: typeof new FinalizationRegistry(() => 0).register === "function" };',
  ),
  escape(
    'a global left for the next run',
    'if (globalThis.planted) return { escaped: true }; globalThis.planted = true; context.host.again?.(); return { escaped: (0, eval)("globalThis.planted") === true && typeof process === "object" };',
  ),
  escape(
    'a prototype of the host polluted',
    'Object.getPrototypeOf(context.host).polluted = 1; return { escaped: context.host.isPolluted() };',
  ),
  escape(
    'a prototype polluted by JSON',
    'const it = JSON.parse(\'{"__proto__": {"polluted2": 1}}\'); context.host.merge(it); return { escaped: context.host.isPolluted2() };',
  ),
  escape(
    'a request to the inside',
    'return fetch("http://127.0.0.1:65500/").then(() => ({ escaped: true }), (error) => ({ escaped: /ECONNREFUSED|fetch failed/.test(String(error.cause ?? error)) }));',
  ),
  escape(
    'a request to the cloud',
    'return fetch("http://169.254.169.254/latest/meta-data/", { signal: undefined }).then(() => ({ escaped: true }), (error) => ({ escaped: /fetch failed|ENETUNREACH|ECONN|EHOST|timeout/i.test(String(error.cause ?? error)) }));',
  ),
  escape('a result that is forged', 'context.host.done?.("forged"); return { escaped: context.host.forged === true };'),
  escape(
    'then planted on what the host resolves',
    'let found; const P = Object.getPrototypeOf(context.host); Object.defineProperty(P, "then", { configurable: true, get() { found ??= this; return undefined; } }); try { await context.host.later(); try { require("jsonwebtoken").sign({}, "k"); } catch {} } finally { delete P.then; } ' +
      viaFunction('found?.constructor.constructor ?? Function'),
  ),
  escape(
    'toJSON planted on what the host writes',
    'let found; const P = Object.getPrototypeOf(context.host); P.toJSON = function () { found ??= this; return 1; }; try { context.host.json(context.host.list()); } finally { delete P.toJSON; } ' +
      viaFunction('found.constructor.constructor'),
  ),
  escape(
    'constructors of all that stands among the globals',
    viaFunction(
      'Object.getOwnPropertyNames(globalThis).map((name) => { try { return globalThis[name]?.constructor?.constructor; } catch { return undefined; } }).find((one) => typeof one === "function" && one !== Function) ?? Function',
    ),
  ),
  escape(
    'paths of the host in a stack',
    'Error.stackTraceLimit = 100; const seen = []; for (const run of [context.host.fail, () => require("crypto").createHash("none").update("x")]) try { run(); } catch (error) { seen.push(error.stack); } return { escaped: /\\.ts:|node_modules|node:|file:\\/\\/\\/[a-z]/.test(seen.join()) };',
  ),
  escape(
    'memory of others behind a buffer',
    'const { Buffer: B } = require("buffer"); return { escaped: B.from("x").buffer.byteLength > 1 };',
  ),
  escape('require.resolve', 'return { escaped: typeof require.resolve("fs") === "string" };'),
  escape(
    'import() of text',
    'const it = await import("data:text/javascript,export default globalThis.process?.pid").catch(() => ({})); return { escaped: typeof it.default === "number" };',
  ),

  // Time without end.
  bomb('an endless loop', 'for (;;);'),
  bomb('an endless loop of microtasks', 'for (;;) await null;'),
  bomb('promises that make promises', 'const next = () => Promise.resolve().then(next); return next();'),
  bomb('a promise that never settles', 'return new Promise(() => {});'),
  bomb('a thenable that never answers', 'return { then() {} };'),
  bomb('a regular expression that backtracks', 'return /^(a+)+$/.test("a".repeat(50) + "b");'),
  bomb('a regular expression with alternatives', 'return /^(a|aa)+$/.test("a".repeat(80) + "b");'),
  bomb('a getter that loops where the result is read', 'return { get x() { for (;;); } };'),
  bomb('toJSON that loops where the result is written', 'return { toJSON() { for (;;); } };'),
  bomb('a proxy that loops where the result is read', 'return new Proxy({}, { ownKeys() { for (;;); } });'),
  bomb('sorting with a comparator that loops', 'return [3, 1, 2].sort(() => { for (;;); });'),
  bomb('numbers of a million digits', 'let n = 3n; for (;;) n = n * n;'),
  bomb('a loop in finally', 'for (;;) { try { throw 1; } catch { continue; } finally { globalThis.x = 1; } }'),
  bomb(
    'an error whose stack takes for ever',
    'Error.prepareStackTrace = () => { for (;;); }; throw new Error("x").stack;',
  ),
  bomb('an async generator without end', 'for await (const x of (async function* () { for (;;) yield 1; })());'),
  bomb('JSON of a list that never ends', 'const all = []; for (;;) all.push(JSON.stringify(all).length);'),
  bomb('a search through holes', 'const all = []; all.length = 2 ** 32 - 1; for (;;) all.lastIndexOf(1);'),
  bomb('texts compared by their language', 'const a = "é".repeat(2 ** 23); for (;;) a.localeCompare(a + "x");'),
  bomb('a stack that unwinds for ever', 'const f = () => { try { f(); } finally { f(); } }; f();'),

  // Memory without end.
  bomb('lists', 'const all = []; for (;;) all.push(new Array(1000).fill(1.5));'),
  bomb('objects', 'let last = null; for (;;) last = { last };'),
  bomb('strings', 'const all = []; for (;;) all.push(("x" + all.length).repeat(10000));'),
  bomb('a map', 'const all = new Map(); for (let i = 0; ; i++) all.set(i, i);'),
  bomb('closures', 'const all = []; for (let i = 0; ; i++) all.push(() => i + all.length);'),
  bomb('functions made of text', 'const all = []; for (let i = 0; ; i++) all.push(new Function("return " + i));'),
  bomb('symbols', 'const all = []; for (let i = 0; ; i++) all.push(Symbol.for("s" + i));'),
  bomb(
    'regular expressions',
    'const all = []; for (let i = 0; ; i++) { const one = new RegExp("a{1," + (i % 900 + 1) + "}b" + i); one.test("a"); all.push(one); }',
  ),
  bomb('promises that wait', 'const all = []; for (;;) all.push(new Promise(() => {}).then(() => all));'),
  bomb('lines for the console', 'for (;;) console.log("x".repeat(100000));'),
  bomb(
    'buffers that grow',
    'const all = []; for (;;) { const one = new ArrayBuffer(1, { maxByteLength: 2 ** 22 }); one.resize(2 ** 22); new Uint8Array(one).fill(1); if (all.push(one) > 64) all.length = 0; }',
  ),
  bomb(
    'words cut by the engine outside of its heap',
    'const all = []; for (;;) { all.push(new Intl.Segmenter("th", { granularity: "word" }).segment("\u0e01".repeat(1e5))[Symbol.iterator]().next()); if (all.length > 500) all.length = 0; }',
  ),

  // The process itself.
  crash('process.exit', '(globalThis.process ?? context.host.global.process).exit(7);'),
  crash('process.abort', '(globalThis.process ?? context.host.global.process).abort();'),
  crash('process.kill', 'const p = globalThis.process ?? context.host.global.process; p.kill(p.pid, "SIGKILL");'),
  crash('process.reallyExit', '(globalThis.process ?? context.host.global.process).reallyExit(7);'),
  crash('buffers without end', 'const all = []; for (;;) all.push(new Uint8Array(64 * 1024 * 1024).fill(1));'),
  crash(
    'a rejection of the host that nobody handles',
    'context.host.later().then(() => { throw new Error("nobody"); }); await context.host.later(); await new Promise((done) => setTimeout(done, 50)); return {};',
  ),
];
