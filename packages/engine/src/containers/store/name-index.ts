/** Finds containers by id, name and unique id prefix, and keeps names apart. */
import { conflict, invalidParameter, notFound } from '@berth/engine-api';
import type { Container } from '../container.ts';

export class ContainerIndex {
  readonly #byId = new Map<string, Container>();
  readonly #idByName = new Map<string, string>();

  values(): Iterable<Container> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  add(container: Container): void {
    this.#byId.set(container.id, container);
    this.#idByName.set(container.name, container.id);
  }

  /** Its name is free again with this call. */
  delete(container: Container): void {
    this.#byId.delete(container.id);
    this.release(container.name, container.id);
  }

  /** @throws conflict in Docker's words, which clients match on. */
  reserve(name: string, id: string): void {
    const owner = this.#idByName.get(name);
    if (owner !== undefined) throw nameConflict(name, owner);
    this.#idByName.set(name, id);
  }

  release(name: string, id: string): void {
    if (this.#idByName.get(name) === id) this.#idByName.delete(name);
  }

  hasName(name: string): boolean {
    return this.#idByName.has(name);
  }

  byId(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  /**
   * By full id, then name, then unique id prefix, as Docker looks.
   * @throws notFound, or invalidParameter for a prefix of several
   */
  get(reference: string): Container {
    const name = reference.startsWith('/') ? reference.slice(1) : reference;
    const exact = this.#byId.get(reference) ?? this.#byId.get(this.#idByName.get(name) ?? '');
    if (exact) return exact;
    const matches = reference === '' ? [] : this.#withPrefix(reference);
    const [match] = matches;
    if (!match) throw notFound(`No such container: ${reference}`);
    if (matches.length > 1) {
      throw invalidParameter(`Multiple IDs found with provided prefix: ${reference}`);
    }
    return match;
  }

  #withPrefix(prefix: string): Container[] {
    if (!/^[0-9a-f]{1,64}$/.test(prefix)) return [];
    return [...this.#byId.values()].filter((container) => container.id.startsWith(prefix));
  }
}

const nameConflict = (name: string, owner: string) =>
  conflict(
    `Conflict. The container name "/${name}" is already in use by container "${owner}". ` +
      'You have to remove (or rename) that container to be able to reuse that name.',
  );
