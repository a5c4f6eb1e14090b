/** Which events an `/events` client asks for. */
import { checkFilterNames, type EventMessage, type Filters } from '@berth/engine-api';
import { matchesLabels } from '../util/label-filter.ts';

const accepted = [
  'config',
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'node',
  'plugin',
  'scope',
  'secret',
  'service',
  'type',
  'volume',
];

/** @throws invalidParameter for an unknown filter */
export function eventMatcher(filters: Filters): (event: EventMessage) => boolean {
  checkFilterNames(filters, accepted);
  const tests = Object.entries(filters).flatMap(([name, values]) =>
    values.length === 0 ? [] : [testFor(name, values)],
  );
  return (event) => tests.every((test) => test(event));
}

type Test = (event: EventMessage) => boolean;

function testFor(name: string, values: readonly string[]): Test {
  switch (name) {
    case 'type':
      return ({ Type }) => values.includes(Type);
    case 'event':
      // "exec_start" finds "exec_start: sh -c …".
      return ({ Action }) => values.some((value) => Action === value || Action.startsWith(`${value}:`));
    case 'scope':
      return ({ scope }) => values.includes(scope);
    case 'label':
      return ({ Actor }) => matchesLabels(Actor.Attributes, values);
    case 'image':
      return (event) => isImage(event, values);
    default:
      return (event) => isObject(name, event, values);
  }
}

/** By id, unique beginning of it, or name. */
function isObject(type: string, { Type, Actor }: EventMessage, values: readonly string[]): boolean {
  const { name } = Actor.Attributes;
  return (
    Type === type && values.some((value) => value !== '' && (Actor.ID.startsWith(value) || name === value))
  );
}

/** Events of the image, and of containers made from it. */
function isImage({ Type, Actor }: EventMessage, values: readonly string[]): boolean {
  const { image, name } = Actor.Attributes;
  const names = Type === 'image' ? [Actor.ID, name] : [image];
  const known = names.flatMap((text) => (text === undefined ? [] : [text, withoutTag(text)]));
  return values.some((value) => known.includes(value));
}

const withoutTag = (reference: string): string => {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') ? reference.slice(0, colon) : reference;
};
