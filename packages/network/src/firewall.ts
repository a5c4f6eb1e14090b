/** Applies the firewall plan with as few processes as possible. */
import { writeFile } from 'node:fs/promises';
import { runCommand } from './command.ts';
import {
  type FirewallPlan,
  fullRestore,
  type PublishedPort,
  publishRule,
  removalRestore,
} from './firewall-rules.ts';
import type { Netctl } from './netctl.ts';

/** What the sandboxes need of the firewall. */
export interface Firewall {
  /** Brings chains and rules to the wanted state. */
  start(published: readonly PublishedPort[]): Promise<void>;
  publish(ports: readonly PublishedPort[]): Promise<void>;
  unpublish(ports: readonly PublishedPort[]): Promise<void>;
  /** Resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

/** `--iptables=false`: the administrator writes the rules. */
export const noFirewall: Firewall = {
  start: async () => undefined,
  publish: async () => undefined,
  unpublish: async () => undefined,
  close: async () => undefined,
};

/** @param helper makes a helper program, one for each line of work */
export function createFirewall(plan: FirewallPlan, helper: () => Netctl): Firewall {
  const helpers = [helper(), helper()] as const;
  const add = new RuleQueue('-A', helpers[0]);
  // Removing is slow (the kernel waits for readers of the rule), so it must not hold up what is being added.
  const remove = new RuleQueue('-D', helpers[1]);
  const rules = (ports: readonly PublishedPort[]): string[] =>
    ports.map((port) => publishRule(plan.instance, port));
  return {
    async start(published) {
      await restore(fullRestore(plan, published, await savedRules()));
      await writeFile(`/proc/sys/net/ipv4/conf/${plan.bridge}/route_localnet`, '1');
    },
    publish: (ports) => add.apply(rules(ports)),
    unpublish: (ports) => remove.apply(rules(ports)),
    close: async () => {
      await Promise.all(helpers.map((each) => each.close()));
    },
  };
}

/** Removes the instance's chains and the jumps to them. */
export async function removeChains(instance: string): Promise<void> {
  const input = removalRestore(instance, await savedRules());
  if (input !== '') await restore(input);
}

const savedRules = (): Promise<string> => runCommand('iptables-save', []);

/** `-w`: waits for another program that is changing rules (iptables-legacy has one lock for all). */
const restore = (input: string): Promise<string> =>
  runCommand('iptables-restore', ['--noflush', '-w'], input);

interface Change {
  rules: readonly string[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** While one iptables-restore runs, further changes gather and go together in the next. */
class RuleQueue {
  readonly #verb: '-A' | '-D';
  readonly #helper: Netctl;
  #waiting: Change[] = [];
  #isRunning = false;

  constructor(verb: '-A' | '-D', helper: Netctl) {
    this.#verb = verb;
    this.#helper = helper;
  }

  apply(rules: readonly string[]): Promise<void> {
    if (rules.length === 0) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ rules, resolve, reject });
    if (!this.#isRunning) void this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      const changes = this.#waiting;
      this.#waiting = [];
      await this.#applyTogether(changes);
    }
    this.#isRunning = false;
  }

  /** A batch is all or nothing; when it fails, each change is tried alone so that only the bad one suffers. */
  async #applyTogether(changes: readonly Change[]): Promise<void> {
    const lines = changes.flatMap((change) => change.rules.map((rule) => `${this.#verb} ${rule}`));
    try {
      await this.#helper.restore(['*nat', ...lines, 'COMMIT']);
      for (const change of changes) change.resolve();
    } catch (error) {
      const [only] = changes;
      if (changes.length === 1) return only?.reject(error);
      for (const change of changes) await this.#applyTogether([change]);
    }
  }
}
