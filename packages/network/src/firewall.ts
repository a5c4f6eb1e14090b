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

/** What the sandboxes need of the firewall. */
export interface Firewall {
  /** Brings chains and rules to the wanted state. */
  start(published: readonly PublishedPort[]): Promise<void>;
  publish(ports: readonly PublishedPort[]): Promise<void>;
  unpublish(ports: readonly PublishedPort[]): Promise<void>;
}

/** `--iptables=false`: the administrator writes the rules. */
export const noFirewall: Firewall = {
  start: async () => undefined,
  publish: async () => undefined,
  unpublish: async () => undefined,
};

export function createFirewall(plan: FirewallPlan): Firewall {
  const add = new RuleQueue('-A');
  // Removing is slow (the kernel waits for readers of the rule), so it must not hold up what is being added.
  const remove = new RuleQueue('-D');
  const rules = (ports: readonly PublishedPort[]): string[] =>
    ports.map((port) => publishRule(plan.instance, port));
  return {
    async start(published) {
      await restore(fullRestore(plan, published, await savedRules()));
      await writeFile(`/proc/sys/net/ipv4/conf/${plan.bridge}/route_localnet`, '1');
    },
    publish: (ports) => add.apply(rules(ports)),
    unpublish: (ports) => remove.apply(rules(ports)),
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
  #waiting: Change[] = [];
  #isRunning = false;

  constructor(verb: '-A' | '-D') {
    this.#verb = verb;
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
      await restore(`*nat\n${lines.join('\n')}\nCOMMIT\n`);
      for (const change of changes) change.resolve();
    } catch (error) {
      const [only] = changes;
      if (changes.length === 1) return only?.reject(error);
      for (const change of changes) await this.#applyTogether([change]);
    }
  }
}
