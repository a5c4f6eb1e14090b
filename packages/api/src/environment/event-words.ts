/** Engine events as sentences, and which of them are worth showing. */
import type { EventMessage } from '@berth/engine-api';
import type { Tone } from '../schemas/common.ts';
import type { EngineEvent } from '../schemas/live.ts';

/** Much of what an engine reports is its own plumbing: terminals opening, probes running. */
const HIDDEN = /^(exec_|top$|resize$|attach$|detach$|archive-path$|extract-to-dir$|copy$)/;

export const isShown = (event: EventMessage): boolean => !HIDDEN.test(event.Action);

export function toEngineEvent(event: EventMessage): EngineEvent {
  const { Attributes: attributes, ID: actorId } = event.Actor;
  const [action = '', detail] = event.Action.split(': ', 2);
  const name = attributes.name ?? shortId(actorId);
  const timeMs = event.timeNano > 0 ? event.timeNano / 1e6 : event.time * 1000;
  return {
    id: `${event.timeNano}-${event.Type}-${event.Action}-${actorId.slice(0, 16)}`,
    timeMs,
    type: event.Type,
    action,
    actorId,
    name,
    attributes,
    summary: summaryOf(event.Type, action, detail, name, attributes),
    tone: toneOf(action, detail, attributes),
  };
}

const shortId = (id: string): string =>
  /^(sha256:)?[0-9a-f]{64}$/.test(id) ? id.replace('sha256:', '').slice(0, 12) : id;

const VERBS: Record<string, string> = {
  create: 'created',
  start: 'started',
  stop: 'was stopped',
  restart: 'was restarted',
  pause: 'was paused',
  unpause: 'was resumed',
  rename: 'was renamed',
  update: 'was changed',
  destroy: 'was removed',
  remove: 'was removed',
  delete: 'was deleted',
  oom: 'ran out of memory',
  pull: 'was pulled',
  push: 'was pushed',
  load: 'was loaded',
  import: 'was imported',
  tag: 'was tagged',
  untag: 'lost a tag',
  mount: 'was mounted',
  unmount: 'was unmounted',
  prune: 'was pruned',
};

function summaryOf(
  type: string,
  action: string,
  detail: string | undefined,
  name: string,
  attributes: Record<string, string>,
): string {
  const subject = type === 'container' ? name : `${type} ${name}`.trim();
  switch (action) {
    case 'die':
      return `${subject} ended with exit code ${attributes.exitCode ?? '?'}`;
    case 'kill':
      return `${subject} got signal ${attributes.signal ?? '?'}`;
    case 'health_status':
      return `${subject} is ${detail ?? 'unknown'}`;
    case 'rename':
      return `${(attributes.oldName ?? '').replace(/^\//, '')} was renamed to ${name}`;
    case 'connect':
    case 'disconnect':
      return `${shortId(attributes.container ?? '')} ${action}ed ${action === 'connect' ? 'to' : 'from'} ${subject}`;
    default:
      return `${subject} ${VERBS[action] ?? action.replaceAll('_', ' ')}`;
  }
}

function toneOf(action: string, detail: string | undefined, attributes: Record<string, string>): Tone {
  if (action === 'oom' || detail === 'unhealthy') return 'failed';
  if (action === 'die')
    return ['0', '130', '137', '143'].includes(attributes.exitCode ?? '0') ? 'stopped' : 'failed';
  if (action === 'start' || action === 'unpause' || detail === 'healthy') return 'ok';
  if (action === 'create' || action === 'pull' || action === 'load') return 'created';
  if (action === 'pause' || action === 'restart' || action === 'kill') return 'transition';
  return 'stopped';
}
