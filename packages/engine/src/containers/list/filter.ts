/** Which containers a list call asks for. */
import { checkFilterNames, type Filters, invalidParameter, isEngineError } from '@berth/engine-api';
import type { EngineContext } from '../../context.ts';
import { matchesLabels } from '../../util/label-filter.ts';
import type { Container } from '../container.ts';
import { isRunning } from '../state.ts';

const accepted = [
  'ancestor',
  'before',
  'exited',
  'expose',
  'health',
  'id',
  'isolation',
  'is-task',
  'label',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
];

const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

type Test = (container: Container) => boolean;

/**
 * One test per filter; a container must pass all.
 * @throws invalidParameter for what Docker refuses too, notFound for `before` and `since`
 */
export async function containerTests(context: EngineContext, filters: Filters): Promise<Test[]> {
  checkFilterNames(filters, accepted);
  const tests: Test[] = [];
  for (const [name, values] of Object.entries(filters)) {
    if (values.length > 0) tests.push(await testFor(context, name, values));
  }
  return tests;
}

async function testFor(context: EngineContext, name: string, values: string[]): Promise<Test> {
  switch (name) {
    case 'status':
      return statusTest(values);
    case 'name':
      return nameTest(values);
    case 'id':
      return ({ id }) =>
        values.some((value) => id.startsWith(value) || new RegExp(safePattern(value)).test(id));
    case 'label':
      return ({ config }) => matchesLabels(config.Labels ?? {}, values);
    case 'ancestor':
      return ancestorTest(context, values);
    case 'exited':
      return exitedTest(values);
    case 'before':
    case 'since':
      return orderTest(context, name, values);
    case 'volume':
      return ({ mounts }) =>
        mounts.some((mount) => values.some((value) => mount.Name === value || mount.Destination === value));
    case 'network':
      return networkTest(context, values);
    case 'publish':
    case 'expose':
      return portTest(name, values);
    case 'health':
      // Without health checks the health of every container is "none".
      return () => values.includes('none');
    case 'is-task':
      return () => values.includes('false') || values.includes('0');
    default:
      return () => true;
  }
}

function statusTest(values: string[]): Test {
  const unknown = values.find((value) => !statuses.includes(value));
  if (unknown !== undefined) {
    throw invalidParameter(`invalid filter 'status=${unknown}'`);
  }
  return ({ state }) => values.includes(state.status);
}

/** A pattern that is searched for, with or without the slash. */
function nameTest(values: string[]): Test {
  const patterns = values.map((value) => new RegExp(safePattern(value)));
  return ({ name }) => patterns.some((pattern) => pattern.test(name) || pattern.test(`/${name}`));
}

/** The pattern, or its characters as they stand when it is none (or long enough to be an attack). */
function safePattern(value: string): string {
  const literal = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  // Nested repetition is what makes matching take for ever.
  if (value.length > 256 || /[*+}?]\)?[*+{]/.test(value)) return literal;
  try {
    new RegExp(value);
    return value;
  } catch {
    return literal;
  }
}

async function ancestorTest(context: EngineContext, values: string[]): Promise<Test> {
  const ids = new Set<string>();
  for (const value of values) {
    try {
      ids.add((await context.images.get(value)).id);
    } catch (error) {
      // An image that is not there has no containers.
      if (!isEngineError(error)) throw error;
    }
  }
  return ({ imageId, config }) => ids.has(imageId) || values.includes(config.Image ?? '');
}

function exitedTest(values: string[]): Test {
  const codes = values.map((value) => {
    if (!/^-?\d+$/.test(value)) throw invalidParameter(`invalid filter 'exited=${value}'`);
    return Number(value);
  });
  return ({ state }) => !isRunning(state) && state.startedAt !== undefined && codes.includes(state.exitCode);
}

function orderTest(context: EngineContext, name: 'before' | 'since', values: string[]): Test {
  const moments = values.map((value) => context.store.index.get(value).createdAt.getTime());
  if (name === 'before') {
    const limit = Math.min(...moments);
    return ({ createdAt }) => createdAt.getTime() < limit;
  }
  const limit = Math.max(...moments);
  return ({ createdAt }) => createdAt.getTime() > limit;
}

function networkTest(context: EngineContext, values: string[]): Test {
  const names = new Set(values);
  for (const network of context.networks.list()) {
    if (values.some((value) => network.id.startsWith(value) && value.length >= 12)) names.add(network.name);
  }
  return ({ networkMode }) => names.has(networkMode);
}

/** "80", "80/udp" or "8000-8010/tcp". */
function portTest(name: 'publish' | 'expose', values: string[]): Test {
  const wanted = new Set(values.flatMap(expandPorts));
  return (container) => {
    const ports =
      name === 'expose'
        ? Object.keys(container.config.ExposedPorts ?? {})
        : Object.keys(container.hostConfig.PortBindings ?? {});
    return ports.some((port) => wanted.has(port));
  };
}

function expandPorts(text: string): string[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? first);
  if (!match || last < first || last > 65535) throw invalidParameter(`invalid port specification: "${text}"`);
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${match[3] ?? 'tcp'}`);
}
