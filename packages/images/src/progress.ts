/** Progress that is worth a line: not for every chunk, however fast they come. */

const intervalMs = 100;

/** Passes on at most ten numbers a second. */
export const throttled = (report: (current: number) => void): ((current: number) => void) => {
  let last = 0;
  return (current) => {
    const now = performance.now();
    if (now - last < intervalMs) return;
    last = now;
    report(current);
  };
};
