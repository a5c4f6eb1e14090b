/** Execs by id. In memory only: Docker forgets them with the daemon too. */
import { conflict, notFound } from '@berth/engine-api';
import type { Container } from '../containers/container.ts';
import type { Exec } from './exec.ts';

/** Ended execs of one container that can still be inspected. */
const maxEnded = 128;

export class ExecStore {
  readonly #byId = new Map<string, Exec>();
  readonly #ended = new Map<Container, Exec[]>();

  add(exec: Exec): void {
    this.#byId.set(exec.id, exec);
    exec.container.execIds.add(exec.id);
  }

  /** @throws notFound in Docker's words */
  get(id: string): Exec {
    const exec = this.#byId.get(id);
    if (!exec) throw notFound(`No such exec instance: ${id}`);
    return exec;
  }

  /** As `get`. @throws conflict when its container does not run any more */
  getActive(id: string): Exec {
    const exec = this.get(id);
    checkCanExec(exec.container);
    return exec;
  }

  /** Kept for a while, as clients ask for the exit code afterwards. */
  ended(exec: Exec): void {
    exec.container.execIds.delete(exec.id);
    const ended = this.#ended.get(exec.container) ?? [];
    this.#ended.set(exec.container, ended);
    ended.push(exec);
    while (ended.length > maxEnded) this.#byId.delete(ended.shift()?.id ?? '');
  }

  /** The container has ended: those that never started go, those that run end by themselves with it. */
  containerEnded(container: Container): void {
    for (const id of container.execIds) {
      if (this.#byId.get(id)?.state === 'created') {
        this.#byId.delete(id);
        container.execIds.delete(id);
      }
    }
  }

  containerRemoved(container: Container): void {
    for (const exec of this.#ended.get(container) ?? []) this.#byId.delete(exec.id);
    this.#ended.delete(container);
    for (const id of container.execIds) this.#byId.delete(id);
  }
}

/** @throws conflict in Docker's words */
export function checkCanExec(container: Container): void {
  const { status } = container.state;
  if (status === 'paused') {
    throw conflict(`Container ${container.id} is paused, unpause the container before exec`);
  }
  if (status === 'restarting') {
    throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
  }
  if (!container.process) throw conflict(`container ${container.id} is not running`);
}
