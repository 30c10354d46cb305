#!/usr/bin/env node
/** Starts the command line. Plain JavaScript, so that a Node.js that reads no TypeScript can say so. */
if (process.features.typescript === false || process.features.typescript === undefined) {
  process.stderr.write(`gatehouse needs Node.js 24, and this is ${process.version}: run it by npx gatehouse.\n`);
  process.exitCode = 2;
} else {
  await import('./main.ts');
}
