/** `npm run check`: what can be said of the code without running it, its parts side by side; each says what it found when it is done. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Names of scripts in `package.json`; the longest first. */
const parts = ['lint', 'types', 'format'] as const;

async function run(part: string): Promise<boolean> {
  const child = spawn('npm', ['run', '--silent', part], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const code = await ended;
  process.stdout.write(
    `${part}: ${code === 0 ? 'as it should be' : `ended with ${String(code)}`}\n${said}${complained}`,
  );
  return code === 0;
}

const isGood = await Promise.all(parts.map(run));
process.exitCode = isGood.every(Boolean) ? 0 : 1;
