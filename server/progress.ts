/** Says what is being waited for, once it takes more than a second. */

export interface Progress {
  /** Runs `work`; from the second second on, the title is shown, with the time it has taken. */
  during<T>(title: string, work: () => Promise<T>): Promise<T>;
}

const patienceMs = 1000;
const repeatMs = 5000;

/** @param write a whole line at a time */
export function createProgress(write: (line: string) => void): Progress {
  return {
    async during(title, work) {
      const since = performance.now();
      const seconds = () => `${String(Math.round((performance.now() - since) / 1000))} s`;
      let lines = 0;
      let timer = setTimeout(function again() {
        write(lines === 0 ? `… ${title}` : `… ${title} (${seconds()})`);
        lines += 1;
        timer = setTimeout(again, repeatMs);
      }, patienceMs);
      try {
        const result = await work();
        if (lines > 0) write(`✓ ${title} (${seconds()})`);
        return result;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
