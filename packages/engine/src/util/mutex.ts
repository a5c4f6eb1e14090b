/** Runs tasks one after another in the order they were asked for. One per container keeps its state consistent. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();

  /** Waits for the tasks before it, then runs `task`; a failing task does not disturb the next one. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.then(ignore, ignore);
    return result;
  }
}

const ignore = (): void => {};
